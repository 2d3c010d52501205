#ifndef MOORING_ADMIN_OP_BACKUP_H
#define MOORING_ADMIN_OP_BACKUP_H

#include "admin/op.h"

/* Backups of the store. The key ring is never in one. */

/* As store_copy; max_growth is the setting backup_max_growth. */
int op_backup(const struct op *op, const char *path, struct store_copying *c,
	struct err *e);
/* As store_restore, with DIR's key ring: op from op_open_conf. kept: in the
 * arena; NULL: there was no store. */
int op_restore(const struct op *op, const char *path,
	void (*report)(const char *line, void *arg), void *arg,
	struct arena *a, const char **kept, struct err *e);

#endif
