/* One round over the webhooks: the outcome of what was sent, and what is sent
 * next. The waiting is webhook_loop.c's. */
#include "courier/webhook_round.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/rnd.h"
#include "courier/retry.h"

#define LEASE_SLACK 20	/* seconds beside webhook_timeout: to connect, and
			 * to settle */
#define FOLLOWS_MAX 20	/* then the lane waits in line again */
#define CLAIMS_MAX 32	/* in one transaction */
#define SENDINGS_MAX 256	/* of all webhooks together */
#define BYTES_MAX ((size_t)64 << 20)	/* … and of their bodies */

struct hook {
	struct webhook *w;
	struct webhook_state s;
	bool was_down, changed;
	unsigned busy;		/* on their way */
};
struct outcome {
	struct sending *s;
	struct arena *a;	/* of what follows it */
	struct claim *next;
	bool buried;
};
struct taken {
	struct arena *a;
	struct claim *claim;
};
struct round {
	struct webhooks *w;
	int64_t now;
	struct arena *a;
	struct hook *hooks;
	size_t n_hooks;
	size_t busy, bytes;
	struct outcome *ended;
	size_t n_ended;
	struct taken taken[CLAIMS_MAX];
	size_t n_taken;
	bool again;
	int64_t due;
};

static struct hook *hook_of(const struct round *r, uint64_t num)
{
	for (size_t i = 0; i < r->n_hooks; i++)
		if (r->hooks[i].w->num == num)
			return &r->hooks[i];
	return NULL;
}

/* ---- reading ---- */

static void count_busy(struct round *r)
{
	r->busy = r->bytes = 0;
	for (const struct sending *s = r->w->first; s != NULL; s = s->next) {
		struct hook *h = hook_of(r, s->claim->webhook);

		if (s->state != SENDING_OUT)
			continue;
		r->busy++;
		r->bytes += s->bytes;
		if (h != NULL)
			h->busy++;
	}
}

static int load(struct store_tx *tx, struct round *r, struct err *e)
{
	struct webhook **list;

	if (store_webhook_list(tx, r->a, &list, &r->n_hooks, e) < 0)
		return -1;
	r->hooks = arena_zalloc(r->a, r->n_hooks * sizeof(*r->hooks));
	for (size_t i = 0; i < r->n_hooks; i++) {
		struct hook *h = &r->hooks[i];

		h->w = list[i];
		if (store_webhook_state_get(tx, h->w->num, r->a, &h->s, e) < 0)
			return -1;
		h->was_down = h->s.failures > 0;
	}
	count_busy(r);
	return 0;
}

/* Whether one more may be sent. A webhook's share keeps one whose receiver
 * hangs from taking the others' places. */
static bool has_room(const struct round *r, const struct hook *h)
{
	unsigned share = SENDINGS_MAX / (unsigned)r->n_hooks;
	unsigned most = r->w->conf->webhook_parallel;

	if (most > share)
		most = share;
	if (!r->w->take || h->w->paused || h->s.hold_until > r->now ||
		h->busy >= retry_parallel(h->s.failures, most))
		return false;
	return r->busy == 0 || r->bytes < BYTES_MAX;
}

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct round *r = arg;

	r->again = false;
	r->due = 0;
	if (load(tx, r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n_hooks; i++) {
		struct hook *h = &r->hooks[i];
		int64_t due;

		if (store_delivery_next_due(tx, h->w->num, &due, e) < 0)
			return -1;
		if (due == 0)
			continue;
		if (due <= r->now && !has_room(r, h))
			continue;
		if (due <= r->now)
			r->again = true;
		if (r->due == 0 || due < r->due)
			r->due = due;
	}
	return 0;
}

/* ---- writing ---- */

static int64_t lease_end(const struct round *r)
{
	return r->now + (int64_t)r->w->conf->webhook_timeout + LEASE_SLACK;
}

static int settle_ok(struct store_tx *tx, struct round *r, struct outcome *o,
	struct hook *h, struct err *e)
{
	bool follow = r->w->take && h != NULL && !h->w->paused &&
		o->s->follows < FOLLOWS_MAX;

	if (h != NULL) {
		h->changed = h->changed || h->s.failures != 0 ||
			h->s.hold_until != 0 || h->s.last_ok != r->now;
		h->s.failures = 0;
		h->s.hold_until = 0;
		h->s.last_ok = r->now;
	}
	if (store_delivery_done(tx, o->s->claim, r->now,
		follow ? lease_end(r) : 0, o->a, &o->next, e) < 0)
		return -1;
	if (o->next != NULL && h != NULL) {
		h->busy++;
		r->busy++;
	}
	return 0;
}

static int settle_failed(struct store_tx *tx, struct round *r,
	struct outcome *o, struct hook *h, enum retry_kind kind,
	struct err *e)
{
	const struct sending *s = o->s;
	struct retry_in in = { .kind = kind, .now = r->now,
		.attempts = s->claim->attempts,
		.created = s->claim->event->created,
		.bury_hours = r->w->conf->event_bury_hours,
		.asked = s->asked };
	struct retry_out out;

	rnd_bytes(&in.random, sizeof(in.random));
	if (h != NULL) {
		in.failures = h->s.failures;
		in.hold_until = h->s.hold_until;
		in.last_failed = h->s.last_failed;
	}
	retry_decide(&in, &out);
	if (h != NULL) {
		h->s.failures = out.failures;
		h->s.hold_until = out.hold_until;
		h->s.last_failed = r->now;
		h->s.last_error = s->why;
		h->changed = true;
	}
	o->buried = out.bury;
	if (out.bury)
		return store_delivery_bury(tx, s->claim, r->now, s->why, e);
	return store_delivery_retry(tx, s->claim, out.due, s->why, e);
}

static int settle(struct store_tx *tx, struct round *r, struct outcome *o,
	struct err *e)
{
	struct hook *h = hook_of(r, o->s->claim->webhook);
	enum retry_kind kind = retry_kind_of(o->s->status);

	/* It may run again: start from nothing. */
	arena_reset(o->a);
	o->next = NULL;
	o->buried = false;
	if (o->s->state == SENDING_GIVEN_BACK)
		return store_delivery_retry(tx, o->s->claim, r->now, NULL, e);
	/* No matter of the receiver, and no later attempt reads it. */
	if (o->s->claim->unreadable != NULL) {
		o->buried = true;
		return store_delivery_bury(tx, o->s->claim, r->now, o->s->why,
			e);
	}
	if (kind == RETRY_TAKEN)
		return settle_ok(tx, r, o, h, e);
	return settle_failed(tx, r, o, h, kind, e);
}

static int claim_for(struct store_tx *tx, struct round *r, struct hook *h,
	struct err *e)
{
	while (r->n_taken < CLAIMS_MAX && has_room(r, h)) {
		struct arena *a = arena_new();
		struct claim **list;
		size_t n;

		r->taken[r->n_taken++] = (struct taken){ .a = a };
		if (store_delivery_claim(tx, h->w->num, r->now, lease_end(r),
			1, a, &list, &n, e) < 0)
			return -1;
		if (n == 0) {
			arena_free(r->taken[--r->n_taken].a);
			return 0;
		}
		r->taken[r->n_taken - 1].claim = list[0];
		h->busy++;
		r->busy++;
		/* About what its request will take. */
		r->bytes += list[0]->event->raw.n * 3;
	}
	return 0;
}

static void drop_taken(struct round *r)
{
	while (r->n_taken > 0)
		arena_free(r->taken[--r->n_taken].a);
}

static int write_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct round *r = arg;

	drop_taken(r);
	if (load(tx, r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n_ended; i++)
		if (settle(tx, r, &r->ended[i], e) < 0)
			return -1;
	for (size_t i = 0; i < r->n_hooks; i++) {
		struct hook *h = &r->hooks[i];

		if (h->changed && store_webhook_state_put(tx, h->w->num, &h->s,
			e) < 0)
			return -1;
		if (claim_for(tx, r, h, e) < 0)
			return -1;
	}
	r->again = r->n_taken > 0 || r->n_ended > 0;
	r->due = 0;
	return 0;
}

/* ---- after the commit ---- */

static void count(const struct outcome *o)
{
	enum retry_kind kind = retry_kind_of(o->s->status);
	const char *what = kind == RETRY_TAKEN ? "delivered" :
		o->buried ? "buried" :
		kind == RETRY_REFUSED ? "refused" : "no_answer";

	if (o->s->state == SENDING_ENDED)
		metrics_count("mooring_webhook_deliveries_total",
			arena_printf(o->s->a, "webhook=\"%s\",outcome=\"%s\"",
				o->s->hook, what), 1);
}

static void log_outcome(const struct outcome *o)
{
	const struct claim *c = o->s->claim;
	struct log_line l;

	if (o->s->state != SENDING_ENDED ||
		retry_kind_of(o->s->status) == RETRY_TAKEN)
		return;
	log_begin(&l, o->buried ? LOG_WARN : LOG_INFO,
		o->buried ? "event.buried" : "event.failed");
	log_str(&l, "webhook", o->s->hook);
	log_u64(&l, "seq", c->seq);
	log_str(&l, "topic", c->event->topic);
	log_u64(&l, "enrollment", c->enrollment);
	log_u64(&l, "attempt", (uint64_t)c->attempts + 1);
	log_str(&l, "reason", o->s->why);
	log_end(&l);
}

/* One line when a webhook begins to fail, one when that is over. */
static void log_hook(const struct hook *h)
{
	bool down = h->s.failures > 0;
	struct log_line l;

	if (!h->changed || down == h->was_down)
		return;
	log_begin(&l, LOG_WARN, down ? "webhook.failing" : "webhook.works");
	log_str(&l, "webhook", h->w->name);
	if (down)
		log_str(&l, "reason", h->s.last_error);
	log_end(&l);
}

static void start(struct round *r, struct claim *claim, struct arena *a,
	unsigned follows)
{
	const struct hook *h = hook_of(r, claim->webhook);
	struct sending **at = &r->w->first;

	while (*at != NULL)
		at = &(*at)->next;
	*at = sending_start(r->w->many, h->w, claim, a, follows);
}

static void finish(struct round *r)
{
	struct sending **at = &r->w->first;

	while (*at != NULL) {
		if ((*at)->state == SENDING_OUT)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
	for (size_t i = 0; i < r->n_hooks; i++)
		log_hook(&r->hooks[i]);
	for (size_t i = 0; i < r->n_ended; i++) {
		struct outcome *o = &r->ended[i];

		count(o);
		log_outcome(o);
		if (o->next != NULL)
			start(r, o->next, o->a, o->s->follows + 1);
		else
			arena_free(o->a);
		sending_free(o->s);
	}
	for (size_t i = 0; i < r->n_taken; i++)
		start(r, r->taken[i].claim, r->taken[i].a, 0);
	r->n_ended = r->n_taken = 0;
}

static void gather_ended(struct round *r)
{
	size_t n = 0;

	for (struct sending *s = r->w->first; s != NULL; s = s->next)
		n += s->state != SENDING_OUT;
	r->ended = arena_zalloc(r->a, n * sizeof(*r->ended));
	for (struct sending *s = r->w->first; s != NULL; s = s->next)
		if (s->state != SENDING_OUT)
			r->ended[r->n_ended++] = (struct outcome){ .s = s,
				.a = arena_new() };
}

static int run(struct round *r, struct err *e)
{
	struct store *st = r->w->courier->store;
	int rc;

	gather_ended(r);
	if (r->n_ended == 0) {
		if (store_read(st, look_tx, r, e) < 0)
			return -1;
		if (!r->again)
			return 0;
	}
	rc = store_write(st, write_tx, r, e);
	if (rc == 0)
		finish(r);
	drop_taken(r);
	for (size_t i = 0; i < r->n_ended; i++)
		arena_free(r->ended[i].a);
	return rc;
}

int webhook_round(struct webhooks *w, int64_t now, bool *again, int64_t *due,
	struct err *e)
{
	struct round *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		abort();
	r->w = w;
	r->now = now;
	r->a = arena_new();
	rc = run(r, e);
	*again = r->again;
	*due = r->due;
	arena_free(r->a);
	free(r);
	return rc;
}
