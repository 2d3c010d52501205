/* What devices last said of themselves: one sealed value for each kind, the
 * time in front of the property list. */
#include "store/lmdb/lmdb_admin.h"

#include <string.h>

#include "base/enc.h"

#define AT_LEN 8

int lmdb_inventory_put(struct store_tx *base, uint64_t num,
	enum inventory_kind k, int64_t at, struct bytes plist, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char *plain = arena_alloc(tx->scratch, AT_LEN + plist.n);

	enc_be64(plain, (uint64_t)at);
	if (plist.n > 0)
		memcpy(plain + AT_LEN, plist.p, plist.n);
	return lmdb_put_sealed(tx, LMDB_INVENTORY, lmdb_key_num_byte(num,
	    (uint8_t)k), bytes_of(plain, AT_LEN + plist.n), e);
}

int lmdb_inventory_get(struct store_tx *base, uint64_t num,
	enum inventory_kind k, struct arena *a, int64_t *at, struct bytes *plist,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct bytes plain;

	*at = 0;
	*plist = bytes_of(NULL, 0);
	if (lmdb_get_sealed(tx, LMDB_INVENTORY, lmdb_key_num_byte(num,
	    (uint8_t)k), a, &plain, e) < 0)
		return -1;
	if (plain.p == NULL)
		return 0;
	if (plain.n < AT_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "inventory", e);
	*at = (int64_t)enc_unbe64(plain.p);
	*plist = bytes_of(plain.p + AT_LEN, plain.n - AT_LEN);
	return 0;
}
