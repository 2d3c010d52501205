/* What a device trusted us with, sealed. */
#include "store/lmdb/lmdb_secret.h"

int lmdb_secret_put(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct bytes value, struct err *e)
{
	return lmdb_put_sealed(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), value, e);
}

int lmdb_secret_get(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct arena *a, struct bytes *out, struct err *e)
{
	return lmdb_get_sealed(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), a, out, e);
}

int lmdb_secret_del(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct err *e)
{
	return lmdb_del(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), NULL, e);
}
