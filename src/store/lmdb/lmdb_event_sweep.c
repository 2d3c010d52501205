/* Retention of events, and of what was to go to webhooks that are gone. */
#include "store/lmdb/lmdb_event.h"

#include "base/enc.h"
#include "store/lmdb/lmdb_lane.h"
#include "store/lmdb/lmdb_webhook.h"

struct sweeping {
	struct lmdb_tx *tx;
	struct lmdb_webhooks webhooks;
	size_t limit, *n;
};

static bool is_there(const struct sweeping *s, uint64_t webhook)
{
	for (size_t i = 0; i < s->webhooks.n; i++)
		if (s->webhooks.num[i] == webhook)
			return true;
	return false;
}

/* The first entry, of those that begin with a webhook, whose webhook is gone;
 * none: k->n = 0. Steps over the webhooks that are there. */
static int find_gone(struct sweeping *s, enum lmdb_table t,
	struct lmdb_key *k, struct bytes *v, struct err *e)
{
	uint64_t from = 0;

	do {
		if (lmdb_seek(s->tx, t, lmdb_key_num(from), 0, k, v, e) < 0)
			return -1;
		from = lmdb_key_num_at(k, 0) + 1;
	} while (k->n != 0 && is_there(s, from - 1));
	return 0;
}

static int drop_waiting(struct sweeping *s, uint64_t webhook, uint64_t seq,
	uint64_t enrollment, struct err *e)
{
	struct lmdb_tx *tx = s->tx;
	struct lmdb_lane l;
	bool found, was, left;

	if (lmdb_lane_load(tx, webhook, enrollment, tx->scratch, &l, &found,
	    e) < 0 || lmdb_lane_take(tx, webhook, enrollment, seq, &was,
	    e) < 0)
		return -1;
	if (!found || !was)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "deliveries_seq", e);
	if (lmdb_lane_refresh(tx, &l, &left, e) < 0)
		return -1;
	return left ? lmdb_lane_move(tx, &l, l.due, e) : 0;
}

static int sweep_waiting(struct sweeping *s, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (; *s->n < s->limit; ++*s->n) {
		arena_reset(s->tx->scratch);
		if (find_gone(s, LMDB_DELIVERIES_SEQ, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (v.n != 8)
			return lmdb_tx_fail(s->tx, MDB_CORRUPTED,
			    "deliveries_seq", e);
		if (drop_waiting(s, lmdb_key_num_at(&k, 0),
		    lmdb_key_num_at(&k, 8), enc_unbe64(v.p), e) < 0)
			return -1;
	}
	return 0;
}

static int sweep_buried(struct sweeping *s, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (; *s->n < s->limit; ++*s->n) {
		if (find_gone(s, LMDB_BURIED, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (lmdb_del(s->tx, LMDB_BURIED, k, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int remove_event(struct sweeping *s, const struct lmdb_key *at,
	struct err *e)
{
	struct event ev = { .seq = lmdb_key_num_at(at, 8),
		.created = (int64_t)lmdb_key_num_at(at, 0) };

	for (size_t i = 0; i < s->webhooks.n; i++)
		if (lmdb_del(s->tx, LMDB_BURIED,
		    lmdb_key_num2(s->webhooks.num[i], ev.seq), NULL, e) < 0)
			return -1;
	return lmdb_event_remove(s->tx, &ev, e);
}

static int sweep_idle(struct sweeping *s, int64_t before, uint64_t max,
	struct err *e)
{
	uint64_t idle;
	struct lmdb_key k;
	struct bytes v;

	if (lmdb_count(s->tx, LMDB_EVENTS_IDLE, &idle, e) < 0)
		return -1;
	for (; *s->n < s->limit; ++*s->n, idle--) {
		if (lmdb_seek(s->tx, LMDB_EVENTS_IDLE, lmdb_key_none(), 0, &k,
		    &v, e) < 0)
			return -1;
		if (k.n == 0 || ((int64_t)lmdb_key_num_at(&k, 0) >= before &&
		    (max == 0 || idle <= max)))
			return 0;
		if (remove_event(s, &k, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_event_sweep(struct store_tx *base, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	struct sweeping s = { .tx = lmdb_tx_verb(base), .limit = limit,
		.n = n };

	*n = 0;
	s.tx->sweep = true;
	if (lmdb_webhooks(s.tx, &s.webhooks, e) < 0 ||
	    sweep_waiting(&s, e) < 0 || sweep_buried(&s, e) < 0)
		return -1;
	return sweep_idle(&s, before, max, e);
}
