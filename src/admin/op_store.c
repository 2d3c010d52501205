/* Care of the store, as an operator asks for it. */
#include "admin/op_store.h"

#include "base/file.h"

int op_store_copy(const struct op *op, const char *path, struct err *e)
{
	struct store_copying c = { .max_growth = op->conf->backup_max_growth };

	if (file_exists(path))
		return err_set(e, ERR_CONFLICT, "%s exists already", path);
	if (store_copy(op->store, path, &c, e) < 0)
		return -1;
	op_audit_done(op, "store.copy", path, NULL);
	return 0;
}

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
