/* Care of the store, as an operator asks for it. */
#include "admin/op_store.h"

#include "store/store_admin.h"

int op_store_compact(const struct op *op, struct arena *a, uint64_t *before,
	uint64_t *after, struct err *e)
{
	struct store_options o;

	if (op_store_options(op->conf, a, &o, e) < 0 ||
		store_compact(&o, before, after, e) < 0)
		return -1;
	op_audit_done(op, "store.compact", NULL, NULL);
	return 0;
}

int op_store_migrate(const struct op *op, struct arena *a, unsigned *from,
	unsigned *to, struct err *e)
{
	struct store_options o;

	if (op_store_options(op->conf, a, &o, e) < 0 ||
		store_migrate(&o, op->now, from, to, e) < 0)
		return -1;
	if (*from != *to)
		op_audit_done(op, "store.migrate", arena_printf(a,
			"schema %u to %u", *from, *to), NULL);
	return 0;
}
