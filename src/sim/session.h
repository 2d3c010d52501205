#ifndef MOORING_SIM_SESSION_H
#define MOORING_SIM_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "sim/device.h"
#include "sim/respond.h"
#include "sim/stats.h"
#include "sim/wire.h"

/* What a device does with the server, and what it does about the answers. */

enum outcome {		/* the higher, the worse */
	OUTCOME_OK,
	OUTCOME_LATER,		/* 5xx, no connection: try again later */
	OUTCOME_REFUSED,	/* 4xx, or an answer that is none */
	OUTCOME_UNENROLLED,	/* 401, or 403 unrecognized: management ended */
};
const char *outcome_name(enum outcome o);

enum session_channels { SESSION_DEVICE = 1, SESSION_USER = 2 };

/* What one thread works with. */
struct session {
	struct wire *wire;
	struct stats stats;
	/* Of the device at work; both are reset by the caller in between. */
	struct arena *arena, *spare;
	struct respond_options respond;
	unsigned channels;	/* bits of session_channels */
	unsigned max_commands;	/* in one session */
	bool fresh;		/* a new connection for each exchange */
	bool authenticate_only;
	/* Waits; false: it is time to stop. NULL: sleeps. */
	bool (*pause)(double seconds);
	/* One line per exchange on stdout: */
	bool say, say_json, say_who;
	char why[384];		/* out: what went wrong last, one line */
};

/* Each fails (-1) only for trouble of our own: a key that cannot be used.
 * What the server said is in *out, and in why unless all was well. */

/* Authenticate, TokenUpdate, and the user channel's TokenUpdate. */
int session_enroll(struct session *s, struct device *d, enum outcome *out,
	struct err *e);
/* TokenUpdate of each channel, with new tokens. */
int session_token_update(struct session *s, struct device *d,
	enum outcome *out, struct err *e);
/* Authenticate and TokenUpdates of a device that goes on: nothing is
 * forgotten, no token is new. */
int session_check_in_again(struct session *s, struct device *d,
	enum outcome *out, struct err *e);
/* The kept result if there is one, else Idle; then commands until the empty
 * answer; for each channel. */
int session_poll(struct session *s, struct device *d, enum outcome *out,
	struct err *e);
int session_check_out(struct session *s, struct device *d,
	enum outcome *out, struct err *e);

#endif
