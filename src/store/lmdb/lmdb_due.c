/* Walks indexes in the order of time. What stands behind a hash is the
 * business of those who ask. */
#include "store/lmdb/lmdb_due.h"

#include <string.h>

/* Where the time stands in a key. */
static size_t at(int first)
{
	return first >= 0 ? 1 : 0;
}

static bool is_over(const struct lmdb_due *q, const struct lmdb_key *k)
{
	return k->n == 0 || (!q->all &&
	    (int64_t)lmdb_key_num_at(k, at(q->first)) >= q->before);
}

/* NULL: damaged. */
static const unsigned char *hash_of(struct lmdb_tx *tx,
	const struct lmdb_due *q, const struct lmdb_key *k, struct err *e)
{
	if (k->n == at(q->first) + 8 + DIGEST_LEN)
		return k->p + at(q->first) + 8;
	lmdb_tx_fail(tx, MDB_CORRUPTED, lmdb_table_name(q->table), e);
	return NULL;
}

static int page(struct lmdb_iter *it, const struct lmdb_due *q,
	struct arena *a, struct buf *found, struct bytes *next, struct err *e)
{
	size_t limit = q->limit > 0 ? q->limit : 1;
	struct lmdb_key k, last = lmdb_key_none();
	const unsigned char *hash;
	struct bytes v;

	for (;;) {
		if (lmdb_iter_next(it, &k, &v, e) < 0)
			return -1;
		if (is_over(q, &k))
			return 0;
		if (found->n / DIGEST_LEN == limit) {
			*next = arena_bytes(a, lmdb_key_bytes(&last));
			return 0;
		}
		hash = hash_of(it->tx, q, &k, e);
		if (hash == NULL)
			return -1;
		buf_add(found, hash, DIGEST_LEN);
		last = k;
	}
}

/* The first key behind a cursor. */
static int begin(const struct lmdb_due *q, struct lmdb_key *from,
	struct err *e)
{
	*from = lmdb_key_due_from(q->first, 0);
	if (q->cursor.p == NULL)
		return 0;
	if (q->cursor.n != at(q->first) + 8 + DIGEST_LEN ||
	    memcmp(q->cursor.p, from->p, at(q->first)) != 0 ||
	    !lmdb_key_from(q->cursor, from))
		return err_set(e, ERR_BAD_INPUT, "cursor: not one of ours");
	from->p[from->n++] = 0;
	return 0;
}

int lmdb_due_page(struct lmdb_tx *tx, const struct lmdb_due *q,
	struct arena *a, unsigned char (**out)[DIGEST_LEN], size_t *n,
	struct bytes *next, struct err *e)
{
	struct lmdb_key from;
	struct lmdb_iter it;
	struct buf found;
	int rc;

	*out = NULL;
	*n = 0;
	*next = bytes_of(NULL, 0);
	if (begin(q, &from, e) < 0 ||
	    lmdb_iter_open(tx, q->table, from, at(q->first), &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = page(&it, q, a, &found, next, e);
	lmdb_iter_close(&it);
	*n = found.n / DIGEST_LEN;
	*out = arena_memdup(tx->scratch, found.p, found.n);
	buf_fini(&found);
	return rc;
}

int lmdb_due_first(struct lmdb_tx *tx, enum lmdb_table t, int first,
	int64_t before, unsigned char out[DIGEST_LEN], bool *found,
	struct err *e)
{
	struct lmdb_due q = { .table = t, .first = first, .before = before };
	const unsigned char *hash;
	struct lmdb_key k;
	struct bytes v;

	*found = false;
	if (lmdb_seek(tx, t, lmdb_key_due_from(first, 0), at(first), &k, &v,
	    e) < 0)
		return -1;
	if (is_over(&q, &k))
		return 0;
	hash = hash_of(tx, &q, &k, e);
	if (hash == NULL)
		return -1;
	memcpy(out, hash, DIGEST_LEN);
	*found = true;
	return 0;
}
