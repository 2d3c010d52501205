#ifndef MOORING_COURIER_COURIER_H
#define MOORING_COURIER_COURIER_H

#include <stdatomic.h>

#include "conf/conf.h"
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
	bool once;		/* until nothing is due */
};

#endif
