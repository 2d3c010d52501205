/* Notes: in the table of what the store knows of itself. */
#include "store/lmdb/lmdb_note.h"

/* Counters have no '/' in their names. */
static struct lmdb_key key_of(struct lmdb_tx *tx, const char *name)
{
	return lmdb_key_text(arena_printf(tx->scratch, "note/%s", name));
}

int lmdb_note_get(struct store_tx *base, const char *name, struct arena *a,
	struct bytes *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct bytes v;

	if (lmdb_get(tx, LMDB_META, key_of(tx, name), &v, e) < 0)
		return -1;
	*out = v.p != NULL ? arena_bytes(a, v) : v;
	return 0;
}

int lmdb_note_put(struct store_tx *base, const char *name, struct bytes value,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	if (value.n == 0)
		return lmdb_del(tx, LMDB_META, key_of(tx, name), NULL, e);
	return lmdb_put(tx, LMDB_META, key_of(tx, name), value, e);
}
