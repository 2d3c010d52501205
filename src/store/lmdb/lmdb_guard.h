#ifndef MOORING_STORE_LMDB_LMDB_GUARD_H
#define MOORING_STORE_LMDB_LMDB_GUARD_H

#include "store/lmdb/lmdb_store.h"

int lmdb_guard_arm_unclean(struct lmdb_store *st, int64_t until,
	struct err *e);

__typeof__(store_guard_get) lmdb_guard_get;
__typeof__(store_guard_refused) lmdb_guard_refused;
__typeof__(store_guard_refuse) lmdb_guard_refuse;
__typeof__(store_guard_arm) lmdb_guard_arm;
__typeof__(store_guard_release) lmdb_guard_release;

#endif
