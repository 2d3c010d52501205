#ifndef MOORING_ADMIN_OP_REMOVE_H
#define MOORING_ADMIN_OP_REMOVE_H

#include "admin/op_enqueue.h"

/*
 * A device that ends its management by itself: RemoveProfile of its
 * enrollment profile is queued, delivered once, and the device says CheckOut.
 * identifier NULL: that of the profile with an MDM payload in the last
 * ProfileList; ERR_CONFLICT when it never sent one, or it has none.
 *
 * A device only: for a user channel ERR_CONFLICT names its device. While one
 * is pending a second one is not queued (out->target.queued: duplicate).
 */
struct op_removing {
	const char *identifier;
	struct op_command command;
	struct op_target target;
};
int op_enrollment_remove(const struct op *op, struct bytes id,
	const char *identifier, bool push, struct arena *a,
	struct op_removing *out, struct err *e);

#endif
