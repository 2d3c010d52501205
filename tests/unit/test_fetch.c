/* net/fetch against a small HTTP server in this process: what it answers
 * depends on the path. TLS and client certificates are tested end to end. */
#include "net/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http_server.h"

struct fixture {
	struct arena *a;
	struct fetch *f;
	struct fetch_response r;
	struct err e;
};

static void setup(struct fixture *x, struct fetch_options o)
{
	memset(x, 0, sizeof(*x));
	x->a = arena_new();
	assert_int_equal(fetch_open(&o, &x->f, &x->e), 0);
}

static void teardown(struct fixture *x)
{
	fetch_close(x->f);
	arena_free(x->a);
}

static int get(struct fixture *x, const char *path)
{
	struct fetch_request rq = { .method = "GET",
		.url = arena_printf(x->a, "%s%s", http_server_base, path) };

	return fetch_do(x->f, &rq, x->a, &x->r, &x->e);
}

static void test_get(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	assert_int_equal(get(&x, "/"), 0);
	assert_int_equal(x.r.status, 200);
	assert_int_equal(x.r.http_version, 11);
	assert_true(bytes_is(x.r.body, "hello"));
	assert_true(x.r.connected);
	assert_string_equal(fetch_response_header(&x.r, "x-text"),
		"two words");
	assert_null(fetch_response_header(&x.r, "X-Tex"));
	assert_non_null(strstr(http_server_last(x.a), "GET / HTTP/1.1\r\n"));
	/* Kept open. */
	assert_int_equal(get(&x, "/503"), 0);
	assert_int_equal(x.r.status, 503);
	assert_false(x.r.connected);
	teardown(&x);
}

static void test_put(void **state)
{
	struct fetch_header h[] = { { "X-One", "1" }, { "X-Empty", "" } };
	struct fetch_request rq = { .method = "PUT", .headers = h,
		.nheaders = 2, .body = bytes_of("a\0b", 3) };
	struct fixture x;
	const char *s;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	rq.url = arena_printf(x.a, "%s/echo?x=1", http_server_base);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	s = http_server_last(x.a);
	assert_non_null(strstr(s, "PUT /echo?x=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(s, "\r\nX-Empty:"));
	assert_non_null(strstr(s, "\r\nContent-Length: 3\r\n"));
	assert_null(strcasestr(s, "content-type"));
	assert_null(strcasestr(s, "expect"));
	/* A PUT without a body says so. */
	rq.body = bytes_of(NULL, 0);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_non_null(strstr(http_server_last(x.a), "Content-Length: 0\r\n"));
	teardown(&x);
}

static void test_connections(void **state)
{
	struct fetch_request rq = { .method = "GET", .fresh = true };
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	assert_int_equal(get(&x, "/"), 0);
	rq.url = arena_printf(x.a, "%s/", http_server_base);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_true(x.r.connected);
	assert_int_equal(get(&x, "/last"), 0);
	assert_false(x.r.connected);
	/* The server closed it after /last: a new one is made. */
	assert_int_equal(get(&x, "/"), 0);
	assert_true(x.r.connected);
	teardown(&x);
}

static void test_redirect(void **state)
{
	struct fetch_request rq = { .method = "PUT",
		.body = bytes_of("body", 4) };
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	rq.url = arena_printf(x.a, "%s/redirect", http_server_base);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_int_equal(x.r.status, 307);
	assert_string_equal(fetch_response_header(&x.r, "X-From"), "first");
	rq.max_redirects = 3;
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_int_equal(x.r.status, 200);
	assert_null(fetch_response_header(&x.r, "X-From"));
	assert_non_null(strstr(http_server_last(x.a), "PUT /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(http_server_last(x.a), "\r\n\r\nbody"));
	teardown(&x);
}

static void test_limits(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ .max_reply = 4999 });
	assert_int_equal(get(&x, "/big"), -1);
	assert_int_equal(x.e.kind, ERR_TOO_LARGE);
	assert_int_equal(get(&x, "/headers"), -1);
	assert_int_equal(x.e.kind, ERR_TOO_LARGE);
	assert_int_equal(get(&x, "/"), 0);
	teardown(&x);
	setup(&x, (struct fetch_options){ .max_reply = 5000 });
	assert_int_equal(get(&x, "/big"), 0);
	assert_int_equal(x.r.body.n, 5000);
	teardown(&x);
}

static void test_upstream_trouble(void **state)
{
	static const char *const path[] = { "/garbage", "/drop", "/hang" };
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ .total_ms = 300 });
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		assert_int_equal(get(&x, path[i]), -1);
		assert_int_equal(x.e.kind, ERR_UPSTREAM);
		assert_non_null(strstr(x.e.msg, http_server_base));
	}
	teardown(&x);
}

static void test_refused(void **state)
{
	static const struct {
		const char *url;
		enum err_kind kind;
	} row[] = {
		{ "ftp://127.0.0.1/x", ERR_BAD_INPUT },
		{ "file:///etc/hostname", ERR_BAD_INPUT },
		{ "http://", ERR_BAD_INPUT },
		{ "http://user:SECRET@127.0.0.1:1/SECRET?SECRET",
			ERR_UPSTREAM },
	};
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct fetch_request rq = { .method = "GET",
			.url = row[i].url };

		assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), -1);
		assert_int_equal(x.e.kind, row[i].kind);
		assert_null(strstr(x.e.msg, "SECRET"));
	}
	teardown(&x);
}

static void test_bad_requests(void **state)
{
	static const struct fetch_header bad[] = {
		{ "X", "a\r\nY: b" }, { "X\n", "a" }, { "X: Y", "a" },
		{ "", "a" },
	};
	struct fetch_options o = { .ca_file = "/nowhere/ca.pem" };
	struct fetch *f;
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fetch_request rq = { .method = "GET",
			.url = http_server_base,
			.headers = &bad[i], .nheaders = 1 };

		assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), -1);
		assert_int_equal(x.e.kind, ERR_BAD_INPUT);
	}
	assert_int_equal(fetch_open(&o, &f, &x.e), -1);
	assert_non_null(strstr(x.e.msg, "/nowhere/ca.pem"));
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_upstream_trouble),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, http_server_start, http_server_stop);
}
