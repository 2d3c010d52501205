/* Backups, taken and put back. How is the store's business. */
#include "admin/op_backup.h"

#include "base/file.h"

int op_backup(const struct op *op, const char *path, struct store_copying *c,
	struct err *e)
{
	c->max_growth = op->conf->backup_max_growth;
	if (file_exists(path))
		return err_set(e, ERR_CONFLICT, "%s exists already", path);
	if (store_copy(op->store, path, c, e) < 0)
		return -1;
	op_audit_done(op, "backup", path, NULL);
	return 0;
}

int op_restore(const struct op *op, const char *path,
	void (*report)(const char *line, void *arg), void *arg, struct arena *a,
	const char **kept, struct err *e)
{
	struct store_options o;

	*kept = NULL;
	if (op_store_options(op->conf, a, &o, e) < 0 || store_restore(&o, path,
		op->now, report, arg, a, kept, e) < 0)
		return -1;
	op_audit_done(op, "restore", path, NULL);
	return 0;
}
