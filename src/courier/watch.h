#ifndef MOORING_COURIER_WATCH_H
#define MOORING_COURIER_WATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/* States of the server that somebody must know of, as events: each change is
 * told once, since the store remembers what was told. *events is set when a
 * webhook takes one. */

/* The guard against mass unenrollment is armed, and is not any more
 * (mooring.guard), whoever did it. */
int watch_guard(struct store *st, int64_t now, struct arena *a, bool *events,
	struct err *e);
/* The room for the store gets short, on the disk or in its map, and that is
 * over (mooring.store), by the limits of op_health. */
int watch_store(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e);

#endif
