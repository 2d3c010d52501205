#ifndef MOORING_ADMIN_OP_INVENTORY_H
#define MOORING_ADMIN_OP_INVENTORY_H

#include "admin/op.h"
#include "codec/pl.h"
#include "model/inventory.h"

/* What an enrollment last said of itself. */
struct op_inventory_query {
	struct bytes id;
	enum inventory_kind only;	/* 0: all */
	/* Also what opens something: push tokens, FileVault recovery keys.
	 * Else they are left out. */
	bool secrets;
};
struct op_inventory {
	struct enrollment *en;
	struct {
		int64_t at;		/* 0: never said, or not asked for */
		struct pl *value;	/* NULL then */
	} of[INVENTORY_KINDS + 1];	/* by enum inventory_kind */
};
/* ERR_NOT_FOUND also when it never said the only one. */
int op_inventory(const struct op *op, const struct op_inventory_query *q,
	struct arena *a, struct op_inventory *out, struct err *e);

#endif
