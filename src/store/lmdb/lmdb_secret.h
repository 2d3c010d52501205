#ifndef MOORING_STORE_LMDB_LMDB_SECRET_H
#define MOORING_STORE_LMDB_LMDB_SECRET_H

#include "store/lmdb/lmdb_tx.h"

__typeof__(store_secret_put) lmdb_secret_put;
__typeof__(store_secret_get) lmdb_secret_get;
__typeof__(store_secret_del) lmdb_secret_del;

#endif
