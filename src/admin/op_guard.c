/* The guard: seen and released. Its rule is mdm's; here it is only told. */
#include "admin/op_guard.h"

struct guarding {
	const struct op *op;
	struct arena *a;
	struct op_guard *out;
};

static int show_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct guarding *g = arg;
	struct store_guard *now = &g->out->guard;

	if (store_guard_get(tx, g->op->now, g->a, now, e) < 0)
		return -1;
	g->out->limit = g->op->conf->unmanaged_limit;
	g->out->armed = now->armed_until > g->op->now || now->empty;
	g->out->closed = g->out->armed || now->refused >= g->out->limit;
	return 0;
}

static int release_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct guarding *g = arg;

	if (show_tx(tx, arg, e) < 0 ||
		store_guard_release(tx, g->op->now, e) < 0)
		return -1;
	return op_audit(tx, g->op, "guard.release", 0, NULL,
		g->out->armed ? "it was armed" : NULL, e);
}

int op_guard_show(const struct op *op, struct arena *a,
	struct op_guard *out, struct err *e)
{
	struct guarding g = { op, a, out };

	return store_read(op->store, show_tx, &g, e);
}

int op_guard_release(const struct op *op, struct arena *a,
	struct op_guard *out, struct err *e)
{
	struct guarding g = { op, a, out };

	if (store_write(op->store, release_tx, &g, e) < 0)
		return -1;
	op_log(op, "guard.release", NULL);
	return 0;
}
