/* Deliveries on their way: claimed with a lease, done, tried again, set
 * aside, replayed. Who delivers, and when again, is not decided here. */
#include "store/lmdb/lmdb_delivery.h"

#include "base/enc.h"
#include "base/rnd.h"
#include "store/lmdb/lmdb_event.h"
#include "store/lmdb/lmdb_lane.h"
#include "store/lmdb/lmdb_webhook.h"

enum { TAG_ENROLLMENT = 1, TAG_ATTEMPTS = 2, TAG_AT = 3, TAG_WHY = 4 };

int lmdb_buried_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct lmdb_buried *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->enrollment = rec_get_u64(&r, TAG_ENROLLMENT);
	out->attempts = (uint32_t)rec_get_u64(&r, TAG_ATTEMPTS);
	out->at = rec_get_i64(&r, TAG_AT);
	out->why = rec_get_str(&r, TAG_WHY, a);
	if (rec_done(&r, "buried delivery", e) < 0)
		return lmdb_tx_damaged(tx, "buried", e);
	return 0;
}

static int put_buried(struct lmdb_tx *tx, const struct claim *c,
	const struct lmdb_buried *x, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_u64(b, TAG_ENROLLMENT, x->enrollment);
	rec_put_u64(b, TAG_ATTEMPTS, x->attempts);
	rec_put_i64(b, TAG_AT, x->at);
	rec_put_str(b, TAG_WHY, x->why);
	return lmdb_rec_put(tx, LMDB_BURIED, lmdb_key_num2(c->webhook,
	    c->seq), e);
}

/* ---- claims ---- */

/* The enrollments of up to limit lanes that are due, in the scratch arena. */
static int find_due(struct lmdb_tx *tx, uint64_t webhook, int64_t now,
	size_t limit, uint64_t **out, size_t *n, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	struct buf found;
	uint64_t num;
	int rc;

	*n = 0;
	if (lmdb_iter_open(tx, LMDB_LANES_DUE, lmdb_key_num(webhook),
	    LMDB_KEY_NUM, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	for (rc = 0; *n < limit; ++*n) {
		rc = lmdb_iter_next(&it, &k, &v, e);
		if (rc < 0 || k.n == 0 ||
		    (int64_t)lmdb_key_num_at(&k, 8) > now)
			break;
		num = lmdb_key_num_at(&k, 16);
		buf_add(&found, &num, sizeof(num));
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(tx->scratch, found.p, found.n);
	buf_fini(&found);
	return rc;
}

/* The head of a lane that is ours by its lease. */
static int claim_of(struct lmdb_tx *tx, const struct lmdb_lane *l,
	struct arena *a, struct claim **out, struct err *e)
{
	struct claim *c = arena_alloc(a, sizeof(*c));

	*c = (struct claim){ .webhook = l->webhook,
		.enrollment = l->enrollment, .seq = l->head,
		.lease = l->lease, .attempts = l->attempts };
	*out = c;
	return lmdb_event_load_whole(tx, l->head, a, &c->event,
	    &c->unreadable, e);
}

static uint64_t new_lease(void)
{
	uint64_t lease;

	do
		rnd_bytes(&lease, sizeof(lease));
	while (lease == 0);
	return lease;
}

static int claim_lane(struct lmdb_tx *tx, uint64_t webhook, uint64_t num,
	int64_t until, struct arena *a, struct claim **out, struct err *e)
{
	struct lmdb_lane l;
	bool found;

	if (lmdb_lane_load(tx, webhook, num, tx->scratch, &l, &found, e) < 0)
		return -1;
	if (!found)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "lanes_due", e);
	l.lease = new_lease();
	if (lmdb_lane_move(tx, &l, until, e) < 0)
		return -1;
	return claim_of(tx, &l, a, out, e);
}

int lmdb_delivery_claim(struct store_tx *base, uint64_t webhook, int64_t now,
	int64_t until, size_t limit, struct arena *a, struct claim ***out,
	size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t *nums;
	int64_t open_at;

	*out = NULL;
	*n = 0;
	if (lmdb_webhook_open_at(tx, webhook, &open_at, e) < 0)
		return -1;
	if (open_at > now)
		return 0;
	if (find_due(tx, webhook, now, limit, &nums, n, e) < 0)
		return -1;
	tx->settles = true;
	*out = arena_alloc(a, *n * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		if (claim_lane(tx, webhook, nums[i], until, a, &(*out)[i],
		    e) < 0)
			return -1;
	return 0;
}

/* ---- what became of it ---- */

static bool is_mine(const struct lmdb_lane *l, const struct claim *c)
{
	return l->lease != 0 && l->lease == c->lease;
}

/* The lane, when it is this claim's; else *mine = false. */
static int load_mine(struct lmdb_tx *tx, const struct claim *c,
	struct lmdb_lane *l, bool *mine, struct err *e)
{
	bool found;

	if (lmdb_lane_load(tx, c->webhook, c->enrollment, tx->scratch, l,
	    &found, e) < 0)
		return -1;
	*mine = found && is_mine(l, c);
	return 0;
}

int lmdb_delivery_done(struct store_tx *base, const struct claim *c,
	int64_t now, int64_t until, struct arena *a, struct claim **next,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_lane l;
	int64_t open_at;
	bool found, left, was;

	*next = NULL;
	tx->sweep = true;
	if (lmdb_lane_load(tx, c->webhook, c->enrollment, tx->scratch, &l,
	    &found, e) < 0 || lmdb_lane_take(tx, c->webhook, c->enrollment,
	    c->seq, &was, e) < 0)
		return -1;
	if (!found)
		return 0;
	if (lmdb_lane_refresh(tx, &l, &left, e) < 0)
		return -1;
	if (!left)
		return 0;
	if (!is_mine(&l, c))
		return lmdb_lane_move(tx, &l, l.due, e);
	if (lmdb_webhook_open_at(tx, c->webhook, &open_at, e) < 0)
		return -1;
	if (until == 0 || open_at > now) {
		l.lease = 0;
		return lmdb_lane_move(tx, &l, now, e);
	}
	if (lmdb_lane_move(tx, &l, until, e) < 0)
		return -1;
	return claim_of(tx, &l, a, next, e);
}

int lmdb_delivery_retry(struct store_tx *base, const struct claim *c,
	int64_t due, const char *why, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_lane l;
	bool mine, left;

	if (load_mine(tx, c, &l, &mine, e) < 0)
		return -1;
	if (!mine)
		return 0;
	tx->settles = true;
	if (why != NULL && l.head == c->seq) {
		l.attempts++;
		l.why = why;
	}
	l.lease = 0;
	if (lmdb_lane_refresh(tx, &l, &left, e) < 0)
		return -1;
	return left ? lmdb_lane_move(tx, &l, due, e) : 0;
}

int lmdb_delivery_bury(struct store_tx *base, const struct claim *c,
	int64_t now, const char *why, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_buried x = { c->enrollment, c->attempts + 1, now, why };
	struct lmdb_lane l;
	bool mine, left, was;

	if (load_mine(tx, c, &l, &mine, e) < 0)
		return -1;
	if (!mine)
		return 0;
	tx->sweep = true;
	if (lmdb_lane_take(tx, c->webhook, c->enrollment, c->seq, &was,
	    e) < 0 || (was && put_buried(tx, c, &x, e) < 0))
		return -1;
	l.lease = 0;
	if (lmdb_lane_refresh(tx, &l, &left, e) < 0)
		return -1;
	return left ? lmdb_lane_move(tx, &l, now, e) : 0;
}

/* One of what waits: *old, unless its event is of `before` or later. */
static int expire_one(struct lmdb_tx *tx, const struct claim *c,
	int64_t before, int64_t now, bool *old, bool *did, struct err *e)
{
	struct lmdb_buried x = { c->enrollment, 0, now, "no answer for long" };
	struct lmdb_event *ev;
	struct lmdb_lane l;
	bool found, left, was;

	*did = false;
	if (lmdb_event_load(tx, c->seq, tx->scratch, &ev, e) < 0 ||
	    lmdb_lane_load(tx, c->webhook, c->enrollment, tx->scratch, &l,
	    &found, e) < 0)
		return -1;
	if (ev == NULL || !found)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "deliveries_seq", e);
	*old = ev->ev.created < before;
	if (!*old || (l.lease != 0 && l.due > now))
		return 0;
	if (l.head == c->seq) {
		x.attempts = l.attempts;
		x.why = l.why != NULL ? l.why : x.why;
	}
	if (put_buried(tx, c, &x, e) < 0 || lmdb_lane_take(tx, c->webhook,
	    c->enrollment, c->seq, &was, e) < 0 || lmdb_lane_refresh(tx, &l,
	    &left, e) < 0)
		return -1;
	*did = true;
	return left ? lmdb_lane_move(tx, &l, l.due, e) : 0;
}

int lmdb_delivery_expire(struct store_tx *base, uint64_t webhook,
	int64_t before, int64_t now, size_t limit, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct claim c = { .webhook = webhook };
	struct lmdb_key k;
	struct bytes v;
	bool old = true, did;

	tx->sweep = true;
	for (size_t seen = 0; seen < limit; seen++) {
		arena_reset(tx->scratch);
		if (lmdb_seek(tx, LMDB_DELIVERIES_SEQ, lmdb_key_num2(webhook,
		    c.seq), LMDB_KEY_NUM, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (v.n != 8)
			return lmdb_tx_fail(tx, MDB_CORRUPTED,
			    "deliveries_seq", e);
		c.seq = lmdb_key_num_at(&k, LMDB_KEY_NUM);
		c.enrollment = enc_unbe64(v.p);
		if (expire_one(tx, &c, before, now, &old, &did, e) < 0)
			return -1;
		if (!old)
			return 0;
		c.seq++;
		*n += did;
	}
	return 0;
}

int lmdb_delivery_replay(struct store_tx *base, uint64_t webhook, uint64_t seq,
	int64_t now, bool *queued, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = lmdb_key_num2(webhook, seq);
	struct lmdb_event *x;
	bool there, waits;

	*queued = false;
	if (lmdb_has(tx, LMDB_WEBHOOKS, lmdb_key_num(webhook), &there, e) < 0 ||
	    lmdb_event_load(tx, seq, tx->scratch, &x, e) < 0)
		return -1;
	if (!there || x == NULL)
		return err_set(e, ERR_NOT_FOUND, "no %s %llu", there ?
		    "event" : "webhook", (unsigned long long)(there ? seq :
		    webhook));
	if (lmdb_has(tx, LMDB_DELIVERIES_SEQ, k, &waits, e) < 0)
		return -1;
	if (waits)
		return 0;
	if (lmdb_del(tx, LMDB_BURIED, k, NULL, e) < 0 ||
	    lmdb_event_count(tx, seq, 1, e) < 0 ||
	    lmdb_lane_append(tx, webhook, x->ev.enrollment, seq, now, e) < 0)
		return -1;
	*queued = true;
	return 0;
}

int lmdb_delivery_next_due(struct store_tx *base, uint64_t webhook,
	int64_t *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k;
	struct bytes v;
	int64_t open_at;

	*out = 0;
	if (lmdb_webhook_open_at(tx, webhook, &open_at, e) < 0)
		return -1;
	if (open_at == INT64_MAX)
		return 0;
	if (lmdb_seek(tx, LMDB_LANES_DUE, lmdb_key_num(webhook), LMDB_KEY_NUM,
	    &k, &v, e) < 0)
		return -1;
	if (k.n == 0)
		return 0;
	*out = (int64_t)lmdb_key_num_at(&k, 8);
	if (*out < open_at)
		*out = open_at;
	return 0;
}
