/* net/fetch against a small HTTP server in this process: what it answers
 * depends on the path. TLS and client certificates are tested end to end. */
#include "net/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CONNECTIONS_MAX 64

struct server {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock;
	int conn[CONNECTIONS_MAX];
	pthread_t conn_thread[CONNECTIONS_MAX];
	int nconn;
	char last[8192];	/* the last request, whole */
	bool stop;
};

static struct server srv;
static char base[64];

static void put(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, s, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}

/* Reads one request into buf; its length, or 0 at the end. */
static size_t get_request(int fd, char *buf, size_t max)
{
	size_t n = 0, want = 0;

	while (n + 1 < max) {
		ssize_t r = recv(fd, buf + n, max - 1 - n, 0);
		char *end, *length;

		if (r <= 0)
			return 0;
		n += (size_t)r;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(buf, "\r\nContent-Length: ");
		if (length != NULL && length < end)
			want = strtoul(length + 18, NULL, 10);
		if (n >= (size_t)(end + 4 - buf) + want)
			return n;
	}
	return 0;
}

static bool is_path(const char *request, const char *path)
{
	const char *s = strchr(request, ' ');

	return s != NULL && strncmp(s + 1, path, strlen(path)) == 0 &&
		s[1 + strlen(path)] == ' ';
}

/* False when the connection ends. */
static bool answer(int fd, const char *request)
{
	char out[512];
	int n;

	if (is_path(request, "/redirect")) {
		n = snprintf(out, sizeof(out), "HTTP/1.1 307 Elsewhere\r\n"
			"Location: %s/echo\r\nX-From: first\r\n"
			"Content-Length: 0\r\n\r\n", base);
	} else if (is_path(request, "/big")) {
		n = snprintf(out, sizeof(out),
			"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
		put(fd, out, (size_t)n);
		for (int i = 0; i < 50; i++)
			put(fd, "0123456789012345678901234567890123456789"
				"012345678901234567890123456789"
				"012345678901234567890123456789", 100);
		return true;
	} else if (is_path(request, "/headers")) {
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", 36);
		for (int i = 0; i < 300; i++)
			put(fd, "X-Many: 1\r\n", 11);
		put(fd, "\r\n", 2);
		return true;
	} else if (is_path(request, "/hang")) {
		return true;
	} else if (is_path(request, "/garbage")) {
		put(fd, "hello\r\n", 7);
		return false;
	} else if (is_path(request, "/drop")) {
		return false;
	} else {
		n = snprintf(out, sizeof(out), "HTTP/1.1 %s\r\n"
			"X-Text:  two words \r\nContent-Length: 5\r\n\r\nhello",
			is_path(request, "/503") ? "503 Later" : "200 OK");
	}
	put(fd, out, (size_t)n);
	return !is_path(request, "/last");
}

static void *serve_connection(void *arg)
{
	int fd = *(int *)arg;
	char buf[8192];

	while (get_request(fd, buf, sizeof(buf)) > 0) {
		pthread_mutex_lock(&srv.lock);
		memcpy(srv.last, buf, sizeof(buf));
		pthread_mutex_unlock(&srv.lock);
		if (!answer(fd, buf))
			break;
	}
	shutdown(fd, SHUT_RDWR);
	return NULL;
}

static void *serve(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(srv.fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		pthread_mutex_lock(&srv.lock);
		if (srv.stop || srv.nconn == CONNECTIONS_MAX) {
			pthread_mutex_unlock(&srv.lock);
			close(fd);
			return NULL;
		}
		srv.conn[srv.nconn] = fd;
		pthread_create(&srv.conn_thread[srv.nconn], NULL,
			serve_connection, &srv.conn[srv.nconn]);
		srv.nconn++;
		pthread_mutex_unlock(&srv.lock);
	}
}

static int server_start(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	pthread_mutex_init(&srv.lock, NULL);
	srv.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(srv.fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		listen(srv.fd, 64) != 0 ||
		getsockname(srv.fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	srv.port = ntohs(a.sin_port);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d", srv.port);
	return pthread_create(&srv.thread, NULL, serve, NULL);
}

static int server_stop(void **state)
{
	(void)state;
	pthread_mutex_lock(&srv.lock);
	srv.stop = true;
	pthread_mutex_unlock(&srv.lock);
	shutdown(srv.fd, SHUT_RDWR);
	pthread_join(srv.thread, NULL);
	for (int i = 0; i < srv.nconn; i++) {
		shutdown(srv.conn[i], SHUT_RDWR);
		pthread_join(srv.conn_thread[i], NULL);
		close(srv.conn[i]);
	}
	close(srv.fd);
	return 0;
}

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
		.url = arena_printf(x->a, "%s%s", base, path) };

	return fetch_do(x->f, &rq, x->a, &x->r, &x->e);
}

static const char *last_request(struct fixture *x)
{
	char *s;

	pthread_mutex_lock(&srv.lock);
	s = arena_strdup(x->a, srv.last);
	pthread_mutex_unlock(&srv.lock);
	return s;
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
	assert_non_null(strstr(last_request(&x), "GET / HTTP/1.1\r\n"));
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
	rq.url = arena_printf(x.a, "%s/echo?x=1", base);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	s = last_request(&x);
	assert_non_null(strstr(s, "PUT /echo?x=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(s, "\r\nX-Empty:"));
	assert_non_null(strstr(s, "\r\nContent-Length: 3\r\n"));
	assert_null(strcasestr(s, "content-type"));
	assert_null(strcasestr(s, "expect"));
	/* A PUT without a body says so. */
	rq.body = bytes_of(NULL, 0);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_non_null(strstr(last_request(&x), "Content-Length: 0\r\n"));
	teardown(&x);
}

static void test_connections(void **state)
{
	struct fetch_request rq = { .method = "GET", .fresh = true };
	struct fixture x;

	(void)state;
	setup(&x, (struct fetch_options){ 0 });
	assert_int_equal(get(&x, "/"), 0);
	rq.url = arena_printf(x.a, "%s/", base);
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
	rq.url = arena_printf(x.a, "%s/redirect", base);
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_int_equal(x.r.status, 307);
	assert_string_equal(fetch_response_header(&x.r, "X-From"), "first");
	rq.max_redirects = 3;
	assert_int_equal(fetch_do(x.f, &rq, x.a, &x.r, &x.e), 0);
	assert_int_equal(x.r.status, 200);
	assert_null(fetch_response_header(&x.r, "X-From"));
	assert_non_null(strstr(last_request(&x), "PUT /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(last_request(&x), "\r\n\r\nbody"));
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
		assert_non_null(strstr(x.e.msg, base));
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
		struct fetch_request rq = { .method = "GET", .url = base,
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

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
