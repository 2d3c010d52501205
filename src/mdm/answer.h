#ifndef MOORING_MDM_ANSWER_H
#define MOORING_MDM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/binding.h"
#include "auth/devauth.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/store.h"

/* What a device is told. All the rules are in answer.c, as one pure function
 * of facts; web_mdm makes HTTP of it. */
enum answer_kind {
	ANSWER_EMPTY,		/* 200, zero bytes */
	ANSWER_COMMAND,		/* 200, body = the command as queued */
	ANSWER_BAD,		/* 400, reason */
	ANSWER_UNMANAGE,	/* 401, or 403 by unmanaged_response */
	ANSWER_USER_DECLINED,	/* 410, user channel only */
	ANSWER_LATER,		/* 503 with Retry-After, reason */
};
struct answer {
	enum answer_kind kind;
	struct bytes body;
	const char *reason;	/* one line for the log and the body */
	/* for the log line */
	const char *message;	/* "Authenticate", "Idle", … */
	uint64_t enrollment;	/* number, 0 = unknown */
	const char *command_uuid, *request_type;	/* handed out, or NULL */
	const char *note;	/* "result stored again", … or NULL */
	bool events;		/* something went to the outbox, or is to be
				 * pushed: wake the courier */
};

/* Everything a rule may need, for one request. */
struct mdm_context {
	struct store *store;
	const struct conf *conf;
	const struct identity *who;
	int64_t now;
	struct arena *arena;
	struct bytes raw;	/* the body as it came */
	const char *query;	/* of the request, raw; for events */
};

/* User channels of one device, so that a device that makes up users neither
 * fills the store nor holds up the others when it enrolls anew. */
#define USER_CHANNELS_MAX 1000

/* What arrived, as far as the rules care. */
enum mdm_message { MDM_AUTHENTICATE, MDM_TOKEN_UPDATE, MDM_CHECK_OUT,
	MDM_USER_AUTHENTICATE, MDM_POLL /* Idle or a result */ };

struct mdm_facts {
	enum mdm_message message;
	enum enrollment_kind kind;	/* of the channel that speaks */
	const struct enrollment *device;	/* NULL: unknown */
	const struct enrollment *channel;	/* == device on its own channel;
						 * NULL: unknown user channel */
	enum binding binding;
	bool allowed;	/* by the enrollment policy */
	bool crowded;	/* no room for one more user channel */
	/* Of the certificate. They are looked up only at an Authenticate, and
	 * where it is not bound to the device that is known, or to any. */
	bool renewal;	/* it came by a renewal of this device, or is the one
			 * from before, which is still good */
	bool issued;	/* it was issued for this very device */
	bool foreign;	/* it was issued for another device */
};

enum mdm_rule {
	RULE_APPLY,	/* do what the message says */
	RULE_KEEP,	/* 200, zero bytes; a result is kept, nothing offered */
	RULE_BAD,	/* 400 */
	RULE_UNMANAGE,	/* the operator's order, or the policy's */
	RULE_UNMANAGE_GUARDED,	/* unknown device: under the guard */
	RULE_DECLINE_USER,	/* 410 */
	RULE_LATER,	/* 503 */
};

/* The answers table, as a pure function. *reason is one
 * static line for every rule but APPLY and KEEP. */
enum mdm_rule answer_rule(const struct mdm_facts *f, const struct conf *conf,
	const char **reason);

/* An enrolled device with a new certificate of its own: nothing begins anew.
 * For Authenticate, and for any other message of a certificate that is not
 * bound yet. */
bool answer_is_renewal(const struct mdm_facts *f);

/* Fills *out for every rule but APPLY and UNMANAGE_GUARDED. */
void answer_by_rule(enum mdm_rule rule, const char *reason,
	struct answer *out);

#endif
