/* What a device trusted us with, sealed; and whose certificate is whose. */
#include "store/lmdb/lmdb_secret.h"

enum { TAG_DEVICE = 1, TAG_BOUND = 2, TAG_FORMER = 3, TAG_REVOKED = 4 };

int lmdb_secret_put(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct bytes value, struct err *e)
{
	return lmdb_put_sealed(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), value, e);
}

int lmdb_secret_get(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct arena *a, struct bytes *out, struct err *e)
{
	return lmdb_get_sealed(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), a, out, e);
}

int lmdb_secret_del(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct err *e)
{
	return lmdb_del(lmdb_tx_verb(tx), LMDB_SECRETS,
	    lmdb_key_num_byte(num, (uint8_t)s), NULL, e);
}

int lmdb_cert_parse(struct lmdb_tx *tx, struct bytes v,
	struct store_cert *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->device = rec_get_u64(&r, TAG_DEVICE);
	out->bound = rec_get_i64(&r, TAG_BOUND);
	out->former = rec_get_i64(&r, TAG_FORMER);
	out->revoked = rec_get_i64(&r, TAG_REVOKED);
	if (rec_done(&r, "certificate", e) < 0)
		return lmdb_tx_damaged(tx, "certs", e);
	return 0;
}

int lmdb_cert_get(struct store_tx *base, const unsigned char sha256[DIGEST_LEN],
	bool *found, struct store_cert *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct bytes v;

	*out = (struct store_cert){ .device = 0 };
	if (lmdb_get(tx, LMDB_CERTS, lmdb_key_hash(sha256), &v, e) < 0)
		return -1;
	*found = v.p != NULL;
	return *found ? lmdb_cert_parse(tx, v, out, e) : 0;
}

/* The index by device follows. */
static int reindex(struct lmdb_tx *tx, const unsigned char sha256[DIGEST_LEN],
	uint64_t from, uint64_t to, struct err *e)
{
	if (from == to)
		return 0;
	if (from != 0 && lmdb_del(tx, LMDB_CERTS_OF, lmdb_key_num_hash(from,
	    sha256), NULL, e) < 0)
		return -1;
	return to == 0 ? 0 : lmdb_put(tx, LMDB_CERTS_OF, lmdb_key_num_hash(to,
	    sha256), bytes_of("", 0), e);
}

int lmdb_cert_put(struct store_tx *base, const unsigned char sha256[DIGEST_LEN],
	const struct store_cert *c, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct store_cert was;
	struct buf *b;
	bool found;

	if (lmdb_cert_get(base, sha256, &found, &was, e) < 0 ||
	    reindex(tx, sha256, was.device, c->device, e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_u64(b, TAG_DEVICE, c->device);
	rec_put_i64(b, TAG_BOUND, c->bound);
	rec_put_i64(b, TAG_FORMER, c->former);
	rec_put_i64(b, TAG_REVOKED, c->revoked);
	return lmdb_rec_put(tx, LMDB_CERTS, lmdb_key_hash(sha256), e);
}
