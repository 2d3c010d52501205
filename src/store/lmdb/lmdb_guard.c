/* What the guard against mass unenrollment remembers. What it decides is in
 * mdm/. */
#include "store/lmdb/lmdb_guard.h"

#include "base/enc.h"
#include "store/lmdb/lmdb_tx.h"

#define HOUR 3600
#define REMEMBERED ((int64_t)30 * 24 * HOUR)
#define FORGET_AT_ONCE 4	/* old ones per new one: it never grows */

enum { TAG_ARMED_UNTIL = 1, TAG_WHY = 2, TAG_RELEASED = 3 };

struct guard {
	int64_t armed_until;
	const char *why;
	bool released;		/* an empty store was accepted */
};

static int load(struct lmdb_tx *tx, struct arena *a, struct guard *g,
	struct err *e)
{
	struct rec_reader r;
	struct bytes v;

	*g = (struct guard){ 0, "", false };
	if (lmdb_get(tx, LMDB_GUARD, lmdb_key_text("guard"), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	rec_read(&r, v);
	g->armed_until = rec_get_i64(&r, TAG_ARMED_UNTIL);
	g->why = rec_get_str(&r, TAG_WHY, a);
	g->released = rec_get_u64(&r, TAG_RELEASED) != 0;
	if (g->why == NULL)
		g->why = "";
	if (rec_done(&r, "guard", e) < 0)
		return lmdb_tx_damaged(tx, "guard", e);
	return 0;
}

static int save(struct lmdb_tx *tx, const struct guard *g, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_i64(b, TAG_ARMED_UNTIL, g->armed_until);
	rec_put_str(b, TAG_WHY, g->why);
	rec_put_u64(b, TAG_RELEASED, g->released);
	return lmdb_rec_put(tx, LMDB_GUARD, lmdb_key_text("guard"), e);
}

int lmdb_guard_get(struct store_tx *base, int64_t now, struct arena *a,
	struct store_guard *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	uint64_t known;
	struct guard g;
	int rc;

	if (load(tx, a, &g, e) < 0 ||
	    lmdb_count(tx, LMDB_ENROLLMENTS, &known, e) < 0 ||
	    lmdb_iter_open(tx, LMDB_GUARD_TIMES, lmdb_key_num(now > HOUR ?
	    (uint64_t)(now - HOUR + 1) : 0), 0, &it, e) < 0)
		return -1;
	*out = (struct store_guard){ .armed_until = g.armed_until,
		.why = g.why, .empty = known == 0 && !g.released };
	while ((rc = lmdb_iter_next(&it, &k, &v, e)) == 0 && k.n != 0)
		if (v.n == 1 && v.p[0] != 0)
			out->refused++;
	lmdb_iter_close(&it);
	return rc;
}

int lmdb_guard_refused(struct store_tx *base,
	const unsigned char key[DIGEST_LEN], int64_t *when, struct err *e)
{
	struct bytes v;

	*when = 0;
	if (lmdb_get(lmdb_tx_verb(base), LMDB_GUARD_IDS, lmdb_key_hash(key), &v,
	    e) < 0)
		return -1;
	if (v.n == 8)
		*when = (int64_t)enc_unbe64(v.p);
	return 0;
}

static int forget_old(struct lmdb_tx *tx, int64_t now, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (int i = 0; i < FORGET_AT_ONCE; i++) {
		if (lmdb_seek(tx, LMDB_GUARD_TIMES, lmdb_key_none(), 0, &k, &v,
		    e) < 0)
			return -1;
		if (k.n != 8 + DIGEST_LEN ||
		    (int64_t)lmdb_key_num_at(&k, 0) > now - REMEMBERED)
			return 0;
		if (lmdb_del(tx, LMDB_GUARD_TIMES, k, NULL, e) < 0 ||
		    lmdb_del(tx, LMDB_GUARD_IDS, lmdb_key_hash(k.p + 8), NULL,
		    e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_guard_refuse(struct store_tx *base,
	const unsigned char key[DIGEST_LEN], int64_t now, struct err *e)
{
	static const unsigned char counts[1] = { 1 };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key id = lmdb_key_hash(key);
	unsigned char when[8];
	bool known;

	if (lmdb_has(tx, LMDB_GUARD_IDS, id, &known, e) < 0)
		return -1;
	if (known)
		return 0;
	enc_be64(when, (uint64_t)now);
	if (forget_old(tx, now, e) < 0 ||
	    lmdb_put(tx, LMDB_GUARD_IDS, id, bytes_of(when, 8), e) < 0)
		return -1;
	return lmdb_put(tx, LMDB_GUARD_TIMES, lmdb_key_num_hash((uint64_t)now,
	    key), bytes_of(counts, 1), e);
}

int lmdb_guard_arm(struct store_tx *base, int64_t until, const char *why,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct guard g;

	if (load(tx, tx->scratch, &g, e) < 0)
		return -1;
	if (g.armed_until >= until)
		return 0;
	g.armed_until = until;
	g.why = why;
	tx->arms = true;
	return save(tx, &g, e);
}

int lmdb_guard_release(struct store_tx *base, int64_t now, struct err *e)
{
	static const unsigned char counts_not[1] = { 0 };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct guard g = { 0, "", true };
	struct lmdb_key k = lmdb_key_num(now > HOUR ?
	    (uint64_t)(now - HOUR) : 0);
	struct bytes v;

	if (save(tx, &g, e) < 0)
		return -1;
	/* They stay known; they only count no more. */
	for (;;) {
		if (lmdb_seek(tx, LMDB_GUARD_TIMES, k, 0, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (lmdb_put(tx, LMDB_GUARD_TIMES, k, bytes_of(counts_not, 1),
		    e) < 0)
			return -1;
		k = lmdb_key_after_prefix(k, k.n);
	}
}

struct arming {
	int64_t until;
};

static int arm_unclean(struct store_tx *tx, void *arg, struct err *e)
{
	const struct arming *a = arg;

	return lmdb_guard_arm(tx, a->until, "unclean open", e);
}

int lmdb_guard_arm_unclean(struct lmdb_store *st, int64_t until,
	struct err *e)
{
	struct arming a = { until };

	return lmdb_write(&st->base, arm_unclean, &a, e);
}
