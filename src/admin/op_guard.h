#ifndef MOORING_ADMIN_OP_GUARD_H
#define MOORING_ADMIN_OP_GUARD_H

#include "admin/op.h"

/* The guard against mass unenrollment. */
struct op_guard {
	struct store_guard guard;
	unsigned limit;		/* unmanaged_limit */
	bool armed;		/* by an event, or the store is empty */
	bool closed;		/* armed, or at its limit: a new unknown device
				 * gets 503 now */
};
int op_guard_show(const struct op *op, struct arena *a,
	struct op_guard *out, struct err *e);
/* *out is how it was before. */
int op_guard_release(const struct op *op, struct arena *a,
	struct op_guard *out, struct err *e);

#endif
