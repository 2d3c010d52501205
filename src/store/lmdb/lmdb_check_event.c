/* What must hold for an entry of each table of webhooks and events. */
#include "store/lmdb/lmdb_check.h"

#include "store/lmdb/lmdb_delivery.h"
#include "store/lmdb/lmdb_event.h"
#include "store/lmdb/lmdb_lane.h"
#include "store/lmdb/lmdb_webhook.h"

/* ---- webhooks ---- */

static int check_webhook(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct webhook w;

	if (k->n != LMDB_KEY_NUM)
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
	if (lmdb_webhook_parse(c->tx, lmdb_key_num_at(k, 0), v, c->a, &w,
	    e) < 0)
		return -1;
	return lmdb_webhook_load_secret(c->tx, c->a, &w, e);
}

static int check_secret(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_webhook */
	return lmdb_check_points(c, LMDB_WEBHOOKS, *k, e);
}

static int check_state(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct webhook_state s;

	if (lmdb_webhook_state_parse(c->tx, v, c->a, &s, e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_WEBHOOKS, *k, e);
}

/* ---- events ---- */

/* Deliveries of this event, to webhooks that are gone as well. */
static int count_waiting(struct lmdb_check *c, uint64_t seq, uint64_t *out,
	struct err *e)
{
	struct lmdb_key k;
	struct bytes v;
	bool there;

	*out = 0;
	for (uint64_t w = 0; ; w++) {
		if (lmdb_seek(c->tx, LMDB_DELIVERIES_SEQ, lmdb_key_num(w), 0,
		    &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		w = lmdb_key_num_at(&k, 0);
		if (lmdb_has(c->tx, LMDB_DELIVERIES_SEQ, lmdb_key_num2(w, seq),
		    &there, e) < 0)
			return -1;
		*out += there;
	}
}

static int check_event(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	uint64_t seq = lmdb_key_num_at(k, 0), waiting;
	struct lmdb_event x;
	struct event *whole;
	const char *why;
	bool idle;

	if (k->n != LMDB_KEY_NUM) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_event_parse(c->tx, seq, v, c->a, &x, e) < 0 ||
	    lmdb_event_load_whole(c->tx, seq, c->a, &whole, &why, e) < 0 ||
	    count_waiting(c, seq, &waiting, e) < 0 ||
	    lmdb_has(c->tx, LMDB_EVENTS_IDLE, lmdb_event_idle_key(&x.ev),
	    &idle, e) < 0)
		return -1;
	if (why != NULL)
		lmdb_check_fault(c, "event_bodies: %s", why);
	if (waiting != x.waiting)
		lmdb_check_fault(c, "%llu deliveries, counted as %llu",
		    (unsigned long long)waiting, (unsigned long long)x.waiting);
	if (idle != (x.waiting == 0))
		lmdb_check_fault(c, "%s in events_idle", idle ? "also" :
		    "not");
	return 0;
}

static int check_body(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_event */
	return lmdb_check_points(c, LMDB_EVENTS, *k, e);
}

static int check_idle(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_event *x;

	if (!lmdb_check_length(c, v, 16, 0))
		return 0;
	if (lmdb_event_load(c->tx, lmdb_key_num_at(k, 8), c->a, &x, e) < 0)
		return -1;
	if (x == NULL || x->waiting != 0 ||
	    (uint64_t)x->ev.created != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "no idle event of this time");
	return 0;
}

/* ---- lanes and deliveries ---- */

static int check_lane(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_lane l;

	if (k->n != 16) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_lane_parse(c->tx, lmdb_key_num_at(k, 0),
	    lmdb_key_num_at(k, 8), v, c->a, &l, e) < 0 ||
	    lmdb_check_points(c, LMDB_DELIVERIES, lmdb_key_num3(l.webhook,
	    l.enrollment, l.head), e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_LANES_DUE, lmdb_lane_due_key(&l), e);
}

static int check_lane_due(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct lmdb_lane l;
	bool found;

	if (!lmdb_check_length(c, v, 24, 0))
		return 0;
	if (lmdb_lane_load(c->tx, lmdb_key_num_at(k, 0),
	    lmdb_key_num_at(k, 16), c->a, &l, &found, e) < 0)
		return -1;
	if (found)
		want = lmdb_lane_due_key(&l);
	if (!found || !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "no lane that is due then");
	return 0;
}

static int check_delivery(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_event *x;
	uint64_t webhook = lmdb_key_num_at(k, 0), num = lmdb_key_num_at(k, 8),
	    seq = lmdb_key_num_at(k, 16);

	if (!lmdb_check_length(c, v, 24, 0))
		return 0;
	if (lmdb_event_load(c->tx, seq, c->a, &x, e) < 0 ||
	    lmdb_check_points(c, LMDB_LANES, lmdb_key_num2(webhook, num),
	    e) < 0)
		return -1;
	if (x == NULL || x->ev.enrollment != num)
		lmdb_check_fault(c, "no event of this enrollment");
	return lmdb_check_index(c, LMDB_DELIVERIES_SEQ,
	    lmdb_key_num2(webhook, seq), bytes_of(k->p + 8, 8), e);
}

static int check_delivery_seq(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	if (!lmdb_check_length(c, v, 16, 8))
		return 0;
	return lmdb_check_points(c, LMDB_DELIVERIES,
	    lmdb_key_num3(lmdb_key_num_at(k, 0), enc_unbe64(v.p),
	    lmdb_key_num_at(k, 8)), e);
}

static int check_buried(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_buried b;
	struct lmdb_event *x;
	bool waits;

	if (k->n != 16) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_buried_parse(c->tx, v, c->a, &b, e) < 0 ||
	    lmdb_event_load(c->tx, lmdb_key_num_at(k, 8), c->a, &x, e) < 0 ||
	    lmdb_has(c->tx, LMDB_DELIVERIES_SEQ, *k, &waits, e) < 0)
		return -1;
	if (x == NULL || x->ev.enrollment != b.enrollment)
		lmdb_check_fault(c, "no event of this enrollment");
	if (waits)
		lmdb_check_fault(c, "waits as well");
	return 0;
}

const struct lmdb_check_row lmdb_checks_event[] = {
	{ LMDB_WEBHOOKS, check_webhook },
	{ LMDB_WEBHOOK_SECRETS, check_secret },
	{ LMDB_WEBHOOK_STATES, check_state },
	{ LMDB_EVENTS, check_event },
	{ LMDB_EVENT_BODIES, check_body },
	{ LMDB_EVENTS_IDLE, check_idle },
	{ LMDB_LANES, check_lane },
	{ LMDB_LANES_DUE, check_lane_due },
	{ LMDB_DELIVERIES, check_delivery },
	{ LMDB_DELIVERIES_SEQ, check_delivery_seq },
	{ LMDB_BURIED, check_buried },
	{ LMDB_TABLES, NULL },
};
