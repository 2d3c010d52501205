#ifndef MOORING_ADMIN_OP_STORE_H
#define MOORING_ADMIN_OP_STORE_H

#include "admin/op.h"

/* Care of the store. Checking and looking are store_check and store_info;
 * copies are op_backup.h's. */

/* Compacts in place: op from op_open_conf; nobody may have the store open,
 * else ERR_CONFLICT names who has. Sizes in bytes. */
int op_store_compact(const struct op *op, struct arena *a, uint64_t *before,
	uint64_t *after, struct err *e);
/* As store_migrate; op from op_open_conf. */
int op_store_migrate(const struct op *op, struct arena *a, unsigned *from,
	unsigned *to, struct err *e);

#endif
