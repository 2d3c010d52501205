#ifndef MOORING_MODEL_ENROLLMENT_H
#define MOORING_MODEL_ENROLLMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"

/* The five kinds of Apple's device management; values are stored. */
enum enrollment_kind {
	ENROLLMENT_DEVICE = 1,		/* UDID */
	ENROLLMENT_USER = 2,		/* UDID + UserID, macOS */
	ENROLLMENT_SHARED_IPAD = 3,	/* UDID + UserShortName */
	ENROLLMENT_BYOD_DEVICE = 4,	/* EnrollmentID */
	ENROLLMENT_BYOD_USER = 5,	/* EnrollmentID + EnrollmentUserID */
};

#define ENROLLMENT_ID_MAX 4096	/* bytes of one identifier */

/* Who a message speaks for. Two parts, never split on ':' (a UDID may hold
 * any character). `user` is {NULL, 0} on a device channel. */
struct enrollment_id {
	enum enrollment_kind kind;
	struct bytes device;	/* UDID or EnrollmentID */
	struct bytes user;	/* UserID, UserShortName or EnrollmentUserID */
};

/* The identifiers as they came; NULL when absent. */
struct enrollment_ids {
	const char *udid, *enrollment_id;
	const char *user_id, *enrollment_user_id;
	const char *user_short_name, *user_long_name;
};
/* By which identifiers a message carries, the all-F UserID compared without
 * case. ERR_BAD_INPUT names the missing, empty or overlong (more than
 * ENROLLMENT_ID_MAX bytes) identifier. */
int enrollment_identify(const struct enrollment_ids *ids,
	struct enrollment_id *out, struct err *e);

bool enrollment_kind_is_user(enum enrollment_kind k);
/* The id of the device channel that a user channel belongs to (itself for a
 * device channel). */
struct enrollment_id enrollment_parent(const struct enrollment_id *id);
/* NanoMDM's type names, exactly: "Device", "User", "Shared iPad",
 * "User Enrollment (Device)", "User Enrollment". */
const char *enrollment_kind_name(enum enrollment_kind k);
/* False: no kind has this name. */
bool enrollment_kind_parse(struct bytes name, enum enrollment_kind *out);
/* NanoMDM's id text: "UDID" or "UDID:USER". */
struct bytes enrollment_id_text(const struct enrollment_id *id,
	struct arena *a);
/* What the store finds it by: SHA-256 over name space and both parts. */
void enrollment_id_key(const struct enrollment_id *id,
	unsigned char out[DIGEST_LEN]);

/* Values are stored. */
enum enrollment_state {
	ENROLLMENT_AUTHENTICATED = 1,	/* between Authenticate and TokenUpdate */
	ENROLLMENT_ENABLED = 2,
	ENROLLMENT_LEFT = 3,		/* CheckOut */
	ENROLLMENT_UNMANAGED = 4,	/* by the operator */
	ENROLLMENT_BLOCKED = 5,		/* by the operator, for good */
	ENROLLMENT_DISABLED = 6,	/* user channel, until its TokenUpdate */
};
const char *enrollment_state_name(enum enrollment_state s); /* "enabled" … */
bool enrollment_state_parse(struct bytes name, enum enrollment_state *out);

/* One channel as stored. Text is NULL when it was never sent. Times are
 * seconds since 1970, 0 = never. Secrets are kept apart (store_secret_*). */
struct enrollment {
	uint64_t num;		/* 0: not stored yet */
	uint64_t parent;	/* number of the device channel, else 0 */
	struct enrollment_id id;
	enum enrollment_state state;
	enum enrollment_state before_block;	/* what unblock returns to */
	uint32_t generation;	/* counts Authenticates (and restores) */
	uint64_t tally;		/* TokenUpdates of this generation */
	bool has_cert;		/* device channel: bound */
	unsigned char cert[DIGEST_LEN];	/* SHA-256 of the DER bound now */
	bool imported;		/* first binding may be at the next contact */
	bool awaiting_configuration;
	int64_t await_until;	/* then DeviceConfigured is sent whatever is
				 * pending; 0: nobody waits for it */
	bool not_on_console;
	const char *topic;
	const char *serial, *device_name, *model, *model_name, *product_name;
	const char *os_version, *build_version, *imei, *meid;
	const char *user_id, *user_short_name, *user_long_name;
	/* CommandUUID of the last one that was queued. */
	const char *last_lock, *last_erase;
	int64_t created, authenticated, enrolled, token_updated, left;
	int64_t last_seen;	/* filled by store reads, not by put */
};

#endif
