/* A page of the targets that an index names, in the index's order. The
 * cursor is the last key given. */
#include "store/lmdb/lmdb_target.h"

/* A cursor may come from outside: it never leads out of the enrollment. */
static int start_key(uint64_t num, struct bytes cursor, struct lmdb_key *out,
	struct err *e)
{
	*out = lmdb_key_num(num);
	if (cursor.p == NULL)
		return 0;
	if (cursor.n >= LMDB_KEY_MAX || !lmdb_key_from(cursor, out) ||
	    out->n < LMDB_KEY_NUM || lmdb_key_num_at(out, 0) != num)
		return err_set(e, ERR_BAD_INPUT, "cursor: not one of ours");
	out->p[out->n++] = 0;	/* the first key behind it */
	return 0;
}

static int page(struct lmdb_iter *it, size_t limit, struct arena *a,
	struct buf *found, struct bytes *next, struct err *e)
{
	uint64_t num = lmdb_key_num_at(&it->from, 0);
	struct lmdb_key k, last = lmdb_key_none();
	struct target *t;
	struct bytes v;
	size_t n = 0;

	for (;;) {
		if (lmdb_iter_next(it, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (n == limit) {
			*next = arena_bytes(a, lmdb_key_bytes(&last));
			return 0;
		}
		if (v.n != DIGEST_LEN)
			return lmdb_tx_fail(it->tx, MDB_CORRUPTED, "queue", e);
		if (lmdb_target_load(it->tx, num, v.p, a, &t, e) < 0)
			return -1;
		if (t == NULL)
			return lmdb_tx_fail(it->tx, MDB_CORRUPTED,
			    "index without target", e);
		buf_add(found, &t, sizeof(t));
		last = k;
		n++;
	}
}

int lmdb_target_page(struct lmdb_tx *tx, enum lmdb_table index, uint64_t num,
	struct bytes cursor, size_t limit, struct arena *a,
	struct target ***out, size_t *n, struct bytes *next, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key from;
	struct buf found;
	int rc;

	*out = NULL;
	*n = 0;
	*next = bytes_of(NULL, 0);
	if (start_key(num, cursor, &from, e) < 0)
		return -1;
	if (limit == 0)
		limit = 1;
	if (lmdb_iter_open(tx, index, from, LMDB_KEY_NUM, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = page(&it, limit, a, &found, next, e);
	lmdb_iter_close(&it);
	*n = found.n / sizeof(struct target *);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}
