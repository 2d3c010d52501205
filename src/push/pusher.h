#ifndef MOORING_PUSH_PUSHER_H
#define MOORING_PUSH_PUSHER_H

#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/*
 * Sends pushes to APNs (HTTP/2, client certificate of the topic): one thread
 * of its own, one kept-open connection per topic. It reads tokens and
 * certificates from the store at each push, so that what was replaced counts
 * at once, and writes what became of it (store_push_settle), many in one
 * transaction.
 *
 * Only for enrollments that have a waiting job (store_push_add, committed):
 * what cannot be decided now stays there, for the courier.
 */
struct pusher;

/* Starts the thread; a fork must not follow. */
struct pusher *pusher_new(struct store *st);
/* Finishes what is under way (at most 10 s), settles it. NULL is fine. */
void pusher_free(struct pusher *p);

struct push_request {
	uint64_t enrollment;
	const char *apns_id;	/* of its job */
	/* out */
	enum push_result {
		PUSH_WAITS,	/* not decided: the job waits for a courier */
		PUSH_TAKEN,	/* by APNs */
		PUSH_FAILED,	/* err says why: not again, or not before
				 * somebody mends the topic */
	} result;
	int status;		/* of APNs; 0: none came */
	struct err err;		/* one line; ERR_NONE when taken, and also
				 * set when it waits for a reason */
};
/*
 * Pushes all and waits until each is decided or wait_ms have passed. From any
 * thread, many at a time. Cannot fail as a whole.
 */
void pusher_send(struct pusher *p, const struct conf *conf,
	struct push_request *rq, size_t n, unsigned wait_ms);

/* Connections to APNs made so far, all topics: for tests and metrics. */
uint64_t pusher_connections(struct pusher *p);

/* Whether an enrollment can be pushed at all now, by what is stored of it:
 * ERR_NOT_FOUND "push data missing for id", ERR_CONFLICT "push token is dead
 * since …" or "topic … is stopped: …" or "no push certificate for topic …",
 * else 0 with *hold: not before, 0 for now. *passing: it is the topic that
 * cannot, so that a job is worth keeping until it can. In a transaction. */
int push_check(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, int64_t *hold, bool *passing, struct err *e);
/* A new apns-id: a lower-case UUID. */
const char *push_new_id(struct arena *a);

#endif
