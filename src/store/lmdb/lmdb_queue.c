/* The queue of one enrollment: three classes, one after the other under its
 * number: ready, parked, waiting. */
#include "store/lmdb/lmdb_queue.h"

#include <string.h>

#include "store/lmdb/lmdb_command.h"
#include "store/lmdb/lmdb_target.h"

#define SETTLE_MAX 100
#define CLASS_PREFIX (LMDB_KEY_NUM + 1)

/* The head of a class, or of the whole queue (class 0). */
struct head {
	struct lmdb_key key;	/* n == 0: empty */
	unsigned char hash[DIGEST_LEN];
};

static int head_of(struct lmdb_tx *tx, uint64_t num, enum target_state class,
	struct head *out, struct err *e)
{
	struct lmdb_key from = class != 0 ? lmdb_key_queue_class(num, class) :
	    lmdb_key_num(num);
	struct bytes v;

	if (lmdb_seek(tx, LMDB_QUEUE, from, from.n, &out->key, &v, e) < 0)
		return -1;
	if (out->key.n == 0)
		return 0;
	if (v.n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "queue", e);
	memcpy(out->hash, v.p, DIGEST_LEN);
	return 0;
}

static int load(struct lmdb_tx *tx, uint64_t num, const struct head *h,
	struct arena *a, struct target **out, struct err *e)
{
	if (lmdb_target_load(tx, num, h->hash, a, out, e) < 0)
		return -1;
	if (*out == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "queue", e);
	return 0;
}

/* The best of what may be offered now. */
static int best(struct lmdb_tx *tx, uint64_t num, bool parked_too,
	struct head *out, struct err *e)
{
	struct head parked;

	if (head_of(tx, num, TARGET_READY, out, e) < 0)
		return -1;
	if (!parked_too)
		return 0;
	if (head_of(tx, num, TARGET_PARKED, &parked, e) < 0)
		return -1;
	/* Both keys go on with priority and order after the class. */
	if (parked.key.n != 0 && (out->key.n == 0 ||
	    memcmp(parked.key.p + CLASS_PREFIX, out->key.p + CLASS_PREFIX,
	    parked.key.n - CLASS_PREFIX) < 0))
		*out = parked;
	return 0;
}

/* The first that waits, when it is due; else n == 0. */
static int due(struct lmdb_tx *tx, uint64_t num, int64_t now,
	struct head *out, struct err *e)
{
	if (head_of(tx, num, TARGET_WAITING, out, e) < 0)
		return -1;
	if (out->key.n != 0 &&
	    (int64_t)lmdb_key_num_at(&out->key, CLASS_PREFIX) > now)
		out->key.n = 0;
	return 0;
}

int lmdb_queue_next(struct store_tx *base, uint64_t num, bool parked_too,
	int64_t now, struct arena *a, struct store_next *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct head h;
	struct target *t;
	struct command *c;

	*out = (struct store_next){ NULL, NULL, false };
	if (due(tx, num, now, &h, e) < 0)
		return -1;
	out->settle = h.key.n != 0;
	if (out->settle)
		return 0;
	if (best(tx, num, parked_too, &h, e) < 0)
		return -1;
	if (h.key.n == 0)
		return 0;
	if (load(tx, num, &h, a, &t, e) < 0)
		return -1;
	out->settle = lmdb_target_due(tx, h.hash, t, now) != t->state;
	if (out->settle)
		return 0;
	if (lmdb_command_load(tx, h.hash, a, &c, e) < 0 ||
	    lmdb_command_load_body(tx, h.hash, a, c, e) < 0)
		return -1;
	out->target = t;
	out->command = c;
	return 0;
}

/* The target at h is offered again. */
static int make_ready(struct lmdb_tx *tx, uint64_t num, const struct head *h,
	struct err *e)
{
	struct target *t;

	arena_reset(tx->scratch);
	if (load(tx, num, h, tx->scratch, &t, e) < 0)
		return -1;
	return lmdb_target_move(tx, h->hash, t, TARGET_READY, 0, e);
}

static int settle_due(struct lmdb_tx *tx, uint64_t num, int64_t now,
	int *left, struct err *e)
{
	struct head h;

	for (; *left > 0; --*left) {
		if (due(tx, num, now, &h, e) < 0)
			return -1;
		if (h.key.n == 0)
			return 0;
		if (make_ready(tx, num, &h, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_queue_settle(struct store_tx *base, uint64_t num, bool parked_too,
	int64_t now, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	int left = SETTLE_MAX;
	enum target_state state;
	struct head h;
	struct target *t;

	if (settle_due(tx, num, now, &left, e) < 0)
		return -1;
	for (; left > 0; left--) {
		if (best(tx, num, parked_too, &h, e) < 0)
			return -1;
		if (h.key.n == 0)
			return 0;
		if (load(tx, num, &h, tx->scratch, &t, e) < 0)
			return -1;
		state = lmdb_target_due(tx, h.hash, t, now);
		if (state == t->state)
			return 0;
		if (lmdb_target_move(tx, h.hash, t, state, now, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_queue_unpark(struct store_tx *base, uint64_t num, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct head h;

	for (;;) {
		if (head_of(tx, num, TARGET_PARKED, &h, e) < 0)
			return -1;
		if (h.key.n == 0)
			return 0;
		if (make_ready(tx, num, &h, e) < 0)
			return -1;
	}
}

int lmdb_queue_has_parked(struct store_tx *base, uint64_t num, bool *out,
	struct err *e)
{
	struct head h;

	if (head_of(lmdb_tx_verb(base), num, TARGET_PARKED, &h, e) < 0)
		return -1;
	*out = h.key.n != 0;
	return 0;
}

int lmdb_queue_waiting(struct store_tx *base, uint64_t num, int64_t after,
	int64_t *out, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	if (lmdb_seek(lmdb_tx_verb(base), LMDB_QUEUE,
	    lmdb_key_queue_after(num, after), lmdb_key_queue_class(num,
	    TARGET_WAITING).n, &k, &v, e) < 0)
		return -1;
	*out = k.n == 0 ? 0 : lmdb_key_queue_due(&k);
	return 0;
}

int lmdb_queue_cancel(struct store_tx *base, uint64_t num, size_t limit,
	int64_t now, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct head h;
	struct target *t;

	tx->sweep = true;
	for (*n = 0; *n < limit; ++*n) {
		if (head_of(tx, num, (enum target_state)0, &h, e) < 0)
			return -1;
		if (h.key.n == 0)
			return 0;
		arena_reset(tx->scratch);
		if (load(tx, num, &h, tx->scratch, &t, e) < 0 ||
		    lmdb_target_move(tx, h.hash, t, TARGET_CANCELLED, now,
		    e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_queue_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e)
{
	return lmdb_target_page(lmdb_tx_verb(tx), LMDB_QUEUE, num, cursor,
	    limit, a, out, n, next, e);
}
