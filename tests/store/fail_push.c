/* Forwards of the verbs of store_push.h. */
#include "fail_verbs.h"

int fail_push_cert_put(struct store_tx *tx, struct push_cert *c, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_cert_put(fail_inner(tx), c,
	    e);
}

int fail_push_cert_get(struct store_tx *tx, const char *topic, struct arena *a,
	struct push_cert **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_cert_get(fail_inner(tx),
	    topic, a, out, e);
}

int fail_push_cert_list(struct store_tx *tx, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_cert_list(fail_inner(tx), a,
	    out, n, e);
}

int fail_push_cert_del(struct store_tx *tx, const char *topic, bool *was,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_cert_del(fail_inner(tx),
	    topic, was, e);
}

int fail_push_cert_stop(struct store_tx *tx, const char *topic,
	uint64_t version, int64_t at, const char *why, bool *did,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_cert_stop(fail_inner(tx),
	    topic, version, at, why, did, e);
}

int fail_push_hasten(struct store_tx *tx, const char *topic,
	struct push_place *at, size_t limit, bool *more, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_hasten(fail_inner(tx), topic,
	    at, limit, more, e);
}

int fail_push_add(struct store_tx *tx, uint64_t enrollment,
	const char *apns_id, int64_t due, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_add(fail_inner(tx),
	    enrollment, apns_id, due, now, e);
}

int fail_push_renew(struct store_tx *tx, uint64_t enrollment, int64_t now,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_renew(fail_inner(tx),
	    enrollment, now, e);
}

int fail_push_claim(struct store_tx *tx, int64_t now, int64_t until,
	size_t limit, struct arena *a, struct push_job **out, size_t *n,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_claim(fail_inner(tx), now,
	    until, limit, a, out, n, e);
}

int fail_push_next_due(struct store_tx *tx, int64_t *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_next_due(fail_inner(tx), out,
	    e);
}

int fail_push_state_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_state *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_state_get(fail_inner(tx),
	    enrollment, a, out, e);
}

int fail_push_job_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_job **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_job_get(fail_inner(tx),
	    enrollment, a, out, e);
}

int fail_push_settle(struct store_tx *tx, uint64_t enrollment,
	const struct push_state *s, int64_t again, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_push_settle(fail_inner(tx),
	    enrollment, s, again, e);
}
