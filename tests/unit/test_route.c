/* Routes: whole segments of the raw path, methods, arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/route.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))
#define GET ROUTE_BIT(HTTP_GET)
#define PUT ROUTE_BIT(HTTP_PUT)
#define POST ROUTE_BIT(HTTP_POST)
#define DEL ROUTE_BIT(HTTP_DELETE)

static const struct route rows[] = {
	{ "/mdm", PUT | POST, "mdm" },
	{ "/mdm/checkin", PUT, "checkin" },
	{ "/v1/queue/*", GET, "queue" },
	{ "/v1/queue/*", DEL, "clear" },
	{ "/v1/enqueue/*", 0, "enqueue" },
	{ "/v1/sets/*/of/*", GET, "sets" },
	{ "/proxy/**", GET | POST, "proxy" },
	{ "/", GET, "root" },
};

static void test_paths(void **state)
{
	static const struct {
		enum http_method method;
		const char *path, *target;	/* "" = 404, "405" */
		const char *args[2];
	} cases[] = {
		{ HTTP_PUT, "/mdm", "mdm", { 0 } },
		{ HTTP_POST, "/mdm", "mdm", { 0 } },
		{ HTTP_GET, "/mdm", "405", { 0 } },
		{ HTTP_HEAD, "/mdm", "405", { 0 } },
		{ HTTP_OTHER, "/mdm", "405", { 0 } },
		{ HTTP_PUT, "/mdm/", "", { 0 } },
		{ HTTP_PUT, "//mdm", "", { 0 } },
		{ HTTP_PUT, "/mdmfoo", "", { 0 } },
		{ HTTP_PUT, "/mdm/foo", "", { 0 } },
		{ HTTP_PUT, "/md", "", { 0 } },
		{ HTTP_PUT, "/MDM", "", { 0 } },
		{ HTTP_PUT, "/%6ddm", "", { 0 } },
		{ HTTP_PUT, "/mdm%2f", "", { 0 } },
		{ HTTP_PUT, "/x/../mdm", "", { 0 } },
		{ HTTP_PUT, "mdm", "", { 0 } },
		{ HTTP_PUT, "", "", { 0 } },
		{ HTTP_OTHER, "*", "", { 0 } },
		{ HTTP_PUT, "/mdm/checkin", "checkin", { 0 } },
		{ HTTP_POST, "/mdm/checkin", "405", { 0 } },
		{ HTTP_GET, "/v1/queue/a%2Fb", "queue", { "a%2Fb" } },
		{ HTTP_HEAD, "/v1/queue/a", "queue", { "a" } },
		{ HTTP_DELETE, "/v1/queue/a,b", "clear", { "a,b" } },
		{ HTTP_PUT, "/v1/queue/a", "405", { 0 } },
		{ HTTP_GET, "/v1/queue/", "", { 0 } },
		{ HTTP_GET, "/v1/queue", "", { 0 } },
		{ HTTP_GET, "/v1/queue/a/b", "", { 0 } },
		{ HTTP_OTHER, "/v1/enqueue/*", "enqueue", { "*" } },
		{ HTTP_GET, "/v1/sets/x/of/y", "sets", { "x", "y" } },
		{ HTTP_GET, "/v1/sets/x/by/y", "", { 0 } },
		{ HTTP_GET, "/proxy/a", "proxy", { "a" } },
		{ HTTP_POST, "/proxy/a/b//c/", "proxy", { "a/b//c/" } },
		{ HTTP_GET, "/proxy/", "", { 0 } },
		{ HTTP_GET, "/proxy", "", { 0 } },
		{ HTTP_GET, "/", "root", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct request rq = { .method = cases[i].method,
			.path = cases[i].path };
		struct route_match m;
		const char *got;
		unsigned n = 0;

		route_find(rows, N(rows), &rq, &m);
		got = m.row != NULL ? m.row->target :
			m.wrong_method ? "405" : "";
		if (strcmp(got, cases[i].target) != 0)
			fail_msg("%s: \"%s\"", cases[i].path, got);
		for (; n < 2 && cases[i].args[n] != NULL; n++)
			assert_true(bytes_is(m.arg[n], cases[i].args[n]));
		assert_int_equal(m.n_args, n);
	}
}

static void test_allow(void **state)
{
	static const struct { const char *path, *allow; } cases[] = {
		{ "/mdm", "POST, PUT" },
		{ "/v1/queue/x", "GET, HEAD, DELETE" },
		{ "/v1/enqueue/x", "GET, HEAD, POST, PUT, PATCH, DELETE" },
		{ "/nowhere", "" },
	};
	struct request rq = { .arena = arena_new() };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		rq.path = cases[i].path;
		assert_string_equal(route_allow(rows, N(rows), &rq),
			cases[i].allow);
	}
	arena_free(rq.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths), cmocka_unit_test(test_allow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
