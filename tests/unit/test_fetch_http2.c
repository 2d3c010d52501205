/* net/fetch_many over HTTP/2, against tests/e2e/apns.py. */
#include "net/fetch_many.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "apns_server.h"
#include "base/clk.h"

#define TOPIC "com.apple.mgmt.External.http2"

struct fixture {
	struct arena *a;
	struct fetch_identity id;
	struct fetch_many *m;
	struct err e;
	unsigned ok, failed, refused;
	int status, http_version;
	enum err_kind kind;
	char msg[256];
};

/* The certificate's PEM and the key's, which follows. */
static struct fetch_identity identity(const char *pem)
{
	const char *key = strstr(pem, "-----BEGIN PRIVATE KEY");

	assert_non_null(key);
	return (struct fetch_identity){
		.cert_pem = bytes_of(pem, (size_t)(key - pem)),
		.key_pem = bytes_str(key) };
}

static void setup_idle(struct fixture *x, unsigned total_ms,
	unsigned idle_seconds)
{
	struct fetch_many_options o = { .idle_seconds = idle_seconds,
		.fetch = { .http = FETCH_HTTP2,
		.ca_file = apns_server.ca_file, .total_ms = total_ms } };

	memset(x, 0, sizeof(*x));
	x->a = arena_new();
	x->id = identity(apns_server_cert(TOPIC, x->a));
	o.identity = &x->id;
	assert_int_equal(fetch_many_open(&o, &x->m, &x->e), 0);
	apns_server_call("reset", NULL, x->a);
}

static void setup(struct fixture *x, unsigned total_ms)
{
	setup_idle(x, total_ms, 0);
}

static void teardown(struct fixture *x)
{
	char *stats = apns_server_call("stats", NULL, x->a);

	if (strstr(stats, "\"faults\": []") == NULL)
		fail_msg("%s", stats);
	fetch_many_close(x->m);
	apns_server_call("reset", NULL, x->a);
	arena_free(x->a);
}

static void on_done(const struct fetch_response *r, bool refused,
	const struct err *e, void *arg)
{
	struct fixture *x = arg;

	if (r != NULL) {
		x->ok++;
		x->status = r->status;
		x->http_version = r->http_version;
	} else {
		x->failed++;
		x->kind = e->kind;
		memcpy(x->msg, e->msg, sizeof(x->msg));
	}
	x->refused += refused;
}

static void push(struct fixture *x, unsigned n)
{
	static const struct fetch_header h[] = {
		{ "apns-topic", TOPIC }, { "apns-push-type", "mdm" },
		{ "apns-priority", "10" }, { "apns-expiration", "0" },
		{ "apns-id", "11111111-2222-3333-4444-555555555555" },
	};
	char url[128];
	struct fetch_request rq = { .method = "POST", .url = url,
		.headers = h, .nheaders = 5, .body = bytes_str("{}") };

	for (unsigned i = 0; i < n; i++) {
		snprintf(url, sizeof(url), "%s/3/device/%08x",
			apns_server.url, i);
		assert_int_equal(fetch_many_add(x->m, &rq, on_done, x, &x->e),
			0);
	}
}

static void rule(struct fixture *x, const char *json)
{
	apns_server_call("rule", json, x->a);
}

static void test_one_connection(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, 20000);
	rule(&x, "{\"delay\":0.05}");	/* so that streams pile up */
	push(&x, 1000);
	fetch_many_run(x.m, 60000);
	assert_int_equal(x.ok, 1000);
	assert_int_equal(x.status, 200);
	assert_int_equal(x.http_version, 20);
	push(&x, 10);
	fetch_many_run(x.m, 60000);
	assert_int_equal(x.ok, 1010);
	assert_int_equal(fetch_many_connections(x.m), 1);
	assert_int_equal(apns_server_stat("connections"), 1);
	assert_int_equal(apns_server_stat("requests"), 1010);
	assert_in_range(apns_server_stat("most_streams"), 100, 256);
	teardown(&x);
}

/* The server allows few streams at a time: nothing is lost, none is refused
 * for being too many, and no second connection is made. */
static void test_few_streams(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, 20000);
	apns_server_call("settings", "{\"max_streams\":3}", x.a);
	rule(&x, "{\"delay\":0.005}");
	push(&x, 300);
	fetch_many_run(x.m, 60000);
	assert_int_equal(x.ok, 300);
	assert_int_equal(apns_server_stat("connections"), 1);
	assert_in_range(apns_server_stat("most_streams"), 3, 3);
	apns_server_call("settings", "{\"max_streams\":1000}", x.a);
	teardown(&x);
}

/* Ways to lose a connection, and what comes of a single exchange on it. */
static void test_loss(void **state)
{
	static const struct {
		const char *rule;
		unsigned ok, refused;
	} row[] = {
		{ "{\"next\":1,\"action\":\"goaway\"}", 0, 1 },
		{ "{\"next\":1,\"action\":\"last\"}", 1, 0 },
		{ "{\"next\":1,\"action\":\"refuse\"}", 1, 0 },
		{ "{\"next\":1,\"action\":\"reset\"}", 0, 0 },
		{ "{\"next\":1,\"action\":\"drop\"}", 0, 0 },
		{ "{\"next\":1,\"action\":\"lose\"}", 0, 0 },
		{ "{\"next\":1,\"action\":\"hang\"}", 0, 0 },
	};
	struct fixture x;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		setup(&x, 1500);
		rule(&x, row[i].rule);
		push(&x, 1);
		fetch_many_run(x.m, 10000);
		assert_int_equal(x.ok, row[i].ok);
		assert_int_equal(x.failed, 1 - row[i].ok);
		assert_int_equal(x.refused, row[i].refused);
		if (x.failed > 0)
			assert_int_equal(x.kind, ERR_UPSTREAM);
		/* The next one finds its way. */
		push(&x, 1);
		fetch_many_run(x.m, 10000);
		assert_int_equal(x.ok, row[i].ok + 1);
		teardown(&x);
	}
}

/* What was under way beside it is finished, or done again elsewhere. */
static void test_goaway_in_the_middle(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, 10000);
	push(&x, 200);
	rule(&x, "{\"token\":\"00000032\",\"next\":1,\"action\":\"goaway\"}");
	fetch_many_run(x.m, 30000);
	assert_int_equal(x.ok + x.refused, 200);
	assert_int_equal(apns_server_stat("requests"), x.ok);
	assert_in_range(x.ok, 199, 200);
	assert_int_equal(apns_server_stat("connections"), 2);
	assert_int_equal(fetch_many_connections(x.m), 2);
	teardown(&x);
}

/* In the server's place: takes connections and closes them. */
struct impostor {
	int fd, accepted;
};

static void *accept_and_close(void *arg)
{
	struct impostor *i = arg;
	int fd;

	while ((fd = accept(i->fd, NULL, NULL)) >= 0) {
		i->accepted++;
		close(fd);
	}
	return NULL;
}

/* A connection that stood before is no reason to try a thousand times. */
static void test_no_handshake(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct impostor i = { -1, 0 };
	struct fixture x;
	uint64_t port;
	pthread_t t;
	int on = 1;

	(void)state;
	setup(&x, 10000);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	apns_server_call("unlisten", NULL, x.a);
	assert_true(str_u64(strrchr(apns_server.url, ':') + 1, 1, 65535,
		&port));
	in.sin_port = htons((uint16_t)port);
	i.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(i.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(i.fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(i.fd, 64), 0);
	pthread_create(&t, NULL, accept_and_close, &i);
	push(&x, 1000);
	fetch_many_run(x.m, 10000);
	shutdown(i.fd, SHUT_RDWR);
	pthread_join(t, NULL);
	close(i.fd);
	assert_int_equal(x.refused, 1000);
	assert_in_range(i.accepted, 1, 2);
	apns_server_call("listen", NULL, x.a);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	assert_int_equal(x.ok, 2);
	teardown(&x);
}

static void test_gone(void **state)
{
	int64_t start;
	struct fixture x;

	(void)state;
	setup(&x, 10000);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	apns_server_call("unlisten", NULL, x.a);
	start = clk_mono_us();
	push(&x, 1000);
	fetch_many_run(x.m, 10000);
	/* All fail with the first. */
	assert_int_equal(x.ok, 1);
	assert_int_equal(x.failed, 1000);
	assert_true(clk_mono_us() - start < 5000000);
	apns_server_call("listen", NULL, x.a);
	push(&x, 10);
	fetch_many_run(x.m, 10000);
	assert_int_equal(x.ok, 11);
	teardown(&x);
}

/* A server that takes connections and no requests is tried once for all. */
static void test_barren(void **state)
{
	static const char *const action[] = { "drop", "goaway", "hang" };
	struct fixture x;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		setup(&x, 4000);
		rule(&x, arena_printf(x.a, "{\"action\":\"%s\"}",
			action[i]));
		push(&x, 1000);
		fetch_many_run(x.m, 20000);
		assert_int_equal(x.failed, 1000);
		assert_in_range(x.refused, 999, 1000);
		assert_int_equal(apns_server_stat("connections"), 1);
		apns_server_call("reset", NULL, x.a);
		push(&x, 1000);
		fetch_many_run(x.m, 20000);
		assert_int_equal(x.ok, 1000);
		teardown(&x);
	}
}

static void test_idle_goaway(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x, 10000);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	apns_server_call("goaway", "{\"reason\":\"IdleTimeout\"}", x.a);
	push(&x, 5);
	fetch_many_run(x.m, 10000);
	assert_int_equal(x.ok, 6);
	assert_int_equal(apns_server_stat("connections"), 2);
	teardown(&x);
}

/* An idle connection answers PINGs, and is closed in time. */
static void test_idle(void **state)
{
	int64_t start = clk_mono_us();
	struct fixture x;

	(void)state;
	setup_idle(&x, 10000, 1);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	apns_server_call("ping", NULL, x.a);
	while (apns_server_stat("open") > 0 &&
		clk_mono_us() - start < 10000000)
		fetch_many_run(x.m, 10);
	assert_int_equal(apns_server_stat("ping_acks"), 1);
	assert_int_equal(apns_server_stat("open"), 0);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	assert_int_equal(x.ok, 2);
	teardown(&x);
}

static void test_foreign_trust(void **state)
{
	struct fetch_many_options o = { .fetch.http = FETCH_HTTP2 };
	struct fixture x;

	(void)state;
	setup(&x, 5000);
	fetch_many_close(x.m);
	/* Without a certificate of ours, or without trust in theirs. */
	o.fetch.ca_file = apns_server.ca_file;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fetch_many_open(&o, &x.m, &x.e), 0);
		push(&x, 3);
		fetch_many_run(x.m, 10000);
		assert_int_equal(x.ok, 0);
		assert_int_equal(x.kind, ERR_UPSTREAM);
		fetch_many_close(x.m);
		o.fetch.ca_file = NULL;
		o.identity = &x.id;
	}
	assert_int_equal(x.failed, 6);
	assert_int_equal(apns_server_stat("requests"), 0);
	/* A key that is another's. */
	x.id.key_pem = identity(apns_server_cert(TOPIC, x.a)).key_pem;
	o.fetch.ca_file = apns_server.ca_file;
	assert_int_equal(fetch_many_open(&o, &x.m, &x.e), 0);
	push(&x, 1);
	fetch_many_run(x.m, 10000);
	assert_int_equal(x.kind, ERR_BAD_INPUT);
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_connection),
		cmocka_unit_test(test_few_streams),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_goaway_in_the_middle),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_no_handshake),
		cmocka_unit_test(test_barren),
		cmocka_unit_test(test_idle_goaway),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_foreign_trust),
	};

	return cmocka_run_group_tests(tests, apns_server_start,
		apns_server_stop);
}
