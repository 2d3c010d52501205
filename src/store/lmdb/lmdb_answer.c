/* What a device's report does to a target: NotNow, sent, answered. */
#include "store/lmdb/lmdb_enrollment.h"
#include "store/lmdb/lmdb_target.h"

#include <string.h>

static bool is_offered(const struct target *t)
{
	return t->state == TARGET_READY || t->state == TARGET_PARKED;
}

/* Sent once and not run: owed again, but only to the device as it was when
 * it was queued, not to one that has enrolled anew since. */
static int is_owed(struct lmdb_tx *tx, const struct target *t, bool *out,
	struct err *e)
{
	struct enrollment *en;

	*out = is_offered(t);
	if (t->state != TARGET_SENT)
		return 0;
	if (lmdb_enrollment_load(tx, t->enrollment, tx->scratch, &en, e) < 0)
		return -1;
	*out = en != NULL && en->generation == t->generation;
	return 0;
}

int lmdb_target_park(struct store_tx *base, uint64_t num, const char *uuid,
	int64_t now, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct target *t;
	bool owed, taken;

	(void)now;
	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_target_load(tx, num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return 0;
	if (is_owed(tx, t, &owed, e) < 0)
		return -1;
	if (!owed)
		return 0;
	/* Its dedupe key may have been taken meanwhile. */
	if (t->state == TARGET_SENT && t->dedupe != NULL) {
		if (lmdb_has(tx, LMDB_DEDUPE, lmdb_target_dedupe_key(t),
		    &taken, e) < 0)
			return -1;
		t->dedupe = taken ? NULL : t->dedupe;
	}
	t->notnow++;
	return lmdb_target_move(tx, hash, t, TARGET_PARKED, 0, e);
}

int lmdb_target_sent(struct store_tx *base, uint64_t num, const char *uuid,
	int64_t now, bool *moved, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct target *t;

	*moved = false;
	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_target_load(tx, num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL || !is_offered(t))
		return 0;
	*moved = true;
	t->deliveries++;
	if (t->first_delivered == 0)
		t->first_delivered = now;
	t->last_delivered = now;
	return lmdb_target_move(tx, hash, t, TARGET_SENT, now, e);
}

/* The hash in front says whose it is, so that store_check can tell. */
static int put_result(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct target *t, struct bytes raw, struct err *e)
{
	struct lmdb_key k;
	struct bytes sealed;
	unsigned char *v;

	if (t->result != 0 && lmdb_del(tx, LMDB_RESULTS,
	    lmdb_target_result_key(t), NULL, e) < 0)
		return -1;
	if (lmdb_next_number(tx, "results", &t->result, e) < 0)
		return -1;
	k = lmdb_target_result_key(t);
	sealed = seal_box(tx->st->seal, lmdb_table_name(LMDB_RESULTS),
	    lmdb_key_bytes(&k), raw, tx->scratch);
	v = arena_alloc(tx->scratch, DIGEST_LEN + sealed.n);
	memcpy(v, hash, DIGEST_LEN);
	memcpy(v + DIGEST_LEN, sealed.p, sealed.n);
	return lmdb_put(tx, LMDB_RESULTS, k, bytes_of(v,
	    DIGEST_LEN + sealed.n), e);
}

int lmdb_target_answer(struct store_tx *base, uint64_t num, const char *uuid,
	enum target_state state, struct bytes raw, int64_t now,
	enum store_answer *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct target *t;

	*out = STORE_UNKNOWN;
	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_target_load(tx, num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return 0;
	*out = STORE_AGAIN;
	if (target_state_is_answered(t->state))
		return 0;
	*out = STORE_ANSWERED;
	if (put_result(tx, hash, t, raw, e) < 0)
		return -1;
	return lmdb_target_move(tx, hash, t, state, now, e);
}

int lmdb_result_get(struct store_tx *base, uint64_t num, uint64_t result,
	struct arena *a, struct bytes *raw, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = lmdb_key_num2(num, result);
	struct bytes v;

	*raw = bytes_of(NULL, 0);
	if (lmdb_get(tx, LMDB_RESULTS, k, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	if (v.n < DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "results", e);
	return lmdb_unseal(tx, LMDB_RESULTS, k, bytes_of(v.p + DIGEST_LEN,
	    v.n - DIGEST_LEN), a, raw, e);
}
