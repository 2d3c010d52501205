/* The thread that pushes: takes what callers ask for, goes through the steps
 * of pusher_parts.h, and tells the callers. */
#include "push/pusher.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clk.h"
#include "base/log.h"
#include "push/pusher_parts.h"

#define FINISH_US ((int64_t)10 * 1000000)
#define IDLE_SECONDS 20		/* then connections are tended */
#define TURN_MS 1000
#define TURN_OF_MANY_MS 5

struct pusher {
	struct store *st;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	/* under the lock */
	struct push_ask *first, **last;	/* not begun */
	struct fetch_many *running;	/* to be woken for more */
	bool stopping;
	uint64_t connections;
	/* of the thread */
	struct push_topic *topics;
	struct push_list ended;
	size_t under_way;
	uint64_t closed;	/* connections of topics that are gone */
};

static void cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

static struct timespec at_us(int64_t us)
{
	return (struct timespec){ .tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000 };
}

/* ---- what is asked ---- */

static char *copy(const char *s)
{
	char *p = s == NULL || s[0] == '\0' ? NULL : strdup(s);

	if (p == NULL && s != NULL && s[0] != '\0')
		abort();
	return p;
}

static struct push_batch *batch_new(const struct conf *conf,
	const struct push_request *rq, size_t n)
{
	struct push_batch *b = calloc(1, sizeof(*b) + n * sizeof(b->ask[0]));

	if (b == NULL)
		abort();
	cond_init(&b->decided);
	b->refs = 2;
	b->n = b->left = n;
	b->set.dir = copy(conf->dir);
	b->set.url = copy(conf->apns_url);
	b->set.ca_file = copy(conf->apns_ca_file);
	b->set.expiration_hours = conf->push_expiration_hours;
	for (size_t i = 0; i < n; i++) {
		b->ask[i].batch = b;
		b->ask[i].enrollment = rq[i].enrollment;
	}
	return b;
}

/* With the lock. */
static void batch_unref(struct push_batch *b)
{
	if (--b->refs > 0)
		return;
	pthread_cond_destroy(&b->decided);
	free(b->set.dir);
	free(b->set.url);
	free(b->set.ca_file);
	free(b);
}

/* With the lock. */
static void ask_done(struct push_ask *ask)
{
	struct push_batch *b = ask->batch;

	if (--b->left > 0)
		return;
	pthread_cond_broadcast(&b->decided);
	batch_unref(b);
}

void pusher_send(struct pusher *p, const struct conf *conf,
	struct push_request *rq, size_t n, unsigned wait_ms)
{
	struct timespec until = at_us(clk_mono_us() +
		(int64_t)wait_ms * 1000);
	struct push_batch *b;
	int rc = 0;

	if (n == 0)
		return;
	b = batch_new(conf, rq, n);
	pthread_mutex_lock(&p->lock);
	if (p->stopping) {
		b->refs = 1;
	} else {
		for (size_t i = 0; i < n; i++) {
			*p->last = &b->ask[i];
			p->last = &b->ask[i].next;
		}
		pthread_cond_signal(&p->work);
		if (p->running != NULL)
			fetch_many_wake(p->running);
		while (b->left > 0 && rc == 0 && wait_ms > 0)
			rc = pthread_cond_timedwait(&b->decided, &p->lock,
				&until);
	}
	for (size_t i = 0; i < n; i++) {
		rq[i].result = b->ask[i].result;
		rq[i].status = b->ask[i].status;
		rq[i].err = b->ask[i].err;
	}
	batch_unref(b);
	pthread_mutex_unlock(&p->lock);
}

/* ---- the thread ---- */

/* Up to n that were asked for; the rest stays. With the lock. */
static struct push_ask *take(struct pusher *p, size_t n)
{
	struct push_ask *first = p->first, **at = &first;

	while (n-- > 0 && *at != NULL)
		at = &(*at)->next;
	p->first = *at;
	if (p->first == NULL)
		p->last = &p->first;
	*at = NULL;
	return first;
}

/* Waits for work; what is to begin now. False: all is done, and no more
 * comes. */
static bool next_asks(struct pusher *p, struct push_ask **out, int64_t *end)
{
	struct timespec until = at_us(clk_mono_us() +
		(int64_t)IDLE_SECONDS * 1000000);
	size_t room = PUSHES_UNDER_WAY - p->under_way;
	int rc = 0;

	*out = NULL;
	pthread_mutex_lock(&p->lock);
	p->running = NULL;
	while (p->under_way == 0 && p->first == NULL && !p->stopping &&
		rc == 0)
		rc = pthread_cond_timedwait(&p->work, &p->lock, &until);
	if (p->stopping && *end == 0)
		*end = clk_mono_us() + FINISH_US;
	if (!p->stopping)
		*out = take(p, room < PUSHES_AT_ONCE ? room :
			PUSHES_AT_ONCE);
	pthread_mutex_unlock(&p->lock);
	return *end == 0 || (p->under_way > 0 && clk_mono_us() < *end);
}

static struct push *push_new(const struct push_ask *ask)
{
	struct arena *a = arena_new();
	struct push *p = arena_zalloc(a, sizeof(*p));

	p->a = a;
	p->enrollment = ask->enrollment;
	p->set = &ask->batch->set;
	return p;
}

static int by_enrollment(const void *x, const void *y)
{
	const struct push_ask *a = *(struct push_ask *const *)x;
	const struct push_ask *b = *(struct push_ask *const *)y;

	return a->enrollment < b->enrollment ? -1 :
		a->enrollment > b->enrollment;
}

/* One push for each enrollment, whoever asked for it. */
static void gather(struct push_ask *asks, struct push_list *l)
{
	struct push_ask *sorted[PUSHES_AT_ONCE];
	struct push *p = NULL;
	size_t n = 0;

	for (; asks != NULL; asks = asks->next)
		sorted[n++] = asks;
	qsort(sorted, n, sizeof(sorted[0]), by_enrollment);
	for (size_t i = 0; i < n; i++) {
		if (p == NULL || p->enrollment != sorted[i]->enrollment) {
			p = push_new(sorted[i]);
			push_list_add(l, p);
		}
		sorted[i]->next = p->asks;
		p->asks = sorted[i];
	}
}

static void push_done(struct pusher *p, struct push *push)
{
	struct push_ask *ask, *next;

	pthread_mutex_lock(&p->lock);
	for (ask = push->asks; ask != NULL; ask = next) {
		next = ask->next;
		ask->result = push->result;
		ask->status = push->status;
		if (push->result != PUSH_TAKEN)
			ask->err = push->err;
		ask_done(ask);
	}
	pthread_mutex_unlock(&p->lock);
	arena_free(push->a);
	p->under_way--;
}

/* The store cannot be read: the jobs stay. */
static void give_up(struct pusher *p, struct push_list *l,
	const struct err *e)
{
	struct push *push;

	log_msg(LOG_ERROR, "push", "%s", e->msg);
	while ((push = push_list_take(l)) != NULL) {
		push->result = PUSH_WAITS;
		push->err = *e;
		push_done(p, push);
	}
}

static void begin(struct pusher *p, struct push_ask *asks, int64_t now)
{
	struct push_certs certs = { NULL, 0 };
	struct err e = ERR_INIT;
	struct push_topic *t;
	struct push_list l;
	struct push *push;
	struct arena *a;

	push_list_init(&l);
	gather(asks, &l);
	p->under_way += l.n;
	a = arena_new();
	if (push_prepare(p->st, &l, now, a, &certs, &e) != 0)
		give_up(p, &l, &e);
	while ((push = push_list_take(&l)) != NULL) {
		t = push->end != PUSH_END_NONE ? NULL :
			push_topic_get(&p->topics, push, &certs);
		if (t == NULL) {
			push_list_add(&p->ended, push);
			continue;
		}
		t->now = now;
		push_topic_send(t, push);
	}
	arena_free(a);
}

static void run_one(struct pusher *p, struct push_topic *t, unsigned ms)
{
	pthread_mutex_lock(&p->lock);
	p->running = t->many;
	/* Asked for since we looked. */
	if (p->stopping || (p->first != NULL &&
		p->under_way < PUSHES_UNDER_WAY))
		ms = 0;
	pthread_mutex_unlock(&p->lock);
	fetch_many_run(t->many, ms);
	pthread_mutex_lock(&p->lock);
	p->running = NULL;
	pthread_mutex_unlock(&p->lock);
}

/* One turn of each topic; those that are idle tend their connections. */
static void run_topics(struct pusher *p, int64_t now)
{
	unsigned busy = 0;

	for (struct push_topic *t = p->topics; t != NULL; t = t->next)
		busy += fetch_many_pending(t->many) > 0;
	for (struct push_topic *t = p->topics; t != NULL; t = t->next) {
		t->now = now;
		run_one(p, t, fetch_many_pending(t->many) == 0 ||
			p->ended.n > 0 ? 0 :
			busy > 1 ? TURN_OF_MANY_MS : TURN_MS);
		push_topic_turn(t, &p->ended);
	}
}

static void settle(struct pusher *p, int64_t now)
{
	struct push *list[PUSHES_AT_ONCE];
	size_t n;

	while (p->ended.n > 0) {
		for (n = 0; n < PUSHES_AT_ONCE && p->ended.n > 0; n++)
			list[n] = push_list_take(&p->ended);
		push_settle(p->st, list, n, now);
		for (size_t i = 0; i < n; i++)
			push_done(p, list[i]);
	}
}

/* Before the callers are told, so that they can look. */
static void count_connections(struct pusher *p)
{
	uint64_t n = p->closed;

	for (struct push_topic *t = p->topics; t != NULL; t = t->next)
		n += push_topic_connections(t);
	pthread_mutex_lock(&p->lock);
	p->connections = n;
	pthread_mutex_unlock(&p->lock);
}

/* Those that have nothing more to do. */
static void drop_topics(struct pusher *p, bool all)
{
	struct push_topic **at = &p->topics;

	while (*at != NULL) {
		struct push_topic *t = *at;

		if (!all && ((!t->stopped && !t->replaced) ||
			t->under_way.n > 0)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		p->closed += push_topic_connections(t);
		push_topic_free(t);
	}
}

static void *work(void *arg)
{
	struct pusher *p = arg;
	struct push_ask *asks;
	int64_t end = 0;

	while (next_asks(p, &asks, &end)) {
		if (asks != NULL)
			begin(p, asks, clk_now());
		run_topics(p, clk_now());
		count_connections(p);
		settle(p, clk_now());
		drop_topics(p, false);
	}
	return NULL;
}

struct pusher *pusher_new(struct store *st)
{
	struct pusher *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->st = st;
	p->last = &p->first;
	push_list_init(&p->ended);
	pthread_mutex_init(&p->lock, NULL);
	cond_init(&p->work);
	if (pthread_create(&p->thread, NULL, work, p) != 0)
		abort();
	return p;
}

static void forget_asks(struct pusher *p, struct push_ask *asks)
{
	struct push_ask *next;

	pthread_mutex_lock(&p->lock);
	for (; asks != NULL; asks = next) {
		next = asks->next;
		ask_done(asks);
	}
	pthread_mutex_unlock(&p->lock);
}

void pusher_free(struct pusher *p)
{
	struct push_topic *t;
	struct push *push;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->work);
	if (p->running != NULL)
		fetch_many_wake(p->running);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	forget_asks(p, p->first);
	/* What APNs has not answered: its job comes due again. */
	for (t = p->topics; t != NULL; t = t->next)
		while ((push = push_list_take(&t->under_way)) != NULL)
			push_done(p, push);
	drop_topics(p, true);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

uint64_t pusher_connections(struct pusher *p)
{
	uint64_t n;

	pthread_mutex_lock(&p->lock);
	n = p->connections;
	pthread_mutex_unlock(&p->lock);
	return n;
}
