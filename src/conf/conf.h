#ifndef MOORING_CONF_CONF_H
#define MOORING_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * DIR/mooring.conf. Every key stands once, in conf_keys.c: name, type,
 * default, range, help; mooring.conf.5 has a paragraph for each (a test
 * holds it to that). An unknown key or a bad value refuses the file with
 * "file:line: …". A snapshot is immutable.
 */
enum conf_enrollment { CONF_ENROLL_OPEN, CONF_ENROLL_ALLOWLIST };
enum conf_restore { CONF_RESTORE_ACCEPT, CONF_RESTORE_REJECT };
enum conf_reenroll { CONF_REENROLL_ANY, CONF_REENROLL_ISSUED };
enum conf_unmanaged { CONF_UNMANAGED_401, CONF_UNMANAGED_403 };
enum conf_first_binding { CONF_BIND_NEVER, CONF_BIND_IMPORTED };
enum conf_source { CONF_SRC_NONE, CONF_SRC_SIGNATURE, CONF_SRC_TLS,
	CONF_SRC_HEADER };
enum conf_identity_source { CONF_IDENTITY_SCEP, CONF_IDENTITY_ACME };
enum conf_profile_access { CONF_ACCESS_OPEN, CONF_ACCESS_INVITE,
	CONF_ACCESS_ADE };
enum conf_error_format { CONF_ERROR_JSON, CONF_ERROR_PLIST };
enum conf_account_enrollment { CONF_ACCOUNT_OFF, CONF_ACCOUNT_BYOD,
	CONF_ACCOUNT_ADDE };
#define CONF_PLATFORMS 6	/* iOS iPadOS macOS tvOS visionOS watchOS */
enum conf_shared_ipad { CONF_SHARED_IPAD_ACCEPT, CONF_SHARED_IPAD_DECLINE };

struct conf {
	const char *dir;		/* DIR, absolute */
	const char *url;		/* https://HOST[:PORT], no trailing / */
	const char *listen;		/* 127.0.0.1:8443 */
	const char *admin_listen;	/* 127.0.0.1:8444 */
	const char *server;		/* "lighttpd", "apache", …: for serve */
	const char *log_level;
	unsigned threads;
	uint64_t max_body;		/* bytes */
	uint64_t map_size;		/* bytes */
	enum conf_source identity[4];	/* in order, CONF_SRC_NONE ends */
	const char *trusted_proxy;	/* addresses / CIDR, comma-separated */
	enum conf_enrollment enrollment;
	enum conf_restore on_restore;
	enum conf_reenroll reenroll;
	enum conf_first_binding first_binding;
	enum conf_unmanaged unmanaged_response;
	enum conf_shared_ipad shared_ipad_users;
	unsigned unmanaged_limit;	/* distinct devices in an hour */
	unsigned guard_hours;		/* armed after an unclean open, … */
	unsigned max_deliveries;
	unsigned touch_seconds;		/* last_seen may wait this long */
	/* Retention: days, and how many at most; 0: any number. */
	unsigned result_days, result_max;
	unsigned event_days, event_max;
	unsigned audit_days, audit_max;
	unsigned event_bury_hours;
	unsigned webhook_timeout;	/* seconds */
	unsigned webhook_parallel;
	const char *webhook_ca_file;	/* "": the system's */
	const char *apns_url;
	const char *apns_ca_file;	/* "": the system's */
	const char *escrow_url;
	unsigned push_expiration_hours;
	unsigned push_again_hours;	/* 0: never */
	unsigned push_again_limit;	/* a minute */
	uint64_t backup_max_growth;	/* bytes; 0: any */
	/* Identities */
	unsigned identity_days;
	unsigned identity_key_min;
	unsigned identity_key_size;
	unsigned challenge_minutes;
	unsigned challenge_rate;
	const char *scep_challenge;	/* a secret */
	enum conf_identity_source identity_source;
	const char *scep_url;
	const char *scep_name;
	const char *scep_url_challenge;	/* a secret */
	const char *acme_url;
	const char *acme_key;
	bool acme_hardware;
	bool acme_attest;
	unsigned renew_days;
	unsigned renew_again_days;
	unsigned renewal_grace_days;
	unsigned issued_days;
	/* The enrollment profile */
	enum conf_profile_access profile_access;
	const char *organization;
	const char *profile_identifier;
	const char *profile_name;
	const char *profile_description;
	bool profile_removable;
	const char *topic;
	unsigned access_rights;
	const char *server_capabilities;
	bool sign_message;
	bool check_out_when_removed;
	bool development_apns;
	bool pinning;
	bool pinning_revocation_check;
	bool prompt_bootstrap_token;
	unsigned required_app;
	const char *profile_sign_cert;
	const char *profile_sign_key;
	const char *trust_file;
	/* Automated Device Enrollment */
	const char *ade_ca_file;
	bool ade_verify;
	enum conf_error_format error_format;
	/* "" where there is none; VERSION [BUILD] / TOKEN DESCRIPTION */
	const char *min_os[CONF_PLATFORMS], *beta[CONF_PLATFORMS];
	bool watch_pairing;
	const char *first_commands;
	bool await_device_configured;
	unsigned await_limit;
	/* Account-driven enrollment */
	enum conf_account_enrollment account_enrollment;
	const char *login_url;
	unsigned login_minutes;
};

/* Parses and checks; the snapshot lives in the arena. A missing file is an
 * error that says `mooringctl init`. */
int conf_load(const char *dir, struct arena *a, struct conf **out,
	struct err *e);
/* A line that names settings which do not go together, although each is good;
 * NULL: none. The file is used all the same. */
const char *conf_doubt(const struct conf *c, struct arena *a);
/* One value by itself, for options of a command line that end up here. */
int conf_check_value(const char *key, const char *value, struct err *e);
/* The file that init writes: every key with its help, commented out unless
 * it is set here. Keys: pairs {name, value}, NULL-terminated. */
char *conf_template(struct arena *a, const char *const (*set)[2]);
/* Writes the effective settings, one "key = value" line each, to the
 * arena's text (for `config check`). */
char *conf_text(const struct conf *c, struct arena *a);

/*
 * A file that is watched: conf_acquire gives the newest good snapshot,
 * looking at the file at most once a second; a bad new file keeps the old
 * snapshot and logs one alert per change. Each new snapshot sets the level
 * of the log. Acquire and release may be called from any thread; a snapshot
 * lives until its last release, and all are released before close.
 */
struct conf_file;
int conf_file_open(const char *dir, struct conf_file **out, struct err *e);
void conf_file_close(struct conf_file *f);
const struct conf *conf_acquire(struct conf_file *f, int64_t now);
void conf_release(struct conf_file *f, const struct conf *c);

/* DIR for a worker or a tool: MOORING_DIR from the process environment, else
 * the configure default. Static or from getenv. */
const char *conf_default_dir(void);

#endif
