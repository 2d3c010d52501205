/* The certificates that we issued: by digest, by the request that they
 * answered, by serial number, in the order in which they expire. */
#include "store/lmdb/lmdb_enroll.h"

#include <string.h>

#include "store/lmdb/lmdb_due.h"

/* Stored: never reuse a number. */
enum {
	TAG_SERIAL = 1, TAG_SUBJECT = 2, TAG_AT = 3, TAG_NOT_BEFORE = 4,
	TAG_NOT_AFTER = 5, TAG_GRANT = 6, TAG_REQUEST = 7, TAG_CSR = 8,
};

static const unsigned char none[DIGEST_LEN];

static void put_digest(struct buf *b, uint8_t tag,
	const unsigned char d[DIGEST_LEN])
{
	if (memcmp(d, none, DIGEST_LEN) != 0)
		rec_put_bytes(b, tag, bytes_of(d, DIGEST_LEN));
}

static void get_digest(struct rec_reader *r, uint8_t tag,
	unsigned char out[DIGEST_LEN])
{
	struct bytes v = rec_get_view(r, tag);

	if (v.n == DIGEST_LEN)
		memcpy(out, v.p, DIGEST_LEN);
}

int lmdb_issued_open(struct lmdb_tx *tx, const unsigned char cert[DIGEST_LEN],
	struct bytes sealed, struct arena *a, struct issued *out,
	struct err *e)
{
	struct rec_reader r;
	struct bytes plain;

	memset(out, 0, sizeof(*out));
	memcpy(out->cert, cert, DIGEST_LEN);
	if (lmdb_unseal(tx, LMDB_ISSUED, lmdb_key_hash(cert), sealed,
	    tx->scratch, &plain, e) < 0)
		return -1;
	rec_read(&r, plain);
	out->serial = rec_get_str(&r, TAG_SERIAL, a);
	out->subject = rec_get_str(&r, TAG_SUBJECT, a);
	out->at = rec_get_i64(&r, TAG_AT);
	out->not_before = rec_get_i64(&r, TAG_NOT_BEFORE);
	out->not_after = rec_get_i64(&r, TAG_NOT_AFTER);
	lmdb_grant_get(&r, TAG_GRANT, a, &out->grant);
	get_digest(&r, TAG_REQUEST, out->request);
	get_digest(&r, TAG_CSR, out->csr);
	if (out->serial == NULL)
		r.bad = true;
	if (rec_done(&r, "issued certificate", e) < 0)
		return lmdb_tx_damaged(tx, "issued", e);
	return 0;
}

/* Without the DER. Absent: *out = NULL. */
static int load(struct lmdb_tx *tx, const unsigned char cert[DIGEST_LEN],
	struct arena *a, struct issued **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_ISSUED, lmdb_key_hash(cert), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_issued_open(tx, cert, v, a, *out, e);
}

static int load_found(struct lmdb_tx *tx, enum lmdb_table index,
	const unsigned char cert[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	if (load(tx, cert, a, out, e) < 0)
		return -1;
	return *out != NULL ? 0 : lmdb_tx_fail(tx, MDB_CORRUPTED,
	    lmdb_table_name(index), e);
}

static int load_der(struct lmdb_tx *tx, struct arena *a, struct issued *c,
	struct err *e)
{
	if (lmdb_get_sealed(tx, LMDB_ISSUED_DERS, lmdb_key_hash(c->cert), a,
	    &c->der, e) < 0)
		return -1;
	return c->der.p != NULL ? 0 : lmdb_tx_fail(tx, MDB_CORRUPTED,
	    "issued_ders", e);
}

bool lmdb_issued_has_request(const struct issued *c)
{
	return memcmp(c->request, none, DIGEST_LEN) != 0;
}

/* Hexadecimal of a number: neither case nor zeros in front tell. */
struct lmdb_key lmdb_issued_serial_key(const char *serial)
{
	char text[STORE_SERIAL_LEN + 1];
	unsigned char hash[DIGEST_LEN];
	size_t n = 0;

	while (*serial == '0')
		serial++;
	for (; *serial != '\0' && n < STORE_SERIAL_LEN; serial++)
		text[n++] = (char)(*serial >= 'A' && *serial <= 'F' ?
		    *serial - 'A' + 'a' : *serial);
	digest_sha256(bytes_of(text, n), hash);
	return lmdb_key_hash(hash);
}

/* ---- adding ---- */

static int is_new(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	const char *what, struct err *e)
{
	bool there;

	if (lmdb_has(tx, t, k, &there, e) < 0)
		return -1;
	return !there ? 0 : err_set(e, ERR_CONFLICT,
	    "a certificate was issued with this %s already", what);
}

static int save(struct lmdb_tx *tx, const struct issued *c, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_SERIAL, c->serial);
	rec_put_str(b, TAG_SUBJECT, c->subject);
	rec_put_i64(b, TAG_AT, c->at);
	rec_put_i64(b, TAG_NOT_BEFORE, c->not_before);
	rec_put_i64(b, TAG_NOT_AFTER, c->not_after);
	lmdb_grant_put(b, TAG_GRANT, &c->grant);
	put_digest(b, TAG_REQUEST, c->request);
	put_digest(b, TAG_CSR, c->csr);
	if (lmdb_rec_put_sealed(tx, LMDB_ISSUED, lmdb_key_hash(c->cert),
	    e) < 0)
		return -1;
	return lmdb_put_sealed(tx, LMDB_ISSUED_DERS, lmdb_key_hash(c->cert),
	    c->der, e);
}

int lmdb_issued_add(struct store_tx *base, const struct issued *c,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key request = lmdb_key_hash(c->request),
	    serial = lmdb_issued_serial_key(c->serial);
	struct bytes cert = bytes_of(c->cert, DIGEST_LEN);
	bool asked = lmdb_issued_has_request(c);

	if (is_new(tx, LMDB_ISSUED, lmdb_key_hash(c->cert), "digest", e) < 0 ||
	    is_new(tx, LMDB_ISSUED_SERIALS, serial, "serial number", e) < 0 ||
	    (asked && is_new(tx, LMDB_ISSUED_REQUESTS, request, "request",
	    e) < 0))
		return -1;
	if (lmdb_put(tx, LMDB_ISSUED_SERIALS, serial, cert, e) < 0 ||
	    (asked && lmdb_put(tx, LMDB_ISSUED_REQUESTS, request, cert,
	    e) < 0) ||
	    lmdb_put(tx, LMDB_ISSUED_EXPIRING, lmdb_key_due(-1, c->not_after,
	    c->cert), bytes_of("", 0), e) < 0)
		return -1;
	return save(tx, c, e);
}

/* ---- finding ---- */

int lmdb_issued_get(struct store_tx *base,
	const unsigned char cert[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	if (load(tx, cert, a, out, e) < 0)
		return -1;
	return *out == NULL ? 0 : load_der(tx, a, *out, e);
}

static int find(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct arena *a, struct issued **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, t, k, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	if (v.n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, lmdb_table_name(t), e);
	if (load_found(tx, t, v.p, a, out, e) < 0)
		return -1;
	return load_der(tx, a, *out, e);
}

int lmdb_issued_find(struct store_tx *tx,
	const unsigned char request[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	return find(lmdb_tx_verb(tx), LMDB_ISSUED_REQUESTS,
	    lmdb_key_hash(request), a, out, e);
}

int lmdb_issued_by_serial(struct store_tx *tx, const char *serial,
	struct arena *a, struct issued **out, struct err *e)
{
	return find(lmdb_tx_verb(tx), LMDB_ISSUED_SERIALS,
	    lmdb_issued_serial_key(serial), a, out, e);
}

int lmdb_issued_list(struct store_tx *base, struct bytes cursor, size_t limit,
	struct arena *a, struct issued ***out, size_t *n, struct bytes *next,
	struct err *e)
{
	struct lmdb_due q = { .table = LMDB_ISSUED_EXPIRING, .first = -1,
		.all = true, .cursor = cursor, .limit = limit };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char (*certs)[DIGEST_LEN];

	*out = NULL;
	if (lmdb_due_page(tx, &q, a, &certs, n, next, e) < 0)
		return -1;
	*out = arena_zalloc(a, *n * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		if (load_found(tx, q.table, certs[i], a, &(*out)[i], e) < 0)
			return -1;
	return 0;
}

/* ---- retention ---- */

static int drop(struct lmdb_tx *tx, const struct issued *c, struct err *e)
{
	struct lmdb_key cert = lmdb_key_hash(c->cert);

	if (lmdb_issued_has_request(c) && lmdb_del(tx, LMDB_ISSUED_REQUESTS,
	    lmdb_key_hash(c->request), NULL, e) < 0)
		return -1;
	if (lmdb_del(tx, LMDB_ISSUED_SERIALS,
	    lmdb_issued_serial_key(c->serial), NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_ISSUED_EXPIRING, lmdb_key_due(-1, c->not_after,
	    c->cert), NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_ISSUED_DERS, cert, NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_ISSUED, cert, NULL, e);
}

int lmdb_issued_sweep(struct store_tx *base, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char cert[DIGEST_LEN];
	struct issued *c;
	bool found;

	tx->sweep = true;
	for (*n = 0; *n < limit; ++*n) {
		arena_reset(tx->scratch);
		if (lmdb_due_first(tx, LMDB_ISSUED_EXPIRING, -1, before, cert,
		    &found, e) < 0)
			return -1;
		if (!found)
			return 0;
		if (load_found(tx, LMDB_ISSUED_EXPIRING, cert, tx->scratch, &c,
		    e) < 0 || drop(tx, c, e) < 0)
			return -1;
	}
	return 0;
}
