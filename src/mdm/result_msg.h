#ifndef MOORING_MDM_RESULT_MSG_H
#define MOORING_MDM_RESULT_MSG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/enrollment.h"
#include "model/inventory.h"

/* What a device sends to the command endpoint. */
enum result_status { RESULT_IDLE, RESULT_ACKNOWLEDGED, RESULT_ERROR,
	RESULT_FORMAT_ERROR, RESULT_NOT_NOW,
	RESULT_OTHER };	/* a Status of the future: like Error */

struct result_msg {
	bool is_checkin;	/* set on ERR_BAD_INPUT: a check-in message, which
				 * is not to be taken for a result */
	enum result_status status;
	const char *status_text;
	struct enrollment_ids ids;
	struct enrollment_id id;
	const char *command_uuid;	/* NULL on Idle */
	/* Read for their types: what they ask for is what every session gets,
	 * all commands in turn, and NotNow ones again in the next. */
	bool need_sync_response;
	bool user_configuration;
	bool not_on_console;
	/* An Acknowledged answer that says what the device is or has: that
	 * value alone, as XML. p NULL: none, or over RESULT_INVENTORY_MAX, or
	 * nested deeper than any of these is. */
	enum inventory_kind inventory;
	struct bytes inventory_value;
};
#define RESULT_INVENTORY_MAX ((size_t)4 << 20)
int result_msg_parse(struct bytes body, struct arena *a,
	struct result_msg *out, struct err *e);

#endif
