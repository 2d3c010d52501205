/* Many exchanges in one thread by libcurl's multi interface. What waits, what
 * is under way and on which connections; an exchange itself is exchange.c's.
 */
#include "net/fetch_many.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clk.h"
#include "net/exchange.h"
#include "net/pool.h"

#define STREAMS 256	/* under way at once */
#define IDLE_SECONDS 3600
#define DRAIN_TICK_MS 20
#define KEEPALIVE_SECONDS 60L

struct item {
	struct item *next;
	struct arena *a;
	struct fetch_request rq;
	const char *place;
	fetch_many_done done;
	void *arg;
	/* under way */
	struct exchange *x;
	struct pool *pool;
	int64_t started_us;	/* when it had a connection; 0: has not */
	/* ended */
	bool over, failed, refused;
	bool barren;	/* others must not try after it */
	struct fetch_response r;
	struct err e;
};

struct list {
	struct item *first, **last;
	size_t n;
};

struct fetch_many {
	struct fetch_many_options o;
	struct fetch_identity *identity;
	struct pool *pools;	/* the first is the one in use */
	struct list waiting, active;
	int wake;	/* an eventfd */
	uint64_t connections;
};

static void list_init(struct list *l)
{
	l->first = NULL;
	l->last = &l->first;
	l->n = 0;
}

static void list_add(struct list *l, struct item *it)
{
	it->next = NULL;
	*l->last = it;
	l->last = &it->next;
	l->n++;
}

/* Takes out the one that *at points to. */
static struct item *list_take(struct list *l, struct item **at)
{
	struct item *it = *at;

	*at = it->next;
	if (it->next == NULL)
		l->last = at;
	it->next = NULL;
	l->n--;
	return it;
}

int fetch_many_open(const struct fetch_many_options *o,
	struct fetch_many **out, struct err *e)
{
	struct fetch_options fo = o->fetch, own;
	struct fetch_many *m;

	if (fo.max_connections == 0 && fo.http == FETCH_HTTP2)
		fo.max_connections = 1;
	if (exchange_options_init(&fo, &own, e) != 0)
		return -1;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		abort();
	m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake < 0) {
		exchange_options_fini(&own);
		free(m);
		return err_errno(e, ERR_INTERNAL, errno, "eventfd");
	}
	m->o = *o;
	m->o.fetch = own;
	if (m->o.idle_seconds == 0)
		m->o.idle_seconds = IDLE_SECONDS;
	m->identity = exchange_identity_copy(o->identity);
	m->o.identity = m->identity;
	list_init(&m->waiting);
	list_init(&m->active);
	m->pools = pool_new(own.max_connections, STREAMS);
	*out = m;
	return 0;
}

static void release(struct item *it)
{
	if (it->x == NULL)
		return;
	exchange_fini(it->x);
	free(it->x);
	it->x = NULL;
}

static void item_free(struct item *it)
{
	release(it);
	arena_free(it->a);
	free(it);
}

/* Takes an exchange that has ended, or is to end, off its connections. */
static void detach(struct fetch_many *m, struct item *it)
{
	long connects = 0;

	if (it->started_us != 0)
		curl_easy_getinfo(it->x->curl, CURLINFO_NUM_CONNECTS,
			&connects);
	m->connections += (uint64_t)connects;
	curl_multi_remove_handle(it->pool->multi, it->x->curl);
	it->pool->active--;
	it->pool = NULL;
}

void fetch_many_close(struct fetch_many *m)
{
	struct pool *p;

	if (m == NULL)
		return;
	while (m->active.first != NULL) {
		struct item *it = list_take(&m->active, &m->active.first);

		detach(m, it);
		item_free(it);
	}
	while (m->waiting.first != NULL)
		item_free(list_take(&m->waiting, &m->waiting.first));
	while ((p = m->pools) != NULL) {
		m->pools = p->next;
		pool_free(p);
	}
	exchange_identity_free(m->identity);
	close(m->wake);
	exchange_options_fini(&m->o.fetch);
	free(m);
}

int fetch_many_add(struct fetch_many *m, const struct fetch_request *rq,
	fetch_many_done done, void *arg, struct err *e)
{
	struct arena *a = arena_new();
	struct fetch_header *h;
	struct item *it;

	if (exchange_check(rq, a, e) != 0) {
		arena_free(a);
		return -1;
	}
	it = calloc(1, sizeof(*it));
	if (it == NULL)
		abort();
	it->a = a;
	it->rq = *rq;
	it->rq.method = arena_strdup(a, rq->method);
	it->rq.url = arena_strdup(a, rq->url);
	h = arena_alloc(a, rq->nheaders * sizeof(*h));
	for (size_t i = 0; i < rq->nheaders; i++) {
		h[i].name = arena_strdup(a, rq->headers[i].name);
		h[i].value = arena_strdup(a, rq->headers[i].value);
	}
	it->rq.headers = h;
	if (rq->body.p != NULL)
		it->rq.body = arena_bytes(a, rq->body);
	it->rq.identity = m->identity;
	it->place = exchange_place(rq->url, a);
	it->done = done;
	it->arg = arg;
	list_add(&m->waiting, it);
	return 0;
}

/* libcurl calls it when the request is about to go out: from here on the
 * server may work on it, and its time runs. */
static int on_start(void *arg, char *remote, char *local, int remote_port,
	int local_port)
{
	struct item *it = arg;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	if (it->started_us == 0)
		it->started_us = clk_mono_us();
	return CURL_PREREQFUNC_OK;
}

static bool is_http2(const struct fetch_many *m)
{
	return m->o.fetch.http == FETCH_HTTP2;
}

static void start(struct fetch_many *m, struct item *it)
{
	struct err e = ERR_INIT;
	CURL *c;

	it->x = malloc(sizeof(*it->x));
	if (it->x == NULL)
		abort();
	exchange_init(it->x, &m->o.fetch);
	it->pool = m->pools;
	c = it->x->curl;
	/* Was checked when it was added. */
	if (exchange_begin(it->x, &it->rq, it->a, &e) != 0)
		abort();
	/* Time in line does not count, so libcurl's clock is of no use. */
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 0L);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_start);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, it);
	curl_easy_setopt(c, CURLOPT_PRIVATE, it);
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, is_http2(m) ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, (long)m->o.idle_seconds);
	curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	if (curl_multi_add_handle(it->pool->multi, c) != CURLM_OK)
		abort();
	it->pool->active++;
	list_add(&m->active, it);
}

/* The first exchange on new HTTP/2 connections goes alone: it shows whether
 * the server talks to us, and brings what the server allows. */
static void start_what_may(struct fetch_many *m)
{
	while (m->waiting.first != NULL && m->pools->active <
		(is_http2(m) && m->pools->answered_us == 0 ? 1 : STREAMS))
		start(m, list_take(&m->waiting, &m->waiting.first));
}

/* It failed by its connection, not by itself. When nothing was answered since
 * it began, these connections lead nowhere. */
static void doubt(struct pool *p, struct item *it)
{
	it->barren = it->started_us == 0 || p->answered_us <= it->started_us;
	if (it->barren)
		p->answered_us = 0;
}

static void read_messages(struct pool *p, int64_t now)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(p->multi, &left)) != NULL) {
		struct item *it = NULL;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &it);
		if (msg->msg != CURLMSG_DONE || it == NULL)
			continue;
		it->over = true;
		it->failed = exchange_end(it->x, msg->data.result,
			it->rq.url, it->a, &it->r, &it->e) != 0;
		/* What GOAWAY refuses libcurl does again by itself, but for
		 * the last exchange of the connection: that ends so. */
		it->refused = it->failed && (it->started_us == 0 ||
			(msg->data.result == CURLE_HTTP2 &&
			it->x->head.n == 0));
		if (msg->data.result == CURLE_OK)
			p->answered_us = now;
		else if (msg->data.result != CURLE_HTTP2_STREAM)
			doubt(p, it);
	}
}

/* Fails what has waited for its answer too long. */
static void expire(struct fetch_many *m, int64_t now, bool *silent)
{
	for (struct item *it = m->active.first; it != NULL; it = it->next) {
		if (it->over || it->started_us == 0 || now - it->started_us <
			(int64_t)m->o.fetch.total_ms * 1000)
			continue;
		it->over = it->failed = true;
		err_set(&it->e, ERR_UPSTREAM, "%s: no answer within %u ms",
			it->place, m->o.fetch.total_ms);
		doubt(it->pool, it);
		if (it->barren && it->pool == m->pools)
			*silent = true;
	}
}

/* Where one could not get a connection, or no answer over a new one, those
 * that wait for the same fail with it, rather than each by itself. */
static bool fail_together(struct fetch_many *m)
{
	const struct item *bad = m->active.first;

	while (bad != NULL && !bad->barren)
		bad = bad->next;
	if (bad == NULL)
		return false;
	for (int i = 0; i < 2; i++)
		for (struct item *it = i == 0 ? m->active.first :
			m->waiting.first; it != NULL; it = it->next)
			if (!it->over && it->started_us == 0 &&
				str_eq(it->place, bad->place)) {
				it->over = it->failed = it->refused = true;
				it->e = bad->e;
			}
	return true;
}

/* Moves what is over into `ended`. */
static void collect(struct fetch_many *m, struct list *ended)
{
	struct list *from[] = { &m->active, &m->waiting };
	int64_t now = clk_mono_us();
	bool silent = false;
	int lists;

	for (struct pool *p = m->pools; p != NULL; p = p->next)
		read_messages(p, now);
	expire(m, now, &silent);
	lists = is_http2(m) && fail_together(m) ? 2 : 1;
	for (int i = 0; i < lists; i++) {
		struct item **at = &from[i]->first;

		while (*at != NULL) {
			if (!(*at)->over) {
				at = &(*at)->next;
				continue;
			}
			if ((*at)->pool != NULL)
				detach(m, *at);
			list_add(ended, list_take(from[i], at));
		}
	}
	if (silent && is_http2(m))
		fetch_many_forget(m);
}

static void deliver(struct list *ended)
{
	while (ended->first != NULL) {
		struct item *it = list_take(ended, &ended->first);

		it->done(it->failed ? NULL : &it->r, it->refused,
			it->failed ? &it->e : NULL, it->arg);
		item_free(it);
	}
}

/* Pools that were forgotten and have nothing under way any more. */
static void drop_pools(struct fetch_many *m)
{
	struct pool **at = &m->pools->next;

	while (*at != NULL) {
		struct pool *p = *at;

		if (p->active > 0) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		pool_free(p);
	}
}

/* Until libcurl has something to do, or a time-out of ours is near. */
static void wait_for_work(struct fetch_many *m, int64_t until)
{
	struct curl_waitfd fd = { .fd = m->wake, .events = CURL_WAIT_POLLIN };
	int64_t total = (int64_t)m->o.fetch.total_ms * 1000;
	int64_t left, now = clk_mono_us();

	for (struct item *it = m->active.first; it != NULL; it = it->next)
		if (it->started_us != 0 && it->started_us + total < until)
			until = it->started_us + total;
	left = until > now ? (until - now + 999) / 1000 : 0;
	if (m->pools->next != NULL && left > DRAIN_TICK_MS)
		left = DRAIN_TICK_MS;
	curl_multi_poll(m->pools->multi, &fd, 1, (int)left, NULL);
}

static bool was_woken(struct fetch_many *m)
{
	uint64_t n;

	return read(m->wake, &n, sizeof(n)) == (ssize_t)sizeof(n);
}

void fetch_many_run(struct fetch_many *m, unsigned timeout_ms)
{
	int64_t until = clk_mono_us() + (int64_t)timeout_ms * 1000;
	struct list ended;
	int running;
	bool more;

	list_init(&ended);
	for (;;) {
		start_what_may(m);
		for (struct pool *p = m->pools; p != NULL; p = p->next)
			curl_multi_perform(p->multi, &running);
		collect(m, &ended);
		more = ended.n > 0;
		deliver(&ended);
		drop_pools(m);
		pool_tend(m->pools, m->o.idle_seconds);
		if (was_woken(m) || fetch_many_pending(m) == 0 ||
			clk_mono_us() >= until)
			return;
		if (!more)
			wait_for_work(m, until);
	}
}

void fetch_many_wake(struct fetch_many *m)
{
	uint64_t one = 1;
	ssize_t n = write(m->wake, &one, sizeof(one));

	(void)n;	/* full: it is awake */
}

size_t fetch_many_pending(const struct fetch_many *m)
{
	return m->waiting.n + m->active.n;
}

uint64_t fetch_many_connections(const struct fetch_many *m)
{
	return m->connections;
}

/* What has no connection yet waits for a new one, in its old order. */
void fetch_many_forget(struct fetch_many *m)
{
	struct item **at = &m->active.first;
	struct pool *p = pool_new(m->o.fetch.max_connections, STREAMS);
	struct list again;

	list_init(&again);
	while (*at != NULL) {
		if ((*at)->started_us != 0 || (*at)->pool != m->pools) {
			at = &(*at)->next;
			continue;
		}
		detach(m, *at);
		release(*at);
		list_add(&again, list_take(&m->active, at));
	}
	while (m->waiting.first != NULL)
		list_add(&again, list_take(&m->waiting, &m->waiting.first));
	list_init(&m->waiting);
	while (again.first != NULL)
		list_add(&m->waiting, list_take(&again, &again.first));
	p->next = m->pools;
	m->pools = p;
}
