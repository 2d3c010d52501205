#ifndef MOORING_MODEL_COMMAND_H
#define MOORING_MODEL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "crypto/digest.h"

#define COMMAND_UUID_MAX 256	/* bytes of a CommandUUID */
#define COMMAND_TYPE_MAX 256	/* of a RequestType: each target keeps it */

/* One command body, shared by all its targets. */
struct command {
	const char *uuid;
	const char *request_type;
	struct bytes body;	/* XML plist, byte for byte as queued */
	unsigned char digest[DIGEST_LEN];	/* SHA-256 of body */
	bool once;		/* delivered once, then stands as sent */
	int64_t created;
};

/* Values are stored. Order matters: up to TARGET_WAITING it is in the queue,
 * from TARGET_SENT on it is finished. */
enum target_state {
	TARGET_READY = 1,
	TARGET_PARKED = 2,	/* NotNow in this session */
	TARGET_WAITING = 3,	/* not-before lies ahead */
	TARGET_SENT = 4,	/* once-only, delivered, no answer yet */
	TARGET_ACKNOWLEDGED = 5,
	TARGET_ERROR = 6,
	TARGET_FORMAT_ERROR = 7,
	TARGET_CANCELLED = 8,	/* queue cleared, or a new generation */
	TARGET_EXPIRED = 9,	/* not-after passed */
	TARGET_STUCK = 10,	/* delivered too often without an answer */
};
const char *target_state_name(enum target_state s);
bool target_state_is_queued(enum target_state s);
/* Acknowledged, Error or CommandFormatError: an answer of the device. */
bool target_state_is_answered(enum target_state s);

/* One command for one enrollment. Times as in struct enrollment. */
struct target {
	uint64_t enrollment;
	const char *uuid;
	const char *request_type;
	enum target_state state;
	uint8_t priority;	/* 0-255, default 100; higher goes first */
	uint64_t seq;		/* order within one priority */
	int64_t queued, not_before, not_after;
	const char *dedupe;	/* NULL without one */
	uint32_t generation;	/* of the enrollment, when queued */
	uint32_t deliveries, notnow;
	int64_t first_delivered, last_delivered, finished;
	uint64_t result;	/* number of the stored result, 0 = none */
};
#define COMMAND_PRIORITY_DEFAULT 100

/* How a target is queued. Zero / NULL: none. */
struct target_options {
	int64_t not_before, not_after;
	uint8_t priority;
	const char *dedupe;	/* a pending target of this enrollment with the
				 * same key makes the new one a duplicate */
};

/* RequestTypes that may never be answered, or must not run twice:
 * EraseDevice, RestartDevice, ShutDownDevice. (RemoveProfile of the
 * enrollment profile is marked by who queues it.) */
bool command_type_is_once(const char *request_type);

#endif
