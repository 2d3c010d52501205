#ifndef MOORING_TESTS_MDM_WORLD_H
#define MOORING_TESTS_MDM_WORLD_H

#include "mdm/answer.h"
#include "store/store.h"

/* A store in a folder of its own, and devices that speak to the rules
 * without HTTP. Faults end the test. */
struct world {
	char dir[64];
	struct seal *seal;
	struct store *st;
	struct arena *arena;
	struct conf conf;
	struct identity who;
	int64_t now;
	const char *query;	/* of the requests; NULL: none */
	struct err err;
};

int world_setup(void **state);	/* *state = struct world */
int world_teardown(void **state);
/* Closes and opens the store again. */
void world_reopen(struct world *w);

/* The certificate that speaks from now on. */
void world_cert(struct world *w, unsigned char n);

/* The content of the root dict, printf-like; XML made around it. -1 when the
 * rules themselves fail (w->err). */
int world_checkin(struct world *w, struct answer *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int world_result(struct world *w, struct answer *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Status for UDID; uuid may be NULL. Fails the test unless 200. Returns the
 * CommandUUID handed out, or NULL. */
const char *world_poll(struct world *w, const char *udid, const char *status,
	const char *uuid);
/* Authenticate and TokenUpdate, asserted. */
void world_enroll(struct world *w, const char *udid);
/* The channel's record by id text ("U", "U:G"); NULL when there is none. */
struct enrollment *world_get(struct world *w, const char *id);
void world_put(struct world *w, struct enrollment *en);
/* A secret, p NULL when absent. */
struct bytes world_secret(struct world *w, const char *id, enum store_secret s);
/* Queues a command of this UUID and RequestType; says what happened. */
enum store_queued world_enqueue(struct world *w, const char *id,
	const char *uuid, const char *request_type,
	const struct target_options *o);
struct target *world_target(struct world *w, const char *id, const char *uuid);

#endif
