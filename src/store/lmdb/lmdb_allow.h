#ifndef MOORING_STORE_LMDB_LMDB_ALLOW_H
#define MOORING_STORE_LMDB_LMDB_ALLOW_H

#include "store/lmdb/lmdb_tx.h"

int lmdb_allow_parse(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct arena *a, struct store_allowed *out,
	struct err *e);

__typeof__(store_allow_put) lmdb_allow_put;
__typeof__(store_allow_del) lmdb_allow_del;
__typeof__(store_allow_has) lmdb_allow_has;
__typeof__(store_allow_list) lmdb_allow_list;

#endif
