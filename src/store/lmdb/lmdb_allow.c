/* The serials and UDIDs that may enroll. */
#include "store/lmdb/lmdb_allow.h"

enum { TAG_VALUE = 1, TAG_ADDED = 2 };

static struct lmdb_key key_of(enum store_allow kind, struct bytes value)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(value, hash);
	return lmdb_key_byte_hash((uint8_t)kind, hash);
}

int lmdb_allow_put(struct store_tx *base, enum store_allow kind,
	struct bytes value, int64_t now, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = key_of(kind, value);
	struct buf *b;
	bool known;

	if (lmdb_has(tx, LMDB_ALLOW, k, &known, e) < 0)
		return -1;
	if (known)
		return 0;
	b = lmdb_rec_begin(tx);
	rec_put_bytes(b, TAG_VALUE, value);
	rec_put_i64(b, TAG_ADDED, now);
	return lmdb_rec_put(tx, LMDB_ALLOW, k, e);
}

int lmdb_allow_del(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *was, struct err *e)
{
	return lmdb_del(lmdb_tx_verb(tx), LMDB_ALLOW, key_of(kind, value), was,
	    e);
}

int lmdb_allow_has(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *out, struct err *e)
{
	return lmdb_has(lmdb_tx_verb(tx), LMDB_ALLOW, key_of(kind, value), out,
	    e);
}

int lmdb_allow_parse(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct arena *a, struct store_allowed *out,
	struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->kind = (enum store_allow)k->p[0];
	out->value = rec_get_bytes(&r, TAG_VALUE, a);
	out->added = rec_get_i64(&r, TAG_ADDED);
	if (rec_done(&r, "allowlist", e) < 0)
		return lmdb_tx_damaged(tx, "allow", e);
	return 0;
}

static int page(struct lmdb_iter *it, size_t limit, struct arena *a,
	struct buf *found, struct bytes *next, struct err *e)
{
	struct lmdb_key k, last = lmdb_key_none();
	struct store_allowed one;
	struct bytes v;
	size_t n = 0;

	for (;;) {
		if (lmdb_iter_next(it, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (n++ == limit) {
			*next = arena_bytes(a, lmdb_key_bytes(&last));
			return 0;
		}
		if (lmdb_allow_parse(it->tx, &k, v, a, &one, e) < 0)
			return -1;
		buf_add(found, &one, sizeof(one));
		last = k;
	}
}

int lmdb_allow_list(struct store_tx *base, struct bytes cursor, size_t limit,
	struct arena *a, struct store_allowed **out, size_t *n, struct bytes *next,
	struct err *e)
{
	struct lmdb_key from = lmdb_key_none();
	struct lmdb_iter it;
	struct buf found;
	int rc;

	*out = NULL;
	*n = 0;
	*next = bytes_of(NULL, 0);
	if (cursor.p != NULL) {
		if (cursor.n >= LMDB_KEY_MAX || !lmdb_key_from(cursor, &from))
			return err_set(e, ERR_BAD_INPUT,
			    "cursor: not one of ours");
		from.p[from.n++] = 0;	/* the first key behind it */
	}
	if (lmdb_iter_open(lmdb_tx_verb(base), LMDB_ALLOW, from, 0, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = page(&it, limit > 0 ? limit : 1, a, &found, next, e);
	lmdb_iter_close(&it);
	*n = found.n / sizeof(**out);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}
