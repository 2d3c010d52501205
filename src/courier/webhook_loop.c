/* The thread that delivers events: rounds, and the waiting between them. */
#include "courier/webhook_round.h"

#include "base/clk.h"
#include "base/log.h"

#define REPLY_MAX ((size_t)1 << 20)
#define IDLE_SECONDS 60
#define TROUBLE_MS 1000

struct loop {
	struct webhooks w;
	uint64_t seen;
	bool ending;
	/* what the connections were opened with */
	struct arena *a;
	const char *ca_file;
	unsigned timeout, parallel;
	/* the last line that was logged, until things are well again */
	struct err said;
};

static void say(struct loop *l, const char *what, const struct err *e)
{
	if (!str_eq(l->said.msg, e->msg))
		log_msg(LOG_ERROR, what, "%s", e->msg);
	l->said = *e;
}

/* ---- settings ---- */

static bool is_current(const struct loop *l, const struct conf *c)
{
	return l->w.many != NULL && l->timeout == c->webhook_timeout &&
		l->parallel == c->webhook_parallel &&
		str_eq(l->ca_file, c->webhook_ca_file);
}

static void close_many(struct loop *l)
{
	courier_set_many(l->w.courier, NULL);
	fetch_many_close(l->w.many);
	l->w.many = NULL;
}

static void open_many(struct loop *l, const struct conf *c)
{
	struct fetch_many_options o = {
		.fetch = {
			.ca_file = *c->webhook_ca_file != '\0' ?
				c->webhook_ca_file : NULL,
			.http = FETCH_HTTP1,
			.total_ms = c->webhook_timeout * 1000,
			.max_reply = REPLY_MAX,
			/* Several webhooks may name one host. */
			.max_connections = STORE_WEBHOOKS_MAX *
				c->webhook_parallel,
		},
		.idle_seconds = IDLE_SECONDS,
	};
	struct err e = ERR_INIT;

	close_many(l);
	if (fetch_many_open(&o, &l->w.many, &e) < 0) {
		say(l, "webhooks", &e);
		return;
	}
	l->timeout = c->webhook_timeout;
	l->parallel = c->webhook_parallel;
	arena_reset(l->a);
	l->ca_file = arena_strdup(l->a, c->webhook_ca_file);
	courier_set_many(l->w.courier, l->w.many);
}

/* New settings take effect when nothing is on its way with the old ones. */
static void follow_settings(struct loop *l)
{
	const struct conf *c = l->w.conf;

	l->w.take = !l->ending && !l->w.courier->stopping;
	if (is_current(l, c))
		return;
	if (l->w.first == NULL && l->w.take)
		open_many(l, c);
	l->w.take = l->w.take && is_current(l, c);
}

/* ---- rounds ---- */

static int round_once(struct loop *l, bool *again, int64_t *due)
{
	struct courier *c = l->w.courier;
	struct err e = ERR_INIT;
	int64_t now = clk_now();
	int rc;

	*again = false;
	l->w.conf = conf_acquire(c->conf, now);
	follow_settings(l);
	rc = webhook_round(&l->w, now, again, due, &e);
	conf_release(c->conf, l->w.conf);
	if (rc < 0)
		say(l, "webhooks", &e);
	else if (l->w.many != NULL)
		l->said.msg[0] = '\0';
	return rc;
}

static void wait_ms(struct loop *l, int64_t ms)
{
	if (l->w.many != NULL && fetch_many_pending(l->w.many) > 0)
		fetch_many_run(l->w.many, (unsigned)ms);
	else
		courier_wait(l->w.courier, &l->seen, ms);
}

static bool has_ended(const struct loop *l)
{
	for (const struct sending *s = l->w.first; s != NULL; s = s->next)
		if (s->state != SENDING_OUT)
			return true;
	return false;
}

/* What is on its way may still arrive; the rest is given back, for others or
 * for the next start. */
static void drain(struct loop *l)
{
	int64_t end = clk_mono_us() + COURIER_DRAIN_MS * 1000, due, left;
	bool again;

	l->ending = true;
	while (l->w.first != NULL && (left = end - clk_mono_us()) > 0) {
		if (!has_ended(l))
			fetch_many_run(l->w.many, (unsigned)(left / 1000 + 1));
		if (round_once(l, &again, &due) < 0)
			break;
	}
	close_many(l);
	for (struct sending *s = l->w.first; s != NULL; s = s->next)
		if (s->state == SENDING_OUT)
			s->state = SENDING_GIVEN_BACK;
	if (l->w.first != NULL)
		round_once(l, &again, &due);
}

/* An ended one wakes the round, so that it is settled at once, together with
 * those that ended in the same moment. */
void *webhook_loop(void *arg)
{
	struct courier *c = arg;
	struct loop l = { .w = { .courier = c }, .a = arena_new() };

	while (!c->stopping) {
		int64_t due = 0;
		bool again;

		if (round_once(&l, &again, &due) < 0) {
			if (c->once) {
				c->failed = true;
				break;
			}
			wait_ms(&l, TROUBLE_MS);
			continue;
		}
		if (again || has_ended(&l))
			continue;
		if (c->once && l.w.first == NULL)
			break;
		wait_ms(&l, courier_ms_until(due, clk_now()));
	}
	drain(&l);
	while (l.w.first != NULL) {
		struct sending *s = l.w.first;

		l.w.first = s->next;
		sending_free(s);
	}
	arena_free(l.a);
	return NULL;
}
