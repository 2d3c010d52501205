#ifndef MOORING_ENROLL_ENROLL_RATE_H
#define MOORING_ENROLL_ENROLL_RATE_H

#include "store/store.h"

/*
 * How many profiles were made within the last minute for those nobody
 * vouches for: counted in the store, so that all processes share it.
 */
/* ERR_BUSY when there were `max`; in a store_read, to be refused without the
 * cost of a write. */
int enroll_rate_check(struct store_tx *tx, unsigned max, int64_t now,
	struct err *e);
/* The same, and counts one more. */
int enroll_rate_count(struct store_tx *tx, unsigned max, int64_t now,
	struct err *e);

#endif
