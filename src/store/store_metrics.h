#ifndef MOORING_STORE_STORE_METRICS_H
#define MOORING_STORE_STORE_METRICS_H

#include "store/store.h"

/* What this process has committed, for base/metrics: call it now and then,
 * and before the store is closed. Zeroed before the first call. */
struct store_metrics {
	uint64_t commits, writes;	/* counted so far */
};
void store_metrics_count(struct store *st, struct store_metrics *m);

#endif
