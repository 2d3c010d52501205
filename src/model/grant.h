#ifndef MOORING_MODEL_GRANT_H
#define MOORING_MODEL_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "crypto/digest.h"

/*
 * On what grounds a device gets an identity, and what is remembered of the
 * way from there to its certificate. A grant goes along: from the invite to
 * the challenge that its profile holds, to the certificate issued for that,
 * to the enrollment that the certificate is bound to.
 */

/* Values are stored. */
enum grant_source {
	GRANT_OPERATOR = 1,	/* mooringctl challenge new, ca issue */
	GRANT_OPEN = 2,		/* a profile that anybody may have */
	GRANT_INVITE = 3,
	GRANT_ADE = 4,		/* MachineInfo, signed by Apple's device CA */
	GRANT_ADE_UNVERIFIED = 5,	/* MachineInfo, on its word */
	GRANT_ACCOUNT = 6,	/* somebody who signed in */
	GRANT_RENEWAL = 7,	/* of the enrollment that is named */
	GRANT_STATIC = 8,	/* the challenge of the settings */
};
const char *grant_source_name(enum grant_source s);	/* "operator" … */

struct grant {
	enum grant_source source;
	/* The device that it is for, as it calls itself; NULL: any. */
	const char *serial, *udid;
	uint64_t enrollment;	/* GRANT_RENEWAL: its device channel; else 0 */
	const char *account;	/* Managed Apple Account; NULL */
	/* What the profile says that can never change, as
	 * profile_facts_encode wrote it; p NULL: not known. */
	struct bytes facts;
	bool has_invite;
	unsigned char invite[DIGEST_LEN];	/* hash of its ticket */
};
/* Whether a grant names a device by anything. */
bool grant_names(const struct grant *g);
/* Whether what it names is this device: each of serial and udid that the
 * grant has must be the device's (absent: it is not). A grant that names
 * nothing is for nobody in particular: false. */
bool grant_is_for(const struct grant *g, const char *udid, const char *serial);
/* Whether it names another device: one of serial and udid contradicts what
 * the device says of itself (absent does too). */
bool grant_is_foreign(const struct grant *g, const char *udid,
	const char *serial);

/* A secret text that was handed out, good for one thing once: kept by the
 * SHA-256 of the text alone. Kinds are stored. */
enum ticket_kind {
	TICKET_CHALLENGE = 1,	/* challengePassword of a CSR */
	TICKET_INVITE = 2,	/* in the link of an enrollment profile */
	TICKET_LOGIN = 3,	/* bearer token of account-driven enrollment */
};
const char *ticket_kind_name(enum ticket_kind k);

struct ticket {
	enum ticket_kind kind;
	unsigned char hash[DIGEST_LEN];
	struct grant grant;
	int64_t created, expires;
	int64_t used;		/* 0: not yet */
	uint32_t fetched;	/* profiles that were made for it */
	/* TICKET_CHALLENGE, used: the certificate that it gave. */
	unsigned char cert[DIGEST_LEN];
};

/* A certificate that we issued. */
struct issued {
	unsigned char cert[DIGEST_LEN];	/* SHA-256 of the DER */
	const char *serial;		/* hexadecimal, cert_serial_hex */
	const char *subject;
	int64_t at, not_before, not_after;
	struct grant grant;
	/* What a repeat of the request is known by; all zero: not by SCEP. */
	unsigned char request[DIGEST_LEN];	/* of transactionID and key */
	unsigned char csr[DIGEST_LEN];
	struct bytes der;
};

/* Somebody who may enroll by signing in. */
struct account {
	const char *name;	/* as typed at login; found without case */
	const char *managed_apple_account;	/* NULL: the name */
	const char *hash;	/* crypto/password.h; "" in lists */
	int64_t created, changed;
	bool disabled;
};

#endif
