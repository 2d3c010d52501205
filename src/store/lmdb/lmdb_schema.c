/* The number of the schema, and its tables. What changed from one to the
 * next is in lmdb_migrate.c. */
#include "store/lmdb/lmdb_schema.h"

#include "base/enc.h"

int lmdb_schema_of(MDB_txn *txn, MDB_dbi meta, uint32_t *out)
{
	char name[] = "schema";
	MDB_val key = { sizeof(name) - 1, name }, v;
	int rc = mdb_get(txn, meta, &key, &v);

	if (rc == 0 && v.mv_size != 4)
		rc = MDB_CORRUPTED;
	if (rc == 0)
		*out = enc_unbe32(v.mv_data);
	return rc;
}

int lmdb_schema_write(MDB_txn *txn, MDB_dbi meta)
{
	unsigned char now[4];
	char name[] = "schema";
	MDB_val key = { sizeof(name) - 1, name }, v = { sizeof(now), now };

	enc_be32(now, LMDB_SCHEMA);
	return mdb_put(txn, meta, &key, &v, 0);
}

int lmdb_schema_tables(MDB_txn *txn, unsigned flags, MDB_dbi *dbi)
{
	int rc = 0;

	for (int t = 0; t < LMDB_TABLES && rc == 0; t++)
		rc = mdb_dbi_open(txn, lmdb_table_name((enum lmdb_table)t),
		    flags, &dbi[t]);
	return rc;
}

int lmdb_schema_check(uint32_t schema, struct err *e)
{
	if (schema > LMDB_SCHEMA)
		return err_set(e, ERR_CONFLICT, "the store has schema %u; this "
		    "program knows up to %u: it is too old for it", schema,
		    LMDB_SCHEMA);
	if (schema < LMDB_SCHEMA)
		return err_set(e, ERR_CONFLICT, "the store has schema %u; this "
		    "program needs %u: run `mooringctl store migrate`", schema,
		    LMDB_SCHEMA);
	return 0;
}
