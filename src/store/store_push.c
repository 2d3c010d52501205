/* Push certificates, jobs and states as their callers see them: as store.c. */
#include "store/store_push.h"

#include <string.h>

#include "store/store_ops.h"

#define TOPIC_MAX 255

static int reading(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "store: a write in a read transaction");
}

int store_push_cert_put(struct store_tx *tx, struct push_cert *c,
	struct err *e)
{
	size_t n = strlen(c->topic);

	if (!tx->write)
		return reading(e);
	if (n == 0 || n > TOPIC_MAX)
		return err_set(e, ERR_BAD_INPUT,
		    "topic: %zu bytes, 1 to %d are allowed", n, TOPIC_MAX);
	return tx->ops->push_cert_put(tx, c, e);
}

int store_push_cert_get(struct store_tx *tx, const char *topic,
	struct arena *a, struct push_cert **out, struct err *e)
{
	return tx->ops->push_cert_get(tx, topic, a, out, e);
}

int store_push_cert_list(struct store_tx *tx, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e)
{
	return tx->ops->push_cert_list(tx, a, out, n, e);
}

int store_push_cert_del(struct store_tx *tx, const char *topic, bool *was,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_cert_del(tx, topic, was, e);
}

int store_push_cert_stop(struct store_tx *tx, const char *topic,
	uint64_t version, int64_t at, const char *why, bool *did, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_cert_stop(tx, topic, version, at, why, did, e);
}

int store_push_hasten(struct store_tx *tx, const char *topic,
	struct push_place *at, size_t limit, bool *more, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_hasten(tx, topic, at, limit, more, e);
}

int store_push_add(struct store_tx *tx, uint64_t enrollment,
	const char *apns_id, int64_t due, int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_add(tx, enrollment, apns_id, due, now, e);
}

int store_push_renew(struct store_tx *tx, uint64_t enrollment, int64_t now,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_renew(tx, enrollment, now, e);
}

int store_push_claim(struct store_tx *tx, int64_t now, int64_t until,
	size_t limit, struct arena *a, struct push_job **out, size_t *n,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_claim(tx, now, until, limit, a, out, n, e);
}

int store_push_next_due(struct store_tx *tx, int64_t *out, struct err *e)
{
	return tx->ops->push_next_due(tx, out, e);
}

int store_push_state_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_state *out, struct err *e)
{
	return tx->ops->push_state_get(tx, enrollment, a, out, e);
}

int store_push_job_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_job **out, struct err *e)
{
	return tx->ops->push_job_get(tx, enrollment, a, out, e);
}

int store_push_settle(struct store_tx *tx, uint64_t enrollment,
	const struct push_state *s, int64_t again, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->push_settle(tx, enrollment, s, again, e);
}
