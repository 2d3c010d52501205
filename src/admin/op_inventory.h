#ifndef MOORING_ADMIN_OP_INVENTORY_H
#define MOORING_ADMIN_OP_INVENTORY_H

#include "admin/op.h"
#include "codec/pl.h"
#include "model/inventory.h"

/* What an enrollment last said of itself. */
struct op_inventory {
	struct enrollment *en;
	struct {
		int64_t at;		/* 0: never said */
		struct pl *value;	/* NULL then */
	} of[INVENTORY_KINDS + 1];	/* by enum inventory_kind */
};
int op_inventory(const struct op *op, struct bytes id, struct arena *a,
	struct op_inventory *out, struct err *e);

#endif
