#ifndef MOORING_MDM_ANSWER_H
#define MOORING_MDM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/devauth.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/store.h"

/* What a device is told. The rules of design "Answers to a device" are in
 * answer.c, as one pure function of facts; web_mdm makes HTTP of it. */
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
};

/* Everything a rule may need, for one request. */
struct mdm_context {
	struct store *store;
	const struct conf *conf;
	const struct identity *who;
	int64_t now;
	struct arena *arena;
	struct bytes raw;	/* the body as it came */
};

#endif
