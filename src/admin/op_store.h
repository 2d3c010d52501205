#ifndef MOORING_ADMIN_OP_STORE_H
#define MOORING_ADMIN_OP_STORE_H

#include "admin/op.h"

/* Care of the store. Checking and looking are store_check and store_info. */

/* A compacted copy to a new file (0600) while others go on working.
 * ERR_CONFLICT when the file exists. */
int op_store_copy(const struct op *op, const char *path, struct err *e);
/* Compacts in place: op from op_open_conf; nobody may have the store open,
 * else ERR_CONFLICT names who has. Sizes in bytes. */
int op_store_compact(const struct op *op, struct arena *a, uint64_t *before,
	uint64_t *after, struct err *e);

#endif
