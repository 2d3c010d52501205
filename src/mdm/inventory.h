#ifndef MOORING_MDM_INVENTORY_H
#define MOORING_MDM_INVENTORY_H

#include "mdm/answer.h"
#include "mdm/result_msg.h"
#include "store/store_admin.h"

/*
 * Keeps what an Acknowledged answer says of the device, in the transaction of
 * the answer: only the first answer to a command, and only the key that this
 * command asks for. DeviceInformation is merged key by key, since one may ask
 * for few; it begins anew when it grows over INVENTORY_DEVICE_MAX, and when
 * what is kept is older than `since`, the device's last Authenticate. A list
 * that was asked for in part (Identifiers, ManagedAppsOnly, ManagedOnly) is
 * not kept. Nothing for other answers.
 */
#define INVENTORY_DEVICE_MAX ((size_t)256 << 10)
int inventory_take(struct store_tx *tx, const struct mdm_context *cx,
	uint64_t num, int64_t since, const struct result_msg *m,
	struct err *e);

#endif
