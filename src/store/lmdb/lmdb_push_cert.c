/* Push certificates by topic. Certificate and key are sealed together; a
 * small record beside them says what a look needs. */
#include "store/lmdb/lmdb_push.h"

#include <string.h>

enum { TAG_TOPIC = 1, TAG_NOT_BEFORE = 2, TAG_NOT_AFTER = 3, TAG_ADDED = 4,
	TAG_STOPPED = 5, TAG_WHY = 6, TAG_VERSION = 7 };
enum { TAG_CERT = 1, TAG_KEY = 2 };

struct lmdb_key lmdb_push_cert_key(const char *topic)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(topic), hash);
	return lmdb_key_hash(hash);
}

int lmdb_push_cert_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct push_cert *out, struct err *e)
{
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	out->topic = rec_get_str(&r, TAG_TOPIC, a);
	out->not_before = rec_get_i64(&r, TAG_NOT_BEFORE);
	out->not_after = rec_get_i64(&r, TAG_NOT_AFTER);
	out->added = rec_get_i64(&r, TAG_ADDED);
	out->stopped = rec_get_i64(&r, TAG_STOPPED);
	out->why = rec_get_str(&r, TAG_WHY, a);
	out->version = rec_get_u64(&r, TAG_VERSION);
	if (rec_done(&r, "push certificate", e) < 0)
		return lmdb_tx_damaged(tx, "push_certs", e);
	if (out->topic == NULL) {
		err_set(e, ERR_INTERNAL, "push certificate without a topic");
		return lmdb_tx_damaged(tx, "push_certs", e);
	}
	return 0;
}

static int save(struct lmdb_tx *tx, const struct push_cert *c, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_TOPIC, c->topic);
	rec_put_i64(b, TAG_NOT_BEFORE, c->not_before);
	rec_put_i64(b, TAG_NOT_AFTER, c->not_after);
	rec_put_i64(b, TAG_ADDED, c->added);
	rec_put_i64(b, TAG_STOPPED, c->stopped);
	rec_put_str(b, TAG_WHY, c->why);
	rec_put_u64(b, TAG_VERSION, c->version);
	return lmdb_rec_put(tx, LMDB_PUSH_CERTS, lmdb_push_cert_key(c->topic),
	    e);
}

static int load(struct lmdb_tx *tx, const char *topic, struct arena *a,
	struct push_cert **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_PUSH_CERTS, lmdb_push_cert_key(topic), &v,
	    e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_push_cert_parse(tx, v, a, *out, e);
}

int lmdb_push_cert_load_pem(struct lmdb_tx *tx, struct arena *a,
	struct push_cert *c, struct err *e)
{
	struct rec_reader r;
	struct bytes plain;

	if (lmdb_get_sealed(tx, LMDB_PUSH_CERT_PEMS,
	    lmdb_push_cert_key(c->topic), a, &plain, e) < 0)
		return -1;
	if (plain.p == NULL) {
		err_set(e, ERR_INTERNAL, "push certificate without its PEM");
		return lmdb_tx_damaged(tx, "push_cert_pems", e);
	}
	rec_read(&r, plain);
	c->cert_pem = rec_get_view(&r, TAG_CERT);
	c->key_pem = rec_get_view(&r, TAG_KEY);
	if (rec_done(&r, "push certificate", e) < 0)
		return lmdb_tx_damaged(tx, "push_cert_pems", e);
	/* A NUL behind each, as behind whatever comes from an arena. */
	c->cert_pem = arena_bytes(a, c->cert_pem);
	c->key_pem = arena_bytes(a, c->key_pem);
	return 0;
}

int lmdb_push_cert_put(struct store_tx *base, struct push_cert *c,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct buf *b;

	if (lmdb_next_number(tx, "push_cert", &c->version, e) < 0)
		return -1;
	c->stopped = 0;
	c->why = NULL;
	if (save(tx, c, e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_bytes(b, TAG_CERT, c->cert_pem);
	rec_put_bytes(b, TAG_KEY, c->key_pem);
	if (b->full)
		return err_set(e, ERR_TOO_LARGE, "push certificate");
	return lmdb_put_sealed(tx, LMDB_PUSH_CERT_PEMS,
	    lmdb_push_cert_key(c->topic), buf_bytes(b), e);
}

int lmdb_push_cert_get(struct store_tx *base, const char *topic,
	struct arena *a, struct push_cert **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	if (load(tx, topic, a, out, e) < 0)
		return -1;
	return *out == NULL ? 0 : lmdb_push_cert_load_pem(tx, a, *out, e);
}

static int list(struct lmdb_iter *it, struct arena *a, struct buf *found,
	struct err *e)
{
	struct push_cert *c;
	struct lmdb_key k;
	struct bytes v;

	for (;;) {
		if (lmdb_iter_next(it, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		c = arena_alloc(a, sizeof(*c));
		if (lmdb_push_cert_parse(it->tx, v, a, c, e) < 0)
			return -1;
		buf_add(found, &c, sizeof(c));
		/* In the scratch arena the key stays behind. */
		if (lmdb_push_cert_load_pem(it->tx, it->tx->scratch, c,
		    e) < 0)
			return -1;
		c->cert_pem = arena_bytes(a, c->cert_pem);
		c->key_pem = bytes_of(NULL, 0);
	}
}

int lmdb_push_cert_list(struct store_tx *base, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_iter it;
	struct buf found;
	int rc;

	*out = NULL;
	*n = 0;
	if (lmdb_iter_open(tx, LMDB_PUSH_CERTS, lmdb_key_none(), 0, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = list(&it, a, &found, e);
	lmdb_iter_close(&it);
	*n = found.n / sizeof(**out);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}

int lmdb_push_cert_del(struct store_tx *base, const char *topic, bool *was,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = lmdb_push_cert_key(topic);

	if (lmdb_del(tx, LMDB_PUSH_CERTS, k, was, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_PUSH_CERT_PEMS, k, NULL, e);
}

int lmdb_push_cert_stop(struct store_tx *base, const char *topic,
	uint64_t version, int64_t at, const char *why, bool *did, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct push_cert *c;

	*did = false;
	if (load(tx, topic, tx->scratch, &c, e) < 0)
		return -1;
	if (c == NULL || (version != 0 && version != c->version) ||
	    (at != 0) == (c->stopped != 0))
		return 0;
	c->stopped = at;
	c->why = at != 0 ? why : NULL;
	tx->settles = true;
	if (save(tx, c, e) < 0)
		return -1;
	*did = true;
	return 0;
}
