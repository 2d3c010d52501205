#ifndef MOORING_STORE_LMDB_LMDB_UNREADABLE_H
#define MOORING_STORE_LMDB_LMDB_UNREADABLE_H

#include "store/lmdb/lmdb_tx.h"

#define LMDB_UNREADABLE_MAX 1000
#define LMDB_UNREADABLE_BYTES ((uint64_t)64 << 20)	/* of stored bodies */

/* What is remembered of one body. */
struct lmdb_unreadable {
	unsigned count;
	uint64_t order;		/* its key in unreadable_order */
	int64_t first, last;
	bool stored;
	uint64_t size;		/* of what is stored */
};
int lmdb_unreadable_parse(struct lmdb_tx *tx, struct bytes v,
	struct lmdb_unreadable *out, struct err *e);

__typeof__(store_unreadable) lmdb_unreadable;

#endif
