#ifndef MOORING_COURIER_OUTAGE_H
#define MOORING_COURIER_OUTAGE_H

#include "store/store.h"

/*
 * Sets aside what waits longer than `hours` for a receiver that has taken
 * nothing for as long: while it is gone it is tried too seldom for each event
 * to be given up by itself, and the outbox would grow without end. Up to
 * limit deliveries; *n says how many.
 */
int outage_sweep(struct store_tx *tx, int64_t now, unsigned hours,
	size_t limit, struct arena *a, size_t *n, struct err *e);

#endif
