#ifndef MOORING_ADMIN_OP_FIGURES_H
#define MOORING_ADMIN_OP_FIGURES_H

#include "admin/op_guard.h"
#include "store/store_admin.h"
#include "store/store_event.h"

/* How much there is of what, now; what happens is counted in base/metrics.
 * The cost does not grow with the number of enrollments. */
struct op_figures {
	struct store_info info;
	struct store_counts counts;
	struct store_outbox outbox;
	struct op_guard guard;
};
int op_figures(const struct op *op, struct arena *a, struct op_figures *out,
	struct err *e);

#endif
