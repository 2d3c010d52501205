/* API tokens: by number, by the hash of their text, by name while not
 * revoked. */
#include "store/lmdb/lmdb_admin.h"

#include <string.h>

#include "base/enc.h"

/* Stored: never reuse a number. */
enum {
	TAG_NAME = 1, TAG_SCOPE = 2, TAG_MADE_BY = 3, TAG_CREATED = 4,
	TAG_EXPIRES = 5, TAG_USED = 6, TAG_REVOKED = 7, TAG_HASH = 8,
};

int lmdb_token_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct token *out, unsigned char hash[DIGEST_LEN],
	struct err *e)
{
	struct rec_reader r;
	struct bytes h;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	out->num = num;
	out->name = rec_get_str(&r, TAG_NAME, a);
	out->scope = (enum token_scope)rec_get_u64(&r, TAG_SCOPE);
	out->made_by = rec_get_str(&r, TAG_MADE_BY, a);
	out->created = rec_get_i64(&r, TAG_CREATED);
	out->expires = rec_get_i64(&r, TAG_EXPIRES);
	out->used = rec_get_i64(&r, TAG_USED);
	out->revoked = rec_get_i64(&r, TAG_REVOKED);
	h = rec_get_view(&r, TAG_HASH);
	if (h.n != DIGEST_LEN || out->name == NULL)
		r.bad = true;
	else
		memcpy(hash, h.p, DIGEST_LEN);
	if (rec_done(&r, "token", e) < 0)
		return lmdb_tx_damaged(tx, "tokens", e);
	return 0;
}

static int save(struct lmdb_tx *tx, const struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_NAME, t->name);
	rec_put_u64(b, TAG_SCOPE, t->scope);
	rec_put_str(b, TAG_MADE_BY, t->made_by);
	rec_put_i64(b, TAG_CREATED, t->created);
	rec_put_i64(b, TAG_EXPIRES, t->expires);
	rec_put_i64(b, TAG_USED, t->used);
	rec_put_i64(b, TAG_REVOKED, t->revoked);
	rec_put_bytes(b, TAG_HASH, bytes_of(hash, DIGEST_LEN));
	return lmdb_rec_put(tx, LMDB_TOKENS, lmdb_key_num(t->num), e);
}

/* Absent: *out = NULL. */
static int load(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct token **out, unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_TOKENS, lmdb_key_num(num), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_token_parse(tx, num, v, a, *out, hash, e);
}

struct lmdb_key lmdb_token_name_key(const char *name)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(name), hash);
	return lmdb_key_hash(hash);
}

/* The name is taken by this number from now on. */
static int take_name(struct lmdb_tx *tx, const struct token *t, struct err *e)
{
	struct lmdb_key k = lmdb_token_name_key(t->name);
	unsigned char num[8];
	bool taken;

	if (lmdb_has(tx, LMDB_TOKENS_BY_NAME, k, &taken, e) < 0)
		return -1;
	if (taken)
		return err_set(e, ERR_CONFLICT,
		    "there is a token of the name %.100s already", t->name);
	enc_be64(num, t->num);
	return lmdb_put(tx, LMDB_TOKENS_BY_NAME, k, bytes_of(num, 8), e);
}

static int insert(struct lmdb_tx *tx, struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	unsigned char num[8];
	bool taken;

	if (lmdb_has(tx, LMDB_TOKENS_BY_HASH, lmdb_key_hash(hash), &taken,
	    e) < 0)
		return -1;
	if (taken)
		return err_set(e, ERR_CONFLICT, "this token is there already");
	if (lmdb_next_number(tx, "tokens", &t->num, e) < 0)
		return -1;
	enc_be64(num, t->num);
	if ((t->revoked == 0 && take_name(tx, t, e) < 0) ||
	    lmdb_put(tx, LMDB_TOKENS_BY_HASH, lmdb_key_hash(hash),
	    bytes_of(num, 8), e) < 0)
		return -1;
	return save(tx, t, hash, e);
}

static int change(struct lmdb_tx *tx, const struct token *t, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct token *was;
	bool revoked;

	if (load(tx, t->num, tx->scratch, &was, hash, e) < 0)
		return -1;
	if (was == NULL)
		return err_set(e, ERR_NOT_FOUND, "no token %llu",
		    (unsigned long long)t->num);
	revoked = was->revoked != 0;
	was->expires = t->expires;
	was->used = t->used;
	was->revoked = t->revoked;
	if (revoked && was->revoked == 0 && take_name(tx, was, e) < 0)
		return -1;
	if (!revoked && was->revoked != 0 && lmdb_del(tx, LMDB_TOKENS_BY_NAME,
	    lmdb_token_name_key(was->name), NULL, e) < 0)
		return -1;
	return save(tx, was, hash, e);
}

int lmdb_token_put(struct store_tx *base, struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	if (t->num != 0)
		return change(tx, t, e);
	if (insert(tx, t, hash, e) == 0)
		return 0;
	t->num = 0;
	return -1;
}

int lmdb_token_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct token **out, struct err *e)
{
	unsigned char hash[DIGEST_LEN];

	return load(lmdb_tx_verb(tx), num, a, out, hash, e);
}

int lmdb_token_find(struct store_tx *base,
	const unsigned char hash[DIGEST_LEN], struct arena *a, struct token **out,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char its[DIGEST_LEN];
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_TOKENS_BY_HASH, lmdb_key_hash(hash), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	if (v.n != 8)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "tokens_by_hash", e);
	if (load(tx, enc_unbe64(v.p), a, out, its, e) < 0)
		return -1;
	if (*out == NULL || memcmp(its, hash, DIGEST_LEN) != 0)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "tokens_by_hash", e);
	return 0;
}

int lmdb_token_list(struct store_tx *base, uint64_t after, size_t limit,
	struct arena *a, struct token ***out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	int rc;

	*out = NULL;
	*n = 0;
	if (after == UINT64_MAX)
		return 0;
	if (lmdb_iter_open(tx, LMDB_TOKENS, lmdb_key_num(after + 1), 0, &it,
	    e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = *n < limit ? lmdb_iter_next(&it, &k, &v, e) : 1) == 0 &&
	    k.n != 0) {
		struct token *t = arena_alloc(a, sizeof(*t));

		rc = lmdb_token_parse(tx, lmdb_key_num_at(&k, 0), v, a, t,
		    hash, e);
		if (rc < 0)
			break;
		buf_add(&found, &t, sizeof(t));
		++*n;
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}
