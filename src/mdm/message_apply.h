#ifndef MOORING_MDM_MESSAGE_APPLY_H
#define MOORING_MDM_MESSAGE_APPLY_H

#include "mdm/checkin_msg.h"
#include "store/store.h"

/*
 * What an Authenticate and a TokenUpdate write on an enrollment, whether the
 * device itself brings them (checkin.c) or an operator does (import.c). Who
 * may, and with which certificate, is decided before; `imported` is left
 * alone.
 */

/* A record for this id, not stored yet. parent: 0 for a device. */
struct enrollment *message_enrollment(const struct checkin_msg *m,
	uint64_t parent, int64_t now, struct arena *a);
/* en: the device's, stored before. A new generation begins. */
int message_apply_authenticate(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, int64_t now,
	struct arena *a, struct err *e);
/* en: an enabled device's. Only what the device says of itself anew. */
int message_apply_renewal(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, struct err *e);
/* en: of either channel; a user channel's may be new. */
int message_apply_token_update(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, int64_t now,
	struct err *e);

#endif
