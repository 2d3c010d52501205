#ifndef MOORING_STORE_LMDB_LMDB_DELIVERY_H
#define MOORING_STORE_LMDB_LMDB_DELIVERY_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_event.h"

/* What was set aside. */
struct lmdb_buried {
	uint64_t enrollment;
	uint32_t attempts;
	int64_t at;
	const char *why;
};
int lmdb_buried_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct lmdb_buried *out, struct err *e);

__typeof__(store_delivery_claim) lmdb_delivery_claim;
__typeof__(store_delivery_done) lmdb_delivery_done;
__typeof__(store_delivery_retry) lmdb_delivery_retry;
__typeof__(store_delivery_bury) lmdb_delivery_bury;
__typeof__(store_delivery_expire) lmdb_delivery_expire;
__typeof__(store_delivery_replay) lmdb_delivery_replay;
__typeof__(store_delivery_next_due) lmdb_delivery_next_due;

/* lmdb_delivery_list.c */
__typeof__(store_delivery_list) lmdb_delivery_list;
__typeof__(store_outbox_info) lmdb_outbox_info;

#endif
