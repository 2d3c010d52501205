/* Whose certificate is whose, which of them are revoked, and which of those
 * in use expire first. What that means for a device is decided elsewhere. */
#include "store/lmdb/lmdb_cert.h"

#include <string.h>

#include "store/lmdb/lmdb_due.h"

/* Stored: never reuse a number. */
enum {
	TAG_DEVICE = 1, TAG_BOUND = 2, TAG_FORMER = 3, TAG_REVOKED = 4,
	TAG_VALID_UNTIL = 5, TAG_RENEWAL = 6, TAG_NOT_AFTER = 7,
	TAG_SERIAL = 8,
};

int lmdb_cert_parse(struct lmdb_tx *tx, struct bytes v,
	struct store_cert *out, struct err *e)
{
	struct rec_reader r;
	struct bytes serial;

	*out = (struct store_cert){ .device = 0 };
	rec_read(&r, v);
	out->device = rec_get_u64(&r, TAG_DEVICE);
	out->bound = rec_get_i64(&r, TAG_BOUND);
	out->former = rec_get_i64(&r, TAG_FORMER);
	out->valid_until = rec_get_i64(&r, TAG_VALID_UNTIL);
	out->renewal = rec_get_u64(&r, TAG_RENEWAL) != 0;
	out->revoked = rec_get_i64(&r, TAG_REVOKED);
	out->not_after = rec_get_i64(&r, TAG_NOT_AFTER);
	serial = rec_get_view(&r, TAG_SERIAL);
	if (serial.n > STORE_SERIAL_LEN)
		r.bad = true;
	else if (serial.n > 0)
		memcpy(out->serial, serial.p, serial.n);
	if (rec_done(&r, "certificate", e) < 0)
		return lmdb_tx_damaged(tx, "certs", e);
	return 0;
}

/* Absent: *out is all zeros. */
static int load(struct lmdb_tx *tx, const unsigned char sha256[DIGEST_LEN],
	bool *found, struct store_cert *out, struct err *e)
{
	struct bytes v;

	*out = (struct store_cert){ .device = 0 };
	if (lmdb_get(tx, LMDB_CERTS, lmdb_key_hash(sha256), &v, e) < 0)
		return -1;
	*found = v.p != NULL;
	return *found ? lmdb_cert_parse(tx, v, out, e) : 0;
}

int lmdb_cert_get(struct store_tx *base, const unsigned char sha256[DIGEST_LEN],
	bool *found, struct store_cert *out, struct err *e)
{
	return load(lmdb_tx_verb(base), sha256, found, out, e);
}

/* ---- changing ---- */

bool lmdb_cert_is_expiring(const struct store_cert *c)
{
	return c->device != 0 && c->former == 0 && c->revoked == 0 &&
	    c->not_after != 0;
}

/* An entry that was there, or not, under this key and is to be there, or not,
 * under that. */
static int move(struct lmdb_tx *tx, enum lmdb_table t, bool was,
	struct lmdb_key from, bool is, struct lmdb_key to, struct err *e)
{
	if (was == is && (!was || lmdb_key_eq(&from, &to)))
		return 0;
	if (was && lmdb_del(tx, t, from, NULL, e) < 0)
		return -1;
	return is ? lmdb_put(tx, t, to, bytes_of("", 0), e) : 0;
}

static int reindex(struct lmdb_tx *tx, const unsigned char sha256[DIGEST_LEN],
	const struct store_cert *was, const struct store_cert *c,
	struct err *e)
{
	struct lmdb_key k = lmdb_key_hash(sha256);

	if (move(tx, LMDB_CERTS_OF, was->device != 0,
	    lmdb_key_num_hash(was->device, sha256), c->device != 0,
	    lmdb_key_num_hash(c->device, sha256), e) < 0)
		return -1;
	if (move(tx, LMDB_CERTS_EXPIRING, lmdb_cert_is_expiring(was),
	    lmdb_key_due(-1, was->not_after, sha256), lmdb_cert_is_expiring(c),
	    lmdb_key_due(-1, c->not_after, sha256), e) < 0)
		return -1;
	return move(tx, LMDB_CERTS_REVOKED, was->revoked != 0, k,
	    c->revoked != 0, k, e);
}

int lmdb_cert_change(struct lmdb_tx *tx,
	const unsigned char sha256[DIGEST_LEN], const struct store_cert *was,
	const struct store_cert *c, struct err *e)
{
	struct buf *b;

	if (reindex(tx, sha256, was, c, e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_u64(b, TAG_DEVICE, c->device);
	rec_put_i64(b, TAG_BOUND, c->bound);
	rec_put_i64(b, TAG_FORMER, c->former);
	rec_put_i64(b, TAG_VALID_UNTIL, c->valid_until);
	rec_put_u64(b, TAG_RENEWAL, c->renewal);
	rec_put_i64(b, TAG_REVOKED, c->revoked);
	rec_put_i64(b, TAG_NOT_AFTER, c->not_after);
	rec_put_bytes(b, TAG_SERIAL, bytes_of(c->serial, strnlen(c->serial,
	    STORE_SERIAL_LEN)));
	return lmdb_rec_put(tx, LMDB_CERTS, lmdb_key_hash(sha256), e);
}

int lmdb_cert_put(struct store_tx *base, const unsigned char sha256[DIGEST_LEN],
	const struct store_cert *c, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct store_cert was;
	bool found;

	if (load(tx, sha256, &found, &was, e) < 0)
		return -1;
	return lmdb_cert_change(tx, sha256, &was, c, e);
}

int lmdb_cert_forget(struct lmdb_tx *tx,
	const unsigned char sha256[DIGEST_LEN], struct err *e)
{
	const struct store_cert nothing = { .device = 0 };
	struct store_cert was, c;
	bool found;

	if (load(tx, sha256, &found, &was, e) < 0)
		return -1;
	c = was;
	c.device = 0;
	if (c.revoked != 0)
		return lmdb_cert_change(tx, sha256, &was, &c, e);
	if (reindex(tx, sha256, &was, &nothing, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_CERTS, lmdb_key_hash(sha256), NULL, e);
}

/* ---- lists ---- */

/* One that an index names. */
static int add_row(struct lmdb_tx *tx, enum lmdb_table index,
	const unsigned char sha256[DIGEST_LEN], struct buf *found,
	struct err *e)
{
	struct store_cert_row row;
	bool there;

	memcpy(row.sha256, sha256, DIGEST_LEN);
	if (load(tx, sha256, &there, &row.cert, e) < 0)
		return -1;
	if (!there)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, lmdb_table_name(index),
		    e);
	buf_add(found, &row, sizeof(row));
	return 0;
}

/* All whose keys begin with the first `prefix` bytes of from and end with the
 * hash, from there on or, when `behind`, behind it. */
static int list(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key from,
	size_t prefix, bool behind, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	int rc;

	*out = NULL;
	*n = 0;
	if (behind)
		from.p[from.n++] = 0;
	if (lmdb_iter_open(tx, t, from, prefix, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = found.n / sizeof(**out) < limit ?
	    lmdb_iter_next(&it, &k, &v, e) : 1) == 0 && k.n != 0) {
		rc = k.n == prefix + DIGEST_LEN ?
		    add_row(tx, t, k.p + prefix, &found, e) :
		    lmdb_tx_fail(tx, MDB_CORRUPTED, lmdb_table_name(t), e);
		if (rc < 0)
			break;
	}
	lmdb_iter_close(&it);
	*n = found.n / sizeof(**out);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}

int lmdb_cert_of(struct store_tx *tx, uint64_t device,
	const unsigned char *after, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct err *e)
{
	return list(lmdb_tx_verb(tx), LMDB_CERTS_OF, after == NULL ?
	    lmdb_key_num(device) : lmdb_key_num_hash(device, after),
	    LMDB_KEY_NUM, after != NULL, limit, a, out, n, e);
}

int lmdb_cert_revoked(struct store_tx *tx, const unsigned char *after,
	size_t limit, struct arena *a, struct store_cert_row **out, size_t *n,
	struct err *e)
{
	return list(lmdb_tx_verb(tx), LMDB_CERTS_REVOKED, after == NULL ?
	    lmdb_key_none() : lmdb_key_hash(after), 0, after != NULL, limit,
	    a, out, n, e);
}

int lmdb_cert_expiring(struct store_tx *base, int64_t before,
	struct bytes cursor, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct bytes *next,
	struct err *e)
{
	struct lmdb_due q = { .table = LMDB_CERTS_EXPIRING, .first = -1,
		.before = before, .cursor = cursor, .limit = limit };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char (*hashes)[DIGEST_LEN];
	struct buf found;
	int rc;

	*out = NULL;
	if (lmdb_due_page(tx, &q, a, &hashes, n, next, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = 0;
	for (size_t i = 0; i < *n && rc == 0; i++)
		rc = add_row(tx, LMDB_CERTS_EXPIRING, hashes[i], &found, e);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}
