/* What is done every minute, by the courier that leads: retention, pushes
 * to who stayed silent, warnings, figures. */
#include "courier/courier.h"

#include "base/clk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "courier/enroll_sweep.h"
#include "courier/expiry.h"
#include "courier/outage.h"
#include "courier/watch.h"
#include "push/push_sweep.h"
#include "store/store_admin.h"
#include "store/store_event.h"

#define EVERY_US ((int64_t)60 * 1000000)
#define AT_ONCE 500	/* rows of a transaction */
#define QUEUES_AT_ONCE 20000	/* looked at in a minute */
#define DAY 86400

struct sweep {
	struct courier *c;
	const struct conf *conf;
	int64_t now;
	struct arena *a;
	struct enroll_sweep enroll;
	size_t n;		/* removed by one transaction */
	uint64_t after;		/* where push_sweep goes on */
	int64_t oldest;		/* next command since it began */
};

/* ---- retention ---- */

static int64_t days_ago(const struct sweep *s, unsigned days)
{
	return s->now - (int64_t)days * DAY;
}

static int results_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *s = arg;

	return store_sweep(tx, days_ago(s, s->conf->result_days),
		s->conf->result_max, AT_ONCE, &s->n, e);
}

static int events_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *s = arg;

	return store_event_sweep(tx, days_ago(s, s->conf->event_days),
		s->conf->event_max, AT_ONCE, &s->n, e);
}

static int outage_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *s = arg;

	return outage_sweep(tx, s->now, s->conf->event_bury_hours, AT_ONCE,
		s->a, &s->n, e);
}

static int audit_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *s = arg;

	return store_audit_sweep(tx, days_ago(s, s->conf->audit_days),
		s->conf->audit_max, AT_ONCE, &s->n, e);
}

/* Small transactions one after the other: others get in between. */
static int retain(struct sweep *s, const char *what, store_fn fn,
	struct err *e)
{
	uint64_t total = 0;

	do {
		if (store_write(s->c->store, fn, s, e) < 0)
			return err_wrap(e, "%s", what);
		total += s->n;
	} while (s->n >= AT_ONCE && !s->c->stopping);
	if (total > 0)
		log_msg(LOG_INFO, "swept", "%llu %s",
			(unsigned long long)total, what);
	return 0;
}

/* ---- figures ---- */

static void queue_oldest(struct sweep *s, int64_t oldest)
{
	if (oldest != 0 && (s->oldest == 0 || oldest < s->oldest))
		s->oldest = oldest;
	if (s->after != 0)
		return;
	metrics_gauge("mooring_queue_oldest_timestamp_seconds", "",
		(double)s->oldest);
	s->oldest = 0;
}

/* ---- the minute ---- */

static int push_again(struct sweep *s, struct err *e)
{
	int64_t oldest;
	size_t added;
	int rc;

	rc = push_sweep(s->c->store, s->conf, s->now, QUEUES_AT_ONCE,
		&s->after, &added, &oldest, e);
	if (rc < 0)
		err_wrap(e, "pushes");
	else
		queue_oldest(s, oldest);
	if (added > 0) {
		log_msg(LOG_INFO, "push_again", "%zu enrollments", added);
		courier_call(s->c);
	}
	return rc;
}

static int watch(struct sweep *s, struct err *e)
{
	struct store *st = s->c->store;
	bool events = false;
	int rc = 0;

	if (expiry_look(st, s->conf, s->now, s->a, &events, e) < 0 ||
		watch_guard(st, s->now, s->a, &events, e) < 0 ||
		watch_store(st, s->conf, s->now, s->a, &events, e) < 0)
		rc = -1;
	if (events)
		courier_call(s->c);
	return rc;
}

static void complain(struct err *e)
{
	log_msg(LOG_WARN, "sweep", "%s", e->msg);
	*e = (struct err)ERR_INIT;
}

/* One that fails holds up none of the others. */
static void sweep_once(struct sweep *s)
{
	struct err e = ERR_INIT;
	bool pushes;

	s->now = clk_now();
	s->conf = conf_acquire(s->c->conf, s->now);
	if (retain(s, "results", results_tx, &e) < 0)
		complain(&e);
	if (retain(s, "events", events_tx, &e) < 0)
		complain(&e);
	if (retain(s, "deliveries to receivers that are gone", outage_tx,
		&e) < 0)
		complain(&e);
	if (retain(s, "audit records", audit_tx, &e) < 0)
		complain(&e);
	if (push_again(s, &e) < 0)
		complain(&e);
	if (watch(s, &e) < 0)
		complain(&e);
	enroll_sweep(&s->enroll, s->c, s->conf, s->now, s->a, &pushes);
	if (pushes)
		courier_call(s->c);
	conf_release(s->c->conf, s->conf);
	arena_reset(s->a);
}

void *sweep_loop(void *arg)
{
	struct courier *c = arg;
	struct sweep s = { .c = c, .a = arena_new() };
	int64_t due = clk_mono_us(), left;
	uint64_t seen = 0;

	while (!c->stopping) {
		left = due - clk_mono_us();
		if (left > 0 || !c->leads) {
			courier_wait(c, &seen, left > 0 ? left / 1000 + 1 :
				COURIER_LOOK_MS);
			continue;
		}
		due = clk_mono_us() + EVERY_US;
		sweep_once(&s);
		if (c->once)
			break;
	}
	arena_free(s.a);
	return NULL;
}
