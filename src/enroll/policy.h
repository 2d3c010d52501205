#ifndef MOORING_ENROLL_POLICY_H
#define MOORING_ENROLL_POLICY_H

#include "conf/conf.h"
#include "enroll/machineinfo.h"
#include "store/store.h"

/* Who may have an enrollment profile in Setup Assistant, and what is to be
 * done first. Errors for devices: Apple, "errors". */
enum policy_answer {
	POLICY_ACCEPT,
	POLICY_UPDATE,		/* com.apple.softwareupdate.required */
	POLICY_PAIRING_TOKEN,	/* com.apple.watch.pairing.token.missing */
	POLICY_UNRECOGNIZED,	/* com.apple.unrecognized.device */
};
struct policy {
	enum policy_answer answer;
	const char *reason;	/* one line for the log */
	/* POLICY_UPDATE */
	const char *os_version, *build_version;	/* build: NULL */
	const char *beta_token, *beta_description;	/* NULL */
	/* POLICY_PAIRING_TOKEN: random UUID */
	const char *security_token;
};
/*
 * In this order: blocked (by UDID, which survives an erase; the Authenticate of
 * one that lies about it is refused by its true one),
 * allowlist (a serial counts only when mi->verified), a watch without its
 * pairing token where the settings want one, least version of its platform
 * (only for a device that can take the update, and whose OS_VERSION is
 * older). A device that should update and cannot is accepted, with a reason.
 */
int policy_judge(struct store_tx *tx, const struct conf *conf,
	const struct machineinfo *mi, struct arena *a, struct policy *out,
	struct err *e);

/* Compares "17.6.1" with "18.0 (a)" by number, then by the letter; < 0, 0,
 * > 0. What is no number counts as 0. */
int policy_version_compare(const char *a, const char *b);

/* The body of a 403 for a device; *type is its content type. */
struct bytes policy_body(const struct policy *p, enum conf_error_format f,
	struct arena *a, const char **type);

#endif
