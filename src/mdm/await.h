#ifndef MOORING_MDM_AWAIT_H
#define MOORING_MDM_AWAIT_H

#include "conf/conf.h"
#include "mdm/result_msg.h"
#include "store/store.h"

/*
 * Devices that wait in Setup Assistant (AwaitingConfiguration) until they are
 * sent DeviceConfigured: by itself, with the setting await_device_configured,
 * as soon as nothing else is to be offered, and at await_until whatever is
 * pending. await_until is 0 where nobody waits for it, DeviceConfigured being
 * queued, or the operator's task. Device channels only.
 */

/* At a TokenUpdate that was applied; was: whether it waited before, false for
 * the first one of a generation. Queues DeviceConfigured at once when the
 * queue is empty. Changes *device; the caller puts it when *changed. */
int await_begin(struct store_tx *tx, const struct conf *conf,
	struct enrollment *device, bool was, int64_t now, struct arena *a,
	bool *changed, struct err *e);

/* Whether finding nothing to offer is to be followed by await_offer. */
bool await_is_on(const struct conf *conf, const struct enrollment *channel);
/* Nothing is to be offered: queues DeviceConfigured, unless this generation
 * had it. Puts the device. *queued: ask the queue again. */
int await_offer(struct store_tx *tx, struct enrollment *device, int64_t now,
	struct arena *a, bool *queued, struct err *e);
/* A first answer of this device: the acknowledged DeviceConfigured ends the
 * waiting. Puts the device then. */
int await_answered(struct store_tx *tx, struct enrollment *device,
	const struct result_msg *m, struct arena *a, struct err *e);

/*
 * The courier's sweep, in a transaction of its own: up to limit devices whose
 * await_until has come are sent DeviceConfigured before everything else, with
 * a push. *n: how many were due; call again while it is limit.
 */
int await_release(struct store_tx *tx, const struct conf *conf, int64_t now,
	size_t limit, struct arena *a, size_t *n, struct err *e);

#endif
