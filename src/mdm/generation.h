#ifndef MOORING_MDM_GENERATION_H
#define MOORING_MDM_GENERATION_H

#include "base/err.h"
#include "store/store.h"

/* An enrollment begins anew (Authenticate, restore) or ends (CheckOut). Both
 * change *device without putting it; the history stays. */

/* Next generation: queues of the device and its user channels cancelled,
 * push and bootstrap tokens dropped, tallies at zero, user channels
 * disabled. */
int generation_start(struct store_tx *tx, struct enrollment *device,
	int64_t now, struct arena *a, struct err *e);
/* Left: the device and its user channels get nothing more and are not
 * pushed; queues stay as they are. */
int generation_end(struct store_tx *tx, struct enrollment *device,
	int64_t now, struct arena *a, struct err *e);

#endif
