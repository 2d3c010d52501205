/* The audit log: by ~seq, so that a walk meets the latest first. What is
 * written there is the business of those who act. */
#include "store/lmdb/lmdb_admin.h"

#include <string.h>

/* Stored: never reuse a number. */
enum {
	TAG_AT = 1, TAG_WHO = 2, TAG_OP = 3, TAG_ENROLLMENT = 4,
	TAG_TARGET = 5, TAG_DETAIL = 6,
};

int lmdb_audit_parse(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct arena *a, struct audit *out, struct err *e)
{
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	out->seq = ~lmdb_key_num_at(k, 0);
	out->at = rec_get_i64(&r, TAG_AT);
	out->who = rec_get_str(&r, TAG_WHO, a);
	out->op = rec_get_str(&r, TAG_OP, a);
	out->enrollment = rec_get_u64(&r, TAG_ENROLLMENT);
	out->target = rec_get_str(&r, TAG_TARGET, a);
	out->detail = rec_get_str(&r, TAG_DETAIL, a);
	if (out->who == NULL || out->op == NULL || k->n != LMDB_KEY_NUM)
		r.bad = true;
	if (rec_done(&r, "audit entry", e) < 0)
		return lmdb_tx_damaged(tx, "audit", e);
	return 0;
}

int lmdb_audit_add(struct store_tx *base, struct audit *r, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t seq;
	struct buf *b;

	if (lmdb_next_number(tx, "audit", &seq, e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_i64(b, TAG_AT, r->at);
	rec_put_str(b, TAG_WHO, r->who);
	rec_put_str(b, TAG_OP, r->op);
	rec_put_u64(b, TAG_ENROLLMENT, r->enrollment);
	rec_put_str(b, TAG_TARGET, r->target);
	rec_put_str(b, TAG_DETAIL, r->detail);
	if (lmdb_rec_put(tx, LMDB_AUDIT, lmdb_key_num(~seq), e) < 0)
		return -1;
	if (r->enrollment != 0 && lmdb_put(tx, LMDB_AUDIT_OF,
	    lmdb_key_num2(r->enrollment, ~seq), bytes_of("", 0), e) < 0)
		return -1;
	r->seq = seq;
	return 0;
}

static int load(struct lmdb_tx *tx, uint64_t not_seq, struct arena *a,
	struct audit **out, struct err *e)
{
	struct lmdb_key k = lmdb_key_num(not_seq);
	struct bytes v;

	if (lmdb_get(tx, LMDB_AUDIT, k, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "audit_of", e);
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_audit_parse(tx, &k, v, a, *out, e);
}

int lmdb_audit_list(struct store_tx *base, const struct audit_query *q,
	struct arena *a, struct audit ***out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t from = q->before != 0 ? ~q->before + 1 : 0;
	size_t prefix = q->enrollment != 0 ? LMDB_KEY_NUM : 0;
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	int rc;

	*out = NULL;
	*n = 0;
	if (lmdb_iter_open(tx, prefix != 0 ? LMDB_AUDIT_OF : LMDB_AUDIT,
	    prefix != 0 ? lmdb_key_num2(q->enrollment, from) :
	    lmdb_key_num(from), prefix, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = *n < q->limit ? lmdb_iter_next(&it, &k, &v, e) : 1) == 0 &&
	    k.n != 0) {
		struct audit *one;

		rc = load(tx, lmdb_key_num_at(&k, prefix), a, &one, e);
		if (rc < 0)
			break;
		buf_add(&found, &one, sizeof(one));
		++*n;
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}

/* The oldest entry, if it is to go; else k->n = 0. */
static int oldest(struct lmdb_tx *tx, int64_t before, uint64_t max,
	struct lmdb_key *k, struct audit *r, struct err *e)
{
	struct bytes v;
	uint64_t count;

	if (lmdb_count(tx, LMDB_AUDIT, &count, e) < 0 ||
	    lmdb_last(tx, LMDB_AUDIT, k, &v, e) < 0)
		return -1;
	if (k->n == 0)
		return 0;
	if (lmdb_audit_parse(tx, k, v, tx->scratch, r, e) < 0)
		return -1;
	if (r->at >= before && (max == 0 || count <= max))
		k->n = 0;
	return 0;
}

int lmdb_audit_sweep(struct store_tx *base, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k;
	struct audit r;

	tx->sweep = true;
	for (*n = 0; *n < limit; ++*n) {
		arena_reset(tx->scratch);
		if (oldest(tx, before, max, &k, &r, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (r.enrollment != 0 && lmdb_del(tx, LMDB_AUDIT_OF,
		    lmdb_key_num2(r.enrollment, ~r.seq), NULL, e) < 0)
			return -1;
		if (lmdb_del(tx, LMDB_AUDIT, k, NULL, e) < 0)
			return -1;
	}
	return 0;
}
