/* Tickets by the hash of their text, in the order in which they expire. What
 * they are good for, and whether still, is decided in auth/ticket. */
#include "store/lmdb/lmdb_enroll.h"

#include <string.h>

#include "store/lmdb/lmdb_due.h"

#define ANY_KIND 0

/* Stored: never reuse a number. */
enum {
	TAG_KIND = 1, TAG_GRANT = 2, TAG_CREATED = 3, TAG_EXPIRES = 4,
	TAG_USED = 5, TAG_FETCHED = 6, TAG_CERT = 7,
};

int lmdb_ticket_open(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct bytes sealed, struct arena *a, struct ticket *out,
	struct err *e)
{
	struct bytes plain, cert;
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	memcpy(out->hash, hash, DIGEST_LEN);
	if (lmdb_unseal(tx, LMDB_TICKETS, lmdb_key_hash(hash), sealed,
	    tx->scratch, &plain, e) < 0)
		return -1;
	rec_read(&r, plain);
	out->kind = (enum ticket_kind)rec_get_u64(&r, TAG_KIND);
	lmdb_grant_get(&r, TAG_GRANT, a, &out->grant);
	out->created = rec_get_i64(&r, TAG_CREATED);
	out->expires = rec_get_i64(&r, TAG_EXPIRES);
	out->used = rec_get_i64(&r, TAG_USED);
	out->fetched = (uint32_t)rec_get_u64(&r, TAG_FETCHED);
	cert = rec_get_view(&r, TAG_CERT);
	if (cert.n == DIGEST_LEN)
		memcpy(out->cert, cert.p, DIGEST_LEN);
	if (rec_done(&r, "ticket", e) < 0)
		return lmdb_tx_damaged(tx, "tickets", e);
	return 0;
}

/* Absent: *out = NULL. */
static int load(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct ticket **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_TICKETS, lmdb_key_hash(hash), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_ticket_open(tx, hash, v, a, *out, e);
}

static int load_found(struct lmdb_tx *tx, enum lmdb_table index,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct ticket **out, struct err *e)
{
	if (load(tx, hash, a, out, e) < 0)
		return -1;
	return *out != NULL ? 0 : lmdb_tx_fail(tx, MDB_CORRUPTED,
	    lmdb_table_name(index), e);
}

static int save(struct lmdb_tx *tx, const struct ticket *t, struct err *e)
{
	static const unsigned char none[DIGEST_LEN];
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_u64(b, TAG_KIND, t->kind);
	lmdb_grant_put(b, TAG_GRANT, &t->grant);
	rec_put_i64(b, TAG_CREATED, t->created);
	rec_put_i64(b, TAG_EXPIRES, t->expires);
	rec_put_i64(b, TAG_USED, t->used);
	rec_put_u64(b, TAG_FETCHED, t->fetched);
	if (memcmp(t->cert, none, DIGEST_LEN) != 0)
		rec_put_bytes(b, TAG_CERT, bytes_of(t->cert, DIGEST_LEN));
	return lmdb_rec_put_sealed(tx, LMDB_TICKETS, lmdb_key_hash(t->hash),
	    e);
}

/* ---- indexes ---- */

static bool same_places(const struct ticket *a, const struct ticket *b)
{
	return a->kind == b->kind && a->expires == b->expires &&
	    a->grant.enrollment == b->grant.enrollment;
}

static int link_in(struct lmdb_tx *tx, const struct ticket *t, struct err *e)
{
	const struct bytes nothing = bytes_of("", 0);

	if (lmdb_put(tx, LMDB_TICKETS_DUE, lmdb_key_due(ANY_KIND, t->expires,
	    t->hash), nothing, e) < 0 ||
	    lmdb_put(tx, LMDB_TICKETS_DUE, lmdb_key_due((int)t->kind,
	    t->expires, t->hash), nothing, e) < 0)
		return -1;
	return t->grant.enrollment == 0 ? 0 : lmdb_put(tx, LMDB_TICKETS_OF,
	    lmdb_key_num_hash(t->grant.enrollment, t->hash), nothing, e);
}

static int unlink_from(struct lmdb_tx *tx, const struct ticket *t,
	struct err *e)
{
	if (lmdb_del(tx, LMDB_TICKETS_DUE, lmdb_key_due(ANY_KIND, t->expires,
	    t->hash), NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_TICKETS_DUE, lmdb_key_due((int)t->kind,
	    t->expires, t->hash), NULL, e) < 0)
		return -1;
	return t->grant.enrollment == 0 ? 0 : lmdb_del(tx, LMDB_TICKETS_OF,
	    lmdb_key_num_hash(t->grant.enrollment, t->hash), NULL, e);
}

static int drop(struct lmdb_tx *tx, const struct ticket *t, struct err *e)
{
	if (unlink_from(tx, t, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_TICKETS, lmdb_key_hash(t->hash), NULL, e);
}

/* ---- verbs ---- */

int lmdb_ticket_put(struct store_tx *base, const struct ticket *t,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct ticket *was;

	if (load(tx, t->hash, tx->scratch, &was, e) < 0)
		return -1;
	if (was == NULL || !same_places(was, t)) {
		if (was != NULL && unlink_from(tx, was, e) < 0)
			return -1;
		if (link_in(tx, t, e) < 0)
			return -1;
	}
	return save(tx, t, e);
}

int lmdb_ticket_get(struct store_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct ticket **out, struct err *e)
{
	return load(lmdb_tx_verb(tx), hash, a, out, e);
}

int lmdb_ticket_del(struct store_tx *base,
	const unsigned char hash[DIGEST_LEN], bool *was, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct ticket *t;

	*was = false;
	if (load(tx, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return 0;
	*was = true;
	return drop(tx, t, e);
}

int lmdb_ticket_list(struct store_tx *base, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next, struct err *e)
{
	struct lmdb_due q = { .table = LMDB_TICKETS_DUE, .first = (int)kind,
		.all = true, .cursor = cursor, .limit = limit };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char (*hashes)[DIGEST_LEN];

	*out = NULL;
	if (lmdb_due_page(tx, &q, a, &hashes, n, next, e) < 0)
		return -1;
	*out = arena_zalloc(a, *n * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		if (load_found(tx, q.table, hashes[i], a, &(*out)[i], e) < 0)
			return -1;
	return 0;
}

int lmdb_ticket_sweep(struct store_tx *base, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct ticket *t;
	bool found;

	tx->sweep = true;
	for (*n = 0; *n < limit; ++*n) {
		arena_reset(tx->scratch);
		if (lmdb_due_first(tx, LMDB_TICKETS_DUE, ANY_KIND, before,
		    hash, &found, e) < 0)
			return -1;
		if (!found)
			return 0;
		if (load_found(tx, LMDB_TICKETS_DUE, hash, tx->scratch, &t,
		    e) < 0 || drop(tx, t, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_ticket_forget(struct lmdb_tx *tx, uint64_t num, size_t *left,
	struct err *e)
{
	struct ticket *t;
	struct lmdb_key k;
	struct bytes v;

	for (; *left > 0; --*left) {
		arena_reset(tx->scratch);
		if (lmdb_seek(tx, LMDB_TICKETS_OF, lmdb_key_num(num),
		    LMDB_KEY_NUM, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (k.n != LMDB_KEY_NUM + DIGEST_LEN)
			return lmdb_tx_fail(tx, MDB_CORRUPTED, "tickets_of",
			    e);
		if (load_found(tx, LMDB_TICKETS_OF, k.p + LMDB_KEY_NUM,
		    tx->scratch, &t, e) < 0 || drop(tx, t, e) < 0)
			return -1;
	}
	return 0;
}
