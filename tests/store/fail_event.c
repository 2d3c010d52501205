/* Forwards of the verbs of store_event.h. */
#include "fail_verbs.h"

int fail_webhook_put(struct store_tx *tx, struct webhook *w, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_put(fail_inner(tx), w, e);
}

int fail_webhook_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct webhook **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_get(fail_inner(tx), num,
	    a, out, e);
}

int fail_webhook_list(struct store_tx *tx, struct arena *a,
	struct webhook ***out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_list(fail_inner(tx), a,
	    out, n, e);
}

int fail_webhook_del(struct store_tx *tx, uint64_t num, bool *was,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_del(fail_inner(tx), num,
	    was, e);
}

int fail_webhook_state_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct webhook_state *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_state_get(fail_inner(tx),
	    num, a, out, e);
}

int fail_webhook_state_put(struct store_tx *tx, uint64_t num,
	const struct webhook_state *s, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_webhook_state_put(fail_inner(tx),
	    num, s, e);
}

int fail_event_wanted(struct store_tx *tx, const char *topic, bool idle,
	bool *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_event_wanted(fail_inner(tx),
	    topic, idle, out, e);
}

int fail_event_add(struct store_tx *tx, struct event *ev, struct arena *a,
	unsigned *webhooks, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_event_add(fail_inner(tx), ev, a,
	    webhooks, e);
}

int fail_event_get(struct store_tx *tx, uint64_t seq, struct arena *a,
	struct event **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_event_get(fail_inner(tx), seq, a,
	    out, e);
}

int fail_delivery_list(struct store_tx *tx, const struct delivery_query *q,
	struct arena *a, struct delivery **out, size_t *n, struct bytes *next,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_list(fail_inner(tx), q,
	    a, out, n, next, e);
}

int fail_delivery_claim(struct store_tx *tx, uint64_t webhook, int64_t now,
	int64_t until, size_t limit, struct arena *a, struct claim ***out,
	size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_claim(fail_inner(tx),
	    webhook, now, until, limit, a, out, n, e);
}

int fail_delivery_done(struct store_tx *tx, const struct claim *c, int64_t now,
	int64_t until, struct arena *a, struct claim **next, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_done(fail_inner(tx), c,
	    now, until, a, next, e);
}

int fail_delivery_retry(struct store_tx *tx, const struct claim *c,
	int64_t due, const char *why, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_retry(fail_inner(tx), c,
	    due, why, e);
}

int fail_delivery_bury(struct store_tx *tx, const struct claim *c, int64_t now,
	const char *why, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_bury(fail_inner(tx), c,
	    now, why, e);
}

int fail_delivery_expire(struct store_tx *tx, uint64_t webhook, int64_t before,
	int64_t now, size_t limit, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_expire(fail_inner(tx),
	    webhook, before, now, limit, n, e);
}

int fail_delivery_replay(struct store_tx *tx, uint64_t webhook, uint64_t seq,
	int64_t now, bool *queued, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_replay(fail_inner(tx),
	    webhook, seq, now, queued, e);
}

int fail_delivery_next_due(struct store_tx *tx, uint64_t webhook, int64_t *out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_delivery_next_due(fail_inner(tx),
	    webhook, out, e);
}

int fail_outbox_info(struct store_tx *tx, struct store_outbox *out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_outbox_info(fail_inner(tx), out,
	    e);
}

int fail_event_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_event_sweep(fail_inner(tx),
	    before, max, limit, n, e);
}
