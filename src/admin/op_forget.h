#ifndef MOORING_ADMIN_OP_FORGET_H
#define MOORING_ADMIN_OP_FORGET_H

#include "admin/op.h"

/*
 * Forgets an enrollment, with everything that is kept of it: queue, results,
 * secrets, inventory; a device's user channels first. A device that comes
 * back is then unknown: it is judged as any other, and its certificate is
 * free for others unless it was revoked.
 *
 * ERR_CONFLICT, unless forced, for one that is enabled (unmanage it, or let
 * it leave, first) or blocked (that it is would be forgotten); and when the
 * device comes back meanwhile.
 *
 * In bounded transactions: when it fails on the way, part of it is gone, it
 * takes no contact any more, and saying it again finishes the work.
 */
struct op_forgotten {
	struct enrollment *en;		/* as it was */
	size_t channels;		/* user channels */
};
int op_enrollment_forget(const struct op *op, struct bytes id, bool force,
	struct arena *a, struct op_forgotten *out, struct err *e);

#endif
