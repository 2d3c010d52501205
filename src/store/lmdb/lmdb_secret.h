#ifndef MOORING_STORE_LMDB_LMDB_SECRET_H
#define MOORING_STORE_LMDB_LMDB_SECRET_H

#include "store/lmdb/lmdb_tx.h"

int lmdb_cert_parse(struct lmdb_tx *tx, struct bytes v,
	struct store_cert *out, struct err *e);

__typeof__(store_secret_put) lmdb_secret_put;
__typeof__(store_secret_get) lmdb_secret_get;
__typeof__(store_secret_del) lmdb_secret_del;
__typeof__(store_cert_get) lmdb_cert_get;
__typeof__(store_cert_put) lmdb_cert_put;

#endif
