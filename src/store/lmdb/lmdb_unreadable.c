/* Bodies that cannot be read: counted, the third time kept, the oldest
 * forgotten. */
#include "store/lmdb/lmdb_unreadable.h"

#include <limits.h>
#include <string.h>

#define STORED_AT 3

enum { TAG_COUNT = 1, TAG_ORDER = 2, TAG_FIRST = 3, TAG_LAST = 4,
	TAG_STORED = 5, TAG_SIZE = 6 };

int lmdb_unreadable_parse(struct lmdb_tx *tx, struct bytes v,
	struct lmdb_unreadable *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->count = (unsigned)rec_get_u64(&r, TAG_COUNT);
	out->order = rec_get_u64(&r, TAG_ORDER);
	out->first = rec_get_i64(&r, TAG_FIRST);
	out->last = rec_get_i64(&r, TAG_LAST);
	out->stored = rec_get_u64(&r, TAG_STORED) != 0;
	out->size = rec_get_u64(&r, TAG_SIZE);
	if (rec_done(&r, "unreadable body", e) < 0)
		return lmdb_tx_damaged(tx, "unreadable", e);
	return 0;
}

/* *freed: bytes of the body that went with it. */
static int forget_oldest(struct lmdb_tx *tx, uint64_t *freed, struct err *e)
{
	struct lmdb_unreadable u;
	struct lmdb_key k, id;
	struct bytes v;

	if (lmdb_seek(tx, LMDB_UNREADABLE_ORDER, lmdb_key_none(), 0, &k, &v,
	    e) < 0)
		return -1;
	if (k.n == 0 || v.n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "unreadable", e);
	id = lmdb_key_hash(v.p);
	if (lmdb_get(tx, LMDB_UNREADABLE, id, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "unreadable", e);
	if (lmdb_unreadable_parse(tx, v, &u, e) < 0)
		return -1;
	*freed = u.size;
	if (lmdb_del(tx, LMDB_UNREADABLE_ORDER, k, NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_UNREADABLE, id, NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_UNREADABLE_BODIES, id, NULL, e);
}

static int stored_bytes(struct lmdb_tx *tx, uint64_t *out, struct err *e)
{
	struct lmdb_unreadable u;
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	int rc;

	*out = 0;
	if (lmdb_iter_open(tx, LMDB_UNREADABLE, lmdb_key_none(), 0, &it, e) < 0)
		return -1;
	while ((rc = lmdb_iter_next(&it, &k, &v, e)) == 0 && k.n != 0) {
		rc = lmdb_unreadable_parse(tx, v, &u, e);
		if (rc < 0)
			break;
		*out += u.size;
	}
	lmdb_iter_close(&it);
	return rc;
}

/* Few bodies are ever stored, so their sizes are added up when one is. */
static int make_room(struct lmdb_tx *tx, size_t size, struct err *e)
{
	uint64_t bytes, freed;

	if (stored_bytes(tx, &bytes, e) < 0)
		return -1;
	for (; bytes > 0 && bytes + size > LMDB_UNREADABLE_BYTES; bytes -= freed)
		if (forget_oldest(tx, &freed, e) < 0)
			return -1;
	return 0;
}

static int load(struct lmdb_tx *tx, struct lmdb_key id,
	struct lmdb_unreadable *u, struct err *e)
{
	struct bytes v;
	uint64_t n, freed;

	memset(u, 0, sizeof(*u));
	if (lmdb_get(tx, LMDB_UNREADABLE, id, &v, e) < 0)
		return -1;
	if (v.p != NULL)
		return lmdb_unreadable_parse(tx, v, u, e);
	if (lmdb_count(tx, LMDB_UNREADABLE, &n, e) < 0)
		return -1;
	return n < LMDB_UNREADABLE_MAX ? 0 : forget_oldest(tx, &freed, e);
}

/* The one that came last is the last to be forgotten. */
static int save(struct lmdb_tx *tx, struct lmdb_key id,
	struct lmdb_unreadable *u, struct err *e)
{
	struct buf *b;

	if (u->order != 0 && lmdb_del(tx, LMDB_UNREADABLE_ORDER,
	    lmdb_key_num(u->order), NULL, e) < 0)
		return -1;
	if (lmdb_next_number(tx, "unreadable", &u->order, e) < 0 ||
	    lmdb_put(tx, LMDB_UNREADABLE_ORDER, lmdb_key_num(u->order),
	    lmdb_key_bytes(&id), e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_u64(b, TAG_COUNT, u->count);
	rec_put_u64(b, TAG_ORDER, u->order);
	rec_put_i64(b, TAG_FIRST, u->first);
	rec_put_i64(b, TAG_LAST, u->last);
	rec_put_u64(b, TAG_STORED, u->stored);
	rec_put_u64(b, TAG_SIZE, u->size);
	return lmdb_rec_put(tx, LMDB_UNREADABLE, id, e);
}

int lmdb_unreadable(struct store_tx *base, const unsigned char body[DIGEST_LEN],
	const unsigned char cert[DIGEST_LEN], struct bytes raw, int64_t now,
	unsigned *count, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	const struct bytes parts[2] = {
		bytes_of(body, DIGEST_LEN), bytes_of(cert, DIGEST_LEN),
	};
	unsigned char hash[DIGEST_LEN];
	struct lmdb_unreadable u;
	struct lmdb_key id;

	digest_parts(parts, 2, hash);
	id = lmdb_key_hash(hash);
	if (load(tx, id, &u, e) < 0)
		return -1;
	u.count += u.count < UINT_MAX;
	u.last = now;
	if (u.first == 0)
		u.first = now;
	if (u.count >= STORED_AT && !u.stored) {
		u.stored = true;
		u.size = raw.n;
		if (make_room(tx, raw.n, e) < 0 ||
		    lmdb_put_sealed(tx, LMDB_UNREADABLE_BODIES, id, raw,
		    e) < 0)
			return -1;
	}
	*count = u.count;
	return save(tx, id, &u, e);
}
