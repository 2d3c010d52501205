/* Deliveries for those who look: those of several webhooks as one list, by
 * event. */
#include "store/lmdb/lmdb_delivery.h"

#include "base/enc.h"
#include "store/lmdb/lmdb_event.h"
#include "store/lmdb/lmdb_lane.h"
#include "store/lmdb/lmdb_webhook.h"

/* Where the list is in one webhook. */
struct place {
	uint64_t webhook, seq, enrollment;
	bool end;
};

struct listing {
	struct lmdb_tx *tx;
	const struct delivery_query *q;
	struct place place[STORE_WEBHOOKS_MAX];
	size_t n;
	struct arena *a;
};

/* The first at or after p->seq. */
static int find_waiting(struct listing *x, struct place *p, struct err *e)
{
	struct lmdb_key from, k;
	struct bytes v;

	if (x->q->has_enrollment) {
		from = lmdb_key_num3(p->webhook, x->q->enrollment, p->seq);
		if (lmdb_seek(x->tx, LMDB_DELIVERIES, from, 16, &k, &v, e) < 0)
			return -1;
		p->seq = lmdb_key_num_at(&k, 16);
		p->enrollment = x->q->enrollment;
	} else {
		from = lmdb_key_num2(p->webhook, p->seq);
		if (lmdb_seek(x->tx, LMDB_DELIVERIES_SEQ, from, LMDB_KEY_NUM,
		    &k, &v, e) < 0)
			return -1;
		if (k.n != 0 && v.n != 8)
			return lmdb_tx_fail(x->tx, MDB_CORRUPTED,
			    "deliveries_seq", e);
		p->seq = lmdb_key_num_at(&k, 8);
		p->enrollment = v.n == 8 ? enc_unbe64(v.p) : 0;
	}
	p->end = k.n == 0;
	return 0;
}

static int find_buried(struct listing *x, struct place *p, struct err *e)
{
	struct lmdb_buried b;
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	int rc;

	if (lmdb_iter_open(x->tx, LMDB_BURIED, lmdb_key_num2(p->webhook,
	    p->seq), LMDB_KEY_NUM, &it, e) < 0)
		return -1;
	do {
		arena_reset(x->tx->scratch);
		rc = lmdb_iter_next(&it, &k, &v, e);
		if (rc < 0 || k.n == 0)
			break;
		rc = lmdb_buried_parse(x->tx, v, x->tx->scratch, &b, e);
	} while (rc == 0 && x->q->has_enrollment &&
	    b.enrollment != x->q->enrollment);
	lmdb_iter_close(&it);
	p->end = rc < 0 || k.n == 0;
	if (p->end)
		return rc;
	p->seq = lmdb_key_num_at(&k, 8);
	p->enrollment = b.enrollment;
	return 0;
}

static int find(struct listing *x, struct place *p, struct err *e)
{
	return x->q->state == DELIVERY_BURIED ? find_buried(x, p, e) :
	    find_waiting(x, p, e);
}

/* The cursor is event and webhook of the last one given. */
static int start(struct listing *x, struct err *e)
{
	struct bytes c = x->q->cursor;
	uint64_t seq = 0, webhook = 0;
	struct lmdb_webhooks all;

	if (c.p != NULL && c.n != 16)
		return err_set(e, ERR_BAD_INPUT, "cursor: not one of ours");
	if (c.p != NULL) {
		seq = enc_unbe64(c.p);
		webhook = enc_unbe64(c.p + 8);
	}
	if (seq == UINT64_MAX)
		return 0;
	if (lmdb_webhooks(x->tx, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		struct place *p = &x->place[x->n];

		if (x->q->webhook != 0 && x->q->webhook != all.num[i])
			continue;
		*p = (struct place){ .webhook = all.num[i],
			.seq = all.num[i] <= webhook ? seq + 1 : seq };
		x->n++;
		if (find(x, p, e) < 0)
			return -1;
	}
	return 0;
}

/* The next in the list; NULL: none. */
static struct place *first(struct listing *x)
{
	struct place *best = NULL;

	for (size_t i = 0; i < x->n; i++)
		if (!x->place[i].end && (best == NULL ||
		    x->place[i].seq < best->seq))
			best = &x->place[i];
	return best;
}

static int fill_waiting(struct listing *x, struct delivery *d, struct err *e)
{
	struct lmdb_lane l;
	bool found;

	if (lmdb_lane_load(x->tx, d->webhook, d->enrollment, x->a, &l, &found,
	    e) < 0)
		return -1;
	if (!found)
		return lmdb_tx_fail(x->tx, MDB_CORRUPTED, "lanes", e);
	if (l.head != d->seq)
		return 0;
	d->due = l.due;
	d->attempts = l.attempts;
	d->why = l.why;
	return 0;
}

static int fill_buried(struct listing *x, struct delivery *d, struct err *e)
{
	struct lmdb_buried b;
	struct bytes v;

	if (lmdb_get(x->tx, LMDB_BURIED, lmdb_key_num2(d->webhook, d->seq), &v,
	    e) < 0 || lmdb_buried_parse(x->tx, v, x->a, &b, e) < 0)
		return -1;
	d->attempts = b.attempts;
	d->buried = b.at;
	d->why = b.why;
	return 0;
}

static int fill(struct listing *x, const struct place *p, struct delivery *d,
	struct err *e)
{
	struct lmdb_event *ev;

	*d = (struct delivery){ .state = x->q->state, .webhook = p->webhook,
		.seq = p->seq, .enrollment = p->enrollment };
	if (lmdb_event_load(x->tx, p->seq, x->a, &ev, e) < 0)
		return -1;
	if (ev == NULL)
		return lmdb_tx_fail(x->tx, MDB_CORRUPTED, "deliveries", e);
	d->topic = ev->ev.topic;
	d->uuid = ev->ev.uuid;
	d->created = ev->ev.created;
	return d->state == DELIVERY_BURIED ? fill_buried(x, d, e) :
	    fill_waiting(x, d, e);
}

static int list(struct listing *x, struct buf *found, struct bytes *next,
	struct err *e)
{
	size_t limit = x->q->limit > 0 ? x->q->limit : 1;
	unsigned char cursor[16];
	struct delivery d;
	struct place *p;

	for (size_t n = 0; (p = first(x)) != NULL; n++) {
		if (n == limit) {
			*next = arena_bytes(x->a, bytes_of(cursor, 16));
			return 0;
		}
		if (fill(x, p, &d, e) < 0)
			return -1;
		buf_add(found, &d, sizeof(d));
		enc_be64(cursor, p->seq);
		enc_be64(cursor + 8, p->webhook);
		p->end = p->seq++ == UINT64_MAX;
		if (!p->end && find(x, p, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_delivery_list(struct store_tx *base, const struct delivery_query *q,
	struct arena *a, struct delivery **out, size_t *n, struct bytes *next,
	struct err *e)
{
	struct listing x = { .tx = lmdb_tx_verb(base), .q = q, .a = a };
	struct buf found;
	int rc;

	*out = NULL;
	*n = 0;
	*next = bytes_of(NULL, 0);
	if (start(&x, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	rc = list(&x, &found, next, e);
	*n = found.n / sizeof(**out);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}

/* ---- figures ---- */

/* When the oldest event that waits was made. */
static int oldest(struct lmdb_tx *tx, int64_t *out, struct err *e)
{
	struct delivery_query q = { .state = DELIVERY_WAITING };
	struct listing x = { .tx = tx, .q = &q };
	struct lmdb_event *ev;
	struct place *p;

	*out = 0;
	if (start(&x, e) < 0)
		return -1;
	p = first(&x);
	if (p == NULL)
		return 0;
	if (lmdb_event_load(tx, p->seq, tx->scratch, &ev, e) < 0)
		return -1;
	if (ev == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "deliveries", e);
	*out = ev->ev.created;
	return 0;
}

int lmdb_outbox_info(struct store_tx *base, struct store_outbox *out,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	*out = (struct store_outbox){ .events = 0 };
	if (lmdb_count(tx, LMDB_EVENTS, &out->events, e) < 0 ||
	    lmdb_count(tx, LMDB_DELIVERIES, &out->waiting, e) < 0 ||
	    lmdb_count(tx, LMDB_BURIED, &out->buried, e) < 0)
		return -1;
	return oldest(tx, &out->oldest, e);
}
