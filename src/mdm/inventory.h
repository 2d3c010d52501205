#ifndef MOORING_MDM_INVENTORY_H
#define MOORING_MDM_INVENTORY_H

#include "mdm/answer.h"
#include "mdm/result_msg.h"
#include "store/store_admin.h"

/* Keeps what an Acknowledged answer says of the device, in the transaction
 * of the answer. DeviceInformation is merged key by key, since one may ask
 * for few; a list that was asked for in part (Identifiers, ManagedAppsOnly)
 * is not kept. Nothing for other answers. */
int inventory_take(struct store_tx *tx, const struct mdm_context *cx,
	uint64_t num, const struct result_msg *m, struct err *e);

#endif
