#ifndef MOORING_COURIER_STORE_WATCH_H
#define MOORING_COURIER_STORE_WATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/* Tells when the room for the store gets short, on the disk or in its map, and
 * when that is over (mooring.store), by the limits of op_health; each once,
 * as guard_watch. */
int store_watch(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e);

#endif
