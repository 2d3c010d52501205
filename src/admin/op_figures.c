/* Figures of the store, gathered. */
#include "admin/op_figures.h"

static int counts_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct op_figures *f = arg;

	if (store_counts(tx, &f->counts, e) < 0)
		return -1;
	return store_outbox_info(tx, &f->outbox, e);
}

int op_figures(const struct op *op, struct arena *a, struct op_figures *out,
	struct err *e)
{
	if (store_info(op->store, &out->info, e) < 0 ||
		store_read(op->store, counts_tx, out, e) < 0)
		return -1;
	return op_guard_show(op, a, &out->guard, e);
}
