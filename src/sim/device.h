#ifndef MOORING_SIM_DEVICE_H
#define MOORING_SIM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"
#include "model/enrollment.h"
#include "model/profile_facts.h"
#include "net/fetch.h"
#include "sim/catalog.h"

/* A simulated device: what it is, its relation to the server, and what it
 * has installed. */
enum device_state {
	DEVICE_NEW,		/* never enrolled */
	DEVICE_AUTHENTICATED,	/* Authenticate was accepted, no TokenUpdate */
	DEVICE_ENROLLED,
	DEVICE_UNENROLLED,	/* the server said so: 401 */
	DEVICE_LEFT,		/* removed by itself: CheckOut */
	DEVICE_ERASED,		/* EraseDevice */
};
const char *device_state_name(enum device_state s);

enum device_auth {	/* how it says who it is; bits */
	DEVICE_AUTH_NONE = 0,
	DEVICE_AUTH_TLS = 1,
	DEVICE_AUTH_SIGNATURE = 2,
};

struct device_payload {
	const char *type, *identifier, *uuid, *name;
	int64_t version;
	struct device_payload *next;
};
struct device_profile {
	const char *identifier, *uuid, *name, *organization, *description;
	int64_t version;
	bool removal_disallowed, encrypted;
	struct device_payload *payloads;
	struct device_profile *next;
};
struct device_app {	/* installed by the server */
	const char *identifier;
	struct device_app *next;
};

/* The enrollment profile that it has installed. */
struct device_enrollment {
	const struct device_profile *profile;
	struct profile_facts facts;
	bool sign_message, check_out_when_removed;
};
#define DEVICE_PER_USER "com.apple.mdm.per-user-connections"

/* The device channel, or its user channel. */
struct device_channel {
	bool is_user;
	bool enabled;	/* its TokenUpdate was accepted */
	bool declined;	/* 410: this user is not managed */
	struct bytes token;
	const char *push_magic;
	struct device_profile *profiles;
	struct device_app *apps;
	/* A result that no 2xx has answered yet; p NULL: none. */
	struct bytes pending;
	const char *pending_uuid, *pending_status;
	uint64_t answered;	/* commands, in all */
	/* Not stored: the Idle message, the same every time, and its
	 * Mdm-Signature. */
	struct bytes idle;
	const char *idle_signature;
};

#define DEVICE_CHANNELS 2

struct device {
	struct arena *arena;	/* owns it and all it points to */
	const char *path;	/* its file; NULL: not kept */
	bool dirty;		/* differs from the file in more than counts */
	enum device_state state;
	enum enrollment_kind kind;	/* of its last channel */
	const struct catalog_model *model;
	enum device_auth auth;
	const char *url, *checkin_url, *ca_file, *topic;
	const char *base_ca_file;	/* what TLS trusts before a profile adds
					 * to it; NULL: the system's */
	const struct device_enrollment *enrollment;	/* NULL: by options */
	const char *id;		/* UDID; EnrollmentID in a user enrollment */
	const char *serial, *name, *os_version, *build_version;
	const char *imei, *meid, *host_name;
	const char *user_id, *user_short_name, *user_long_name;
	bool awaiting_configuration, supervised;
	struct bytes unlock_token;
	struct bytes cert_pem, key_pem;	/* p NULL: none */
	struct bytes backup_cert_pem, backup_key_pem;	/* of before it was
							 * erased */
	uint64_t polls;
	struct device_channel channel[DEVICE_CHANNELS];
	unsigned nchannels;
	/* Not stored: parsed when they are first needed. */
	struct cert *cert;
	struct pkey *key;
	struct fetch_identity identity;
};

/* What the caller wants of a new device; NULL: made up, believably. */
struct device_wish {
	enum enrollment_kind kind;
	const struct catalog_model *model;
	const char *id, *serial, *name, *os_version, *build_version;
	const char *user_short_name;
	const char *prefix;	/* ids and serials are PREFIX-000001 … */
	uint64_t index;
};
/* The model that a kind of enrollment usually is. */
const struct catalog_model *device_default_model(enum enrollment_kind k);
/* The id that a wish with a prefix leads to: what to look for before a
 * device is made. NULL when it is random. */
const char *device_wish_id(const struct device_wish *w, struct arena *a);
struct device *device_new(const struct device_wish *w);
/* Changes what the wish names of a device that is there: serial, name,
 * versions, user. */
void device_rename(struct device *d, const struct device_wish *w);
void device_free(struct device *d);	/* NULL is fine */

/* New push tokens and magics, unlock token: as at an enrollment. */
void device_new_tokens(struct device *d);
/* Management is gone: profiles, apps and pending results with it. The
 * identity stays, so that the same enrollment can be tried again. */
void device_forget_management(struct device *d, enum device_state now);
/* All but the hardware, and a backup of the identity, is gone. */
void device_erase(struct device *d);
/* Takes the identity of the backup, when there is one. */
void device_restore(struct device *d);

/* Deep copies. */
struct device_profile *device_profile_copy(const struct device_profile *p,
	struct arena *a);
struct device_enrollment *device_enrollment_copy(
	const struct device_enrollment *m, struct arena *a);
/* Whether its user channels are served: where the enrollment profile says
 * per-user connections, or is not known. */
bool device_has_users(const struct device *d);
/* Whether AccessRights hold this bit; absent or not known: all of them. */
bool device_may(const struct device *d, int64_t right);
#define DEVICE_RIGHT_LOCK 4
#define DEVICE_RIGHT_INFORMATION 16

bool device_is_byod(const struct device *d);
/* A number that is always the same for this device and name. */
uint64_t device_number(const struct device *d, const char *name);

#endif
