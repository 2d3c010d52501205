#ifndef MOORING_COURIER_COURIER_H
#define MOORING_COURIER_COURIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "conf/conf.h"
#include "net/fetch_many.h"
#include "push/pusher.h"
#include "store/store.h"

/*
 * What mooring-courier is made of: three loops (pushes, webhooks, sweeps),
 * each in a thread of its own, each able to go through once (--once) or until
 * told to stop. Leases in the store make several couriers safe.
 */
struct courier {
	struct store *store;
	struct conf_file *conf;
	struct pusher *pusher;
	atomic_bool stopping;	/* finish what is under way, take no more */
	atomic_bool leads;	/* of several couriers, the one that sweeps */
	bool once;		/* until nothing is due */
	atomic_bool failed;	/* … and the store did not let it */

	/* below: courier.c's */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	uint64_t wakes;
	struct fetch_many *many;
};

#define COURIER_LOOK_MS 5000	/* how often each loop looks by itself */
#define COURIER_DRAIN_MS 10000	/* how long the end may take */

void courier_init(struct courier *c);
void courier_fini(struct courier *c);
/* There may be work: every loop looks. From any thread. */
void courier_call(struct courier *c);
void courier_stop(struct courier *c);
/* Waits for a call that came after *seen, the end, or ms. */
void courier_wait(struct courier *c, uint64_t *seen, int64_t ms);
/* Until `due` (0: nothing is), at most COURIER_LOOK_MS. */
int64_t courier_ms_until(int64_t due, int64_t now);
/* What a call shall wake too; NULL: nothing. */
void courier_set_many(struct courier *c, struct fetch_many *m);

/* The loops: arg is the struct courier; they return when it is stopping, or
 * with `once` when nothing is due. */
void *push_loop(void *arg);
void *webhook_loop(void *arg);
void *sweep_loop(void *arg);

#endif
