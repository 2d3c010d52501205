/* Deliveries of events as an operator sees them, and sends them again. */
#include "admin/op_event.h"

#include "admin/op_webhook.h"
#include "outbox/event_json.h"
#include "outbox/outbox.h"

#define BATCH 200	/* queued again in one transaction */

/* ---- looking ---- */

struct listing {
	const struct op_delivery_query *q;
	struct arena *a;
	struct op_deliveries *out;
};

static const char *name_of(struct webhook **hooks, size_t n, uint64_t num)
{
	for (size_t i = 0; i < n; i++)
		if (hooks[i]->num == num)
			return hooks[i]->name;
	return NULL;
}

static int id_of(struct store_tx *tx, uint64_t num, struct arena *a,
	struct bytes *out, struct err *e)
{
	struct enrollment *en = NULL;

	if (num != 0 && store_enrollment_get(tx, num, a, &en, e) < 0)
		return -1;
	*out = en != NULL ? enrollment_id_text(&en->id, a) :
		bytes_of(NULL, 0);
	return 0;
}

static int ask(struct store_tx *tx, const struct listing *l,
	struct delivery_query *dq, struct err *e)
{
	struct enrollment *en;
	struct webhook *w;

	*dq = (struct delivery_query){ .state = l->q->state,
		.cursor = l->q->cursor, .limit = l->q->limit };
	if (l->q->webhook != NULL) {
		if (op_webhook_lookup(tx, l->q->webhook, l->a, &w, e) < 0)
			return -1;
		dq->webhook = w->num;
	}
	if (l->q->id.p != NULL) {
		if (op_lookup(tx, l->q->id, l->a, &en, e) < 0)
			return -1;
		dq->enrollment = en->num;
		dq->has_enrollment = true;
	}
	return 0;
}

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_deliveries *out = l->out;
	struct delivery_query dq;
	struct delivery *found;
	struct webhook **hooks;
	size_t n_hooks;

	*out = (struct op_deliveries){ 0 };
	if (ask(tx, l, &dq, e) < 0 ||
		store_webhook_list(tx, l->a, &hooks, &n_hooks, e) < 0 ||
		store_delivery_list(tx, &dq, l->a, &found, &out->n,
			&out->next, e) < 0)
		return -1;
	out->list = arena_zalloc(l->a, out->n * sizeof(*out->list));
	for (size_t i = 0; i < out->n; i++) {
		struct op_delivery *d = &out->list[i];

		d->d = found[i];
		d->webhook = name_of(hooks, n_hooks, found[i].webhook);
		if (id_of(tx, found[i].enrollment, l->a, &d->id_text, e) < 0)
			return -1;
	}
	return 0;
}

int op_delivery_list(const struct op *op, const struct op_delivery_query *q,
	struct arena *a, struct op_deliveries *out, struct err *e)
{
	struct listing l = { q, a, out };

	return op_list(op, q->limit, list_tx, &l, e);
}

struct showing {
	uint64_t seq;
	struct arena *a;
	struct event *ev;
};

static int show_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct showing *s = arg;

	return store_event_get(tx, s->seq, s->a, &s->ev, e);
}

int op_event_show(const struct op *op, uint64_t seq, struct arena *a,
	struct event **out, char **json, struct err *e)
{
	struct showing s = { seq, a, NULL };

	if (store_read(op->store, show_tx, &s, e) < 0)
		return -1;
	if (s.ev == NULL)
		return err_set(e, ERR_NOT_FOUND, "no event %llu",
			(unsigned long long)seq);
	*out = s.ev;
	*json = event_json(s.ev, a);
	return 0;
}

/* ---- again ---- */

struct replaying {
	const struct op *op;
	const char *which;
	uint64_t seq;
	struct arena *a;
	struct bytes cursor, next;
	bool queued;
	uint64_t n;
};

static int audit(struct store_tx *tx, const struct replaying *r,
	const struct webhook *w, const char *detail, struct err *e)
{
	return op_audit(tx, r->op, "events.replay", 0, w->name, detail, e);
}

/* Whoever replays says that the receiver is to be tried now, however long it
 * was gone; else what is replayed would be held, and set aside again. */
static int try_now(struct store_tx *tx, uint64_t webhook, struct arena *a,
	struct err *e)
{
	struct webhook_state s;

	if (store_webhook_state_get(tx, webhook, a, &s, e) < 0)
		return -1;
	if (s.failures == 0 && s.hold_until == 0)
		return 0;
	s.failures = 0;
	s.hold_until = 0;
	return store_webhook_state_put(tx, webhook, &s, e);
}

static int one_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct replaying *r = arg;
	struct webhook *w;

	if (op_webhook_lookup(tx, r->which, r->a, &w, e) < 0 ||
		store_delivery_replay(tx, w->num, r->seq, r->op->now,
			&r->queued, e) < 0)
		return -1;
	if (!r->queued)
		return 0;
	return try_now(tx, w->num, r->a, e) < 0 ? -1 : audit(tx, r, w,
		arena_printf(r->a, "event %llu", (unsigned long long)r->seq),
		e);
}

int op_event_replay(const struct op *op, const char *webhook, uint64_t seq,
	bool *queued, struct arena *a, struct err *e)
{
	struct replaying r = { .op = op, .which = webhook, .seq = seq, .a = a };

	if (store_write(op->store, one_tx, &r, e) < 0)
		return -1;
	*queued = r.queued;
	if (r.queued) {
		op_log(op, "events.replay", webhook);
		courier_wake(op->conf->dir);
	}
	return 0;
}

/* One batch. The cursor only moves on, so that what is given up again
 * meanwhile is not taken a second time. */
static int batch_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct replaying *r = arg;
	struct delivery_query q = { .state = DELIVERY_BURIED,
		.cursor = r->cursor, .limit = BATCH };
	struct delivery *list;
	struct webhook *w;
	size_t n;

	r->n = 0;
	if (op_webhook_lookup(tx, r->which, r->a, &w, e) < 0)
		return -1;
	q.webhook = w->num;
	if (store_delivery_list(tx, &q, r->a, &list, &n, &r->next, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (store_delivery_replay(tx, w->num, list[i].seq, r->op->now,
			&r->queued, e) < 0)
			return -1;
		r->n += r->queued;
	}
	if (r->n == 0)
		return 0;
	return try_now(tx, w->num, r->a, e) < 0 ? -1 : audit(tx, r, w,
		arena_printf(r->a, "%llu events", (unsigned long long)r->n),
		e);
}

int op_event_replay_all(const struct op *op, const char *webhook, uint64_t *n,
	struct arena *a, struct err *e)
{
	struct replaying r = { .op = op, .which = webhook, .a = a };

	*n = 0;
	do {
		if (store_write(op->store, batch_tx, &r, e) < 0)
			return -1;
		*n += r.n;
		r.cursor = r.next;
		if (r.n > 0)
			courier_wake(op->conf->dir);
	} while (r.next.p != NULL);
	if (*n > 0)
		op_log(op, "events.replay", webhook);
	return 0;
}
