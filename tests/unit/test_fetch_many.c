/* net/fetch_many against a small HTTP/1.1 server in this process. HTTP/2 is
 * tested against tests/e2e/apns.py. */
#include "net/fetch_many.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clk.h"
#include "http_server.h"

struct fixture {
	struct arena *a;
	struct fetch_many *m;
	struct err e;
	int before;		/* connections of the server */
	unsigned done, ok, failed, refused;
	int status;		/* the last */
	enum err_kind kind;
	char body[16], msg[256];
	unsigned again;		/* added from done */
};

static void setup(struct fixture *x, struct fetch_many_options o)
{
	memset(x, 0, sizeof(*x));
	x->a = arena_new();
	assert_int_equal(fetch_many_open(&o, &x->m, &x->e), 0);
	x->before = http_server_connections();
}

static void teardown(struct fixture *x)
{
	fetch_many_close(x->m);
	arena_free(x->a);
}

static void get(struct fixture *x, const char *path);

static void on_done(const struct fetch_response *r, bool refused,
	const struct err *e, void *arg)
{
	struct fixture *x = arg;

	x->done++;
	assert_true((r == NULL) == (e != NULL));
	if (r != NULL) {
		x->ok++;
		x->status = r->status;
		memcpy(x->body, r->body.p, r->body.n < 15 ? r->body.n : 15);
	} else {
		x->failed++;
		x->kind = e->kind;
		memcpy(x->msg, e->msg, sizeof(x->msg));
	}
	x->refused += refused;
	if (x->again > 0) {
		x->again--;
		get(x, "/again");
	}
}

static void get(struct fixture *x, const char *path)
{
	char url[128];
	struct fetch_request rq = { .method = "GET", .url = url };

	/* The request is copied: this array is gone when it runs. */
	snprintf(url, sizeof(url), "%s%s", http_server_base, path);
	assert_int_equal(fetch_many_add(x->m, &rq, on_done, x, &x->e), 0);
}

static void test_many(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){ .fetch.max_connections = 3 });
	for (int i = 0; i < 400; i++)
		get(&x, "/");
	assert_int_equal(fetch_many_pending(x.m), 400);
	fetch_many_run(x.m, 20000);
	assert_int_equal(x.ok, 400);
	assert_int_equal(x.status, 200);
	assert_string_equal(x.body, "hello");
	assert_int_equal(fetch_many_pending(x.m), 0);
	assert_in_range(http_server_connections() - x.before, 1, 3);
	assert_int_equal(fetch_many_connections(x.m),
		http_server_connections() - x.before);
	teardown(&x);
}

static void test_body_and_headers(void **state)
{
	struct fetch_header h[] = { { "X-One", "1" } };
	char body[] = "a\0b", method[] = "POST";
	struct fetch_request rq = { .method = method, .headers = h,
		.nheaders = 1, .body = bytes_of(body, 3) };
	struct fixture x;
	char *s;

	(void)state;
	setup(&x, (struct fetch_many_options){ .idle_seconds = 5 });
	rq.url = http_server_base;
	assert_int_equal(fetch_many_add(x.m, &rq, on_done, &x, &x.e), 0);
	memset(body, 'x', sizeof(body));
	memset(method, 'x', sizeof(method) - 1);
	h[0].value = "2";
	fetch_many_run(x.m, 5000);
	assert_int_equal(x.ok, 1);
	s = http_server_last(x.a);
	assert_non_null(strstr(s, "POST / HTTP/1.1\r\n"));
	assert_non_null(strstr(s, "\r\nX-One: 1\r\n"));
	assert_string_equal(strstr(s, "\r\n\r\n") + 4, "a");
	teardown(&x);
}

static void test_add_from_done(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){ .fetch.max_connections = 1 });
	x.again = 10;
	get(&x, "/");
	fetch_many_run(x.m, 5000);
	assert_int_equal(x.ok, 11);
	assert_int_equal(http_server_connections() - x.before, 1);
	teardown(&x);
}

static void test_limits_and_trouble(void **state)
{
	static const struct {
		const char *path;
		enum err_kind kind;
	} row[] = {
		{ "/big", ERR_TOO_LARGE }, { "/headers", ERR_TOO_LARGE },
		{ "/garbage", ERR_UPSTREAM }, { "/drop", ERR_UPSTREAM },
		{ "/hang?SECRET", ERR_UPSTREAM },
	};
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){
		.fetch = { .total_ms = 1500, .max_reply = 4999 } });
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		get(&x, row[i].path);
		fetch_many_run(x.m, 5000);
		assert_int_equal(x.failed, i + 1);
		assert_int_equal(x.kind, row[i].kind);
		assert_non_null(strstr(x.msg, http_server_base));
		assert_null(strstr(x.msg, "SECRET"));
	}
	assert_int_equal(x.refused, 0);	/* the server had all of these */
	get(&x, "/503");
	fetch_many_run(x.m, 5000);
	assert_int_equal(x.status, 503);
	teardown(&x);
}

/* One that never answers takes a connection, and none of the others' time. */
static void test_slow_beside_quick(void **state)
{
	struct fixture x;
	int64_t start = clk_mono_us();

	(void)state;
	setup(&x, (struct fetch_many_options){
		.fetch = { .total_ms = 20000, .max_connections = 2 } });
	get(&x, "/hang");
	for (int i = 0; i < 20; i++)
		get(&x, "/");
	while (x.ok < 20 && clk_mono_us() - start < 15 * 1000000)
		fetch_many_run(x.m, 20);
	assert_int_equal(x.ok, 20);
	assert_int_equal(x.failed, 0);
	assert_int_equal(fetch_many_pending(x.m), 1);
	teardown(&x);
}

/* Time in line does not count as time without an answer. */
static void test_line(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){
		.fetch = { .total_ms = 1000, .max_connections = 1 } });
	get(&x, "/hang");
	get(&x, "/hang");
	get(&x, "/");
	fetch_many_run(x.m, 5000);
	assert_int_equal(x.failed, 2);
	assert_int_equal(x.ok, 1);
	teardown(&x);
}

static void test_refused(void **state)
{
	struct fetch_request rq = { .method = "GET",
		.url = "http://127.0.0.1:1/" };
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){ .fetch.http = FETCH_HTTP2 });
	for (int i = 0; i < 5; i++)
		assert_int_equal(fetch_many_add(x.m, &rq, on_done, &x, &x.e),
			0);
	get(&x, "/");	/* somebody else's server */
	fetch_many_run(x.m, 5000);
	assert_int_equal(x.failed, 5);
	assert_int_equal(x.refused, 5);
	assert_int_equal(x.ok, 1);
	assert_int_equal(fetch_many_connections(x.m), 1);
	rq.url = "ftp://127.0.0.1/";
	assert_int_equal(fetch_many_add(x.m, &rq, on_done, &x, &x.e), -1);
	assert_int_equal(x.e.kind, ERR_BAD_INPUT);
	assert_int_equal(x.done, 6);
	teardown(&x);
}

static void *wake(void *arg)
{
	fetch_many_wake(arg);
	return NULL;
}

static void test_wake(void **state)
{
	int64_t start = clk_mono_us();
	struct fixture x;
	pthread_t t;

	(void)state;
	setup(&x, (struct fetch_many_options){ .fetch.total_ms = 60000 });
	get(&x, "/hang");
	pthread_create(&t, NULL, wake, x.m);
	fetch_many_run(x.m, 30000);
	pthread_join(t, NULL);
	assert_int_equal(fetch_many_pending(x.m), 1);
	assert_true(clk_mono_us() - start < 20000000);
	/* Or the next test would count the connection as its own. */
	while (http_server_connections() == x.before)
		fetch_many_run(x.m, 10);
	/* What is under way is dropped. */
	teardown(&x);
	assert_int_equal(x.done, 0);
}

static void test_forget(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_many_options){
		.fetch = { .total_ms = 20000, .max_connections = 1 } });
	get(&x, "/");
	fetch_many_run(x.m, 5000);
	get(&x, "/hang");
	while (strstr(http_server_last(x.a), "/hang") == NULL)
		fetch_many_run(x.m, 10);
	fetch_many_forget(x.m);
	get(&x, "/");
	/* On a new connection, while the old one still waits. */
	while (x.ok < 2 && x.failed == 0)
		fetch_many_run(x.m, 10);
	assert_int_equal(x.ok, 2);
	assert_int_equal(x.failed, 0);
	assert_int_equal(http_server_connections() - x.before, 2);
	assert_int_equal(fetch_many_pending(x.m), 1);
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_body_and_headers),
		cmocka_unit_test(test_add_from_done),
		cmocka_unit_test(test_limits_and_trouble),
		cmocka_unit_test(test_slow_beside_quick),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_forget),
	};

	return cmocka_run_group_tests(tests, http_server_start,
		http_server_stop);
}
