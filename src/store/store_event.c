/* Webhooks and the outbox as their callers see them: as store.c. */
#include "store/store_event.h"

#include <string.h>

#include "store/store_ops.h"

#define NAME_MAX_BYTES 128

static int reading(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "store: a write in a read transaction");
}

/* ---- webhooks ---- */

int store_webhook_put(struct store_tx *tx, struct webhook *w, struct err *e)
{
	size_t n = w->name != NULL ? strlen(w->name) : 0;

	if (!tx->write)
		return reading(e);
	if (n == 0 || n > NAME_MAX_BYTES)
		return err_set(e, ERR_BAD_INPUT, "webhook: a name of %zu "
		    "bytes, 1 to %d are allowed", n, NAME_MAX_BYTES);
	if (w->url == NULL || w->url[0] == '\0')
		return err_set(e, ERR_BAD_INPUT, "webhook: URL missing");
	return tx->ops->webhook_put(tx, w, e);
}

int store_webhook_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct webhook **out, struct err *e)
{
	return tx->ops->webhook_get(tx, num, a, out, e);
}

int store_webhook_list(struct store_tx *tx, struct arena *a,
	struct webhook ***out, size_t *n, struct err *e)
{
	return tx->ops->webhook_list(tx, a, out, n, e);
}

int store_webhook_del(struct store_tx *tx, uint64_t num, bool *was,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->webhook_del(tx, num, was, e);
}

int store_webhook_state_get(struct store_tx *tx, uint64_t num,
	struct arena *a, struct webhook_state *out, struct err *e)
{
	return tx->ops->webhook_state_get(tx, num, a, out, e);
}

int store_webhook_state_put(struct store_tx *tx, uint64_t num,
	const struct webhook_state *s, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->webhook_state_put(tx, num, s, e);
}

/* ---- events ---- */

int store_event_wanted(struct store_tx *tx, const char *topic, bool idle,
	bool *out, struct err *e)
{
	return tx->ops->event_wanted(tx, topic, idle, out, e);
}

int store_event_add(struct store_tx *tx, struct event *ev, struct arena *a,
	unsigned *webhooks, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->event_add(tx, ev, a, webhooks, e);
}

int store_event_get(struct store_tx *tx, uint64_t seq, struct arena *a,
	struct event **out, struct err *e)
{
	return tx->ops->event_get(tx, seq, a, out, e);
}

int store_event_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->event_sweep(tx, before, max, limit, n, e);
}

/* ---- deliveries ---- */

int store_delivery_list(struct store_tx *tx, const struct delivery_query *q,
	struct arena *a, struct delivery **out, size_t *n, struct bytes *next,
	struct err *e)
{
	return tx->ops->delivery_list(tx, q, a, out, n, next, e);
}

int store_delivery_claim(struct store_tx *tx, uint64_t webhook, int64_t now,
	int64_t until, size_t limit, struct arena *a, struct claim ***out,
	size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_claim(tx, webhook, now, until, limit, a, out,
	    n, e);
}

int store_delivery_done(struct store_tx *tx, const struct claim *c,
	int64_t now, int64_t until, struct arena *a, struct claim **next,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_done(tx, c, now, until, a, next, e);
}

int store_delivery_retry(struct store_tx *tx, const struct claim *c,
	int64_t due, const char *why, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_retry(tx, c, due, why, e);
}

int store_delivery_bury(struct store_tx *tx, const struct claim *c,
	int64_t now, const char *why, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_bury(tx, c, now, why, e);
}

int store_delivery_expire(struct store_tx *tx, uint64_t webhook,
	int64_t before, int64_t now, size_t limit, size_t *n, struct err *e)
{
	*n = 0;
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_expire(tx, webhook, before, now, limit, n, e);
}

int store_delivery_replay(struct store_tx *tx, uint64_t webhook, uint64_t seq,
	int64_t now, bool *queued, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->delivery_replay(tx, webhook, seq, now, queued, e);
}

int store_delivery_next_due(struct store_tx *tx, uint64_t webhook,
	int64_t *out, struct err *e)
{
	return tx->ops->delivery_next_due(tx, webhook, out, e);
}

int store_outbox_info(struct store_tx *tx, struct store_outbox *out,
	struct err *e)
{
	return tx->ops->outbox_info(tx, out, e);
}
