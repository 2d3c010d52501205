#ifndef MOORING_STORE_LMDB_LMDB_SCHEMA_H
#define MOORING_STORE_LMDB_LMDB_SCHEMA_H

#include "store/lmdb/lmdb_store.h"
#include "store/store_admin.h"

/* Which tables there must be, and how an older store gets them. The first
 * three give LMDB codes. */
int lmdb_schema_of(MDB_txn *txn, MDB_dbi meta, uint32_t *out);
int lmdb_schema_write(MDB_txn *txn, MDB_dbi meta);
int lmdb_schema_tables(MDB_txn *txn, unsigned flags, MDB_dbi *dbi);
/* ERR_CONFLICT when it is not ours. */
int lmdb_schema_check(uint32_t schema, struct err *e);

/* lmdb_migrate.c */
__typeof__(store_migrate) lmdb_migrate;

#endif
