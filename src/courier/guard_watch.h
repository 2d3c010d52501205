#ifndef MOORING_COURIER_GUARD_WATCH_H
#define MOORING_COURIER_GUARD_WATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

/* Tells when the guard against mass unenrollment is armed and when it is not
 * any more (mooring.guard), whoever did it; each once, since the store
 * remembers what was told. *events is set when a webhook takes one. */
int guard_watch(struct store *st, int64_t now, struct arena *a, bool *events,
	struct err *e);

#endif
