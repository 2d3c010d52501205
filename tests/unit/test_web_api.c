/* What the calls of the admin API share: reading of path, query and body,
 * JSON replies, ETags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/token.h"
#include "web/web_api.h"

struct fixture {
	struct request rq;
	struct route_match match;
	struct web_fault fault;
	struct token token;
	struct web_call call;
	struct err e;
};

static int setup(void **state)
{
	struct arena *a = arena_new();
	struct fixture *f = arena_zalloc(a, sizeof(*f));

	f->rq.arena = a;
	f->rq.query = "";
	f->rq.now = 1000;
	f->token.name = "ci";
	f->call = (struct web_call){ .rq = &f->rq, .match = &f->match,
		.fault = &f->fault, .token = &f->token };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	arena_free(((struct fixture *)*state)->rq.arena);
	return 0;
}

static void arg(struct fixture *f, const char *raw)
{
	f->match.arg[0] = bytes_str(raw);
	f->match.n_args = 1;
}

static void test_arg(void **state)
{
	static const struct {
		const char *raw, *out;	/* NULL: refused */
	} rows[] = {
		{ "ABC", "ABC" }, { "a%2Fb%2C%25", "a/b,%" }, { "a+b", "a+b" },
		{ "%zz", NULL }, { "%", NULL }, { "a%00b", NULL },
	};
	struct fixture *f = *state;
	struct bytes out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		arg(f, rows[i].raw);
		if (rows[i].out == NULL) {
			assert_int_equal(web_api_arg(&f->call, 0, &out, &f->e),
				-1);
			assert_int_equal(f->e.kind, ERR_BAD_INPUT);
			continue;
		}
		assert_int_equal(web_api_arg(&f->call, 0, &out, &f->e), 0);
		assert_true(bytes_is(out, rows[i].out));
	}
}

static void test_ids(void **state)
{
	struct fixture *f = *state;
	struct bytes *ids;
	size_t n;

	arg(f, "one,two%2C2,%C3%A9");
	assert_int_equal(web_api_ids(&f->call, 0, 3, &ids, &n, &f->e), 0);
	assert_int_equal(n, 3);
	assert_true(bytes_is(ids[0], "one"));
	assert_true(bytes_is(ids[1], "two,2"));
	assert_true(bytes_is(ids[2], "\xc3\xa9"));
	assert_int_equal(web_api_ids(&f->call, 0, 2, &ids, &n, &f->e), -1);
	arg(f, "one,,two");
	assert_int_equal(web_api_ids(&f->call, 0, 9, &ids, &n, &f->e), -1);
	arg(f, "one,");
	assert_int_equal(web_api_ids(&f->call, 0, 9, &ids, &n, &f->e), -1);
}

static void test_query(void **state)
{
	struct fixture *f = *state;
	uint64_t n = 7;
	size_t limit;

	f->rq.query = "a=1&b=x+y%21&empty=&flag&a=2&nul=%00&n=12&off=0";
	assert_string_equal(web_api_query(&f->call, "a"), "1");
	assert_string_equal(web_api_query(&f->call, "b"), "x y!");
	assert_string_equal(web_api_query(&f->call, "empty"), "");
	assert_string_equal(web_api_query(&f->call, "flag"), "");
	assert_null(web_api_query(&f->call, "nul"));
	assert_null(web_api_query(&f->call, "absent"));
	assert_true(web_api_flag(&f->call, "a"));
	assert_false(web_api_flag(&f->call, "off"));
	assert_false(web_api_flag(&f->call, "empty"));
	assert_int_equal(web_api_u64(&f->call, "n", 1, 12, &n, &f->e), 0);
	assert_int_equal(n, 12);
	assert_int_equal(web_api_u64(&f->call, "n", 1, 11, &n, &f->e), -1);
	assert_non_null(strstr(f->e.msg, "n: "));
	assert_int_equal(web_api_limit(&f->call, &limit, &f->e), 0);
	assert_int_equal(limit, WEB_API_PAGE);
	f->rq.query = "limit=1001";
	assert_int_equal(web_api_limit(&f->call, &limit, &f->e), -1);
}

/* A cursor that was written is read again; another one is refused. */
static void test_cursor(void **state)
{
	static const char *const bad[] = { "cursor=xyz", "cursor=0",
		"cursor=00" };
	struct fixture *f = *state;
	struct json *o = json_new_object(f->rq.arena);
	uint64_t n;

	assert_int_equal(web_api_cursor_u64(&f->call, &n, &f->e), 0);
	assert_int_equal(n, 0);
	web_api_set_cursor_u64(&f->call, o, 0);
	assert_null(json_get(o, "next_cursor"));
	web_api_set_cursor_u64(&f->call, o, 0x1234567890);
	f->rq.query = arena_printf(f->rq.arena, "cursor=%s",
		json_get_str(o, "next_cursor"));
	assert_int_equal(web_api_cursor_u64(&f->call, &n, &f->e), 0);
	assert_true(n == 0x1234567890);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f->rq.query = bad[i];
		assert_int_equal(web_api_cursor_u64(&f->call, &n, &f->e), -1);
		assert_int_equal(f->e.kind, ERR_BAD_INPUT);
	}
}

static void test_body(void **state)
{
	static const char *const known[] = { "a", "t", NULL };
	static const char *const bad[] = { "", "[]", "1", "{\"a\":}", "{" };
	struct fixture *f = *state;
	struct json *o;
	int64_t t = 5;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f->rq.body = bytes_str(bad[i]);
		assert_int_equal(web_api_body(&f->call, &o, &f->e), -1);
		assert_int_equal(f->e.kind, ERR_BAD_INPUT);
	}
	f->rq.body = bytes_str("{\"a\":1,\"t\":\"2026-11-22T13:52:00Z\","
		"\"u\":12,\"bad\":\"soon\"}");
	assert_int_equal(web_api_body(&f->call, &o, &f->e), 0);
	assert_int_equal(web_api_keys(o, known, &f->e), -1);
	assert_string_equal(f->e.msg, "u: no such key");
	assert_int_equal(web_api_get_time(o, "absent", 0, &t, &f->e), 0);
	assert_int_equal(t, 5);
	assert_int_equal(web_api_get_time(o, "t", 0, &t, &f->e), 0);
	assert_int_equal(t, 1795355520);
	assert_int_equal(web_api_get_time(o, "u", 0, &t, &f->e), 0);
	assert_int_equal(t, 12);
	assert_int_equal(web_api_get_time(o, "bad", 0, &t, &f->e), -1);
}

static const char *etag(const struct reply *rp)
{
	for (unsigned i = 0; i < rp->n_headers; i++)
		if (str_eq(rp->header[i].name, "ETag"))
			return rp->header[i].value;
	return NULL;
}

static void test_object(void **state)
{
	struct fixture *f = *state;
	struct json *o = json_new_object(f->rq.arena);
	struct reply rp, again;

	json_set_int(o, "n", 1);
	web_api_set_time(o, "never", 0);
	web_api_object(&f->call, &rp, o);
	assert_int_equal(rp.status, 200);
	assert_true(bytes_is(rp.body, "{\n\t\"n\": 1\n}\n"));
	f->rq.if_none_match = arena_printf(f->rq.arena, "\"x\", W/%s",
		etag(&rp));
	web_api_object(&f->call, &again, o);
	assert_int_equal(again.status, 304);
	assert_int_equal(again.body.n, 0);
	assert_string_equal(etag(&again), etag(&rp));
	json_set_int(o, "n", 2);
	web_api_object(&f->call, &again, o);
	assert_int_equal(again.status, 200);
}

static void test_op(void **state)
{
	struct fixture *f = *state;
	struct op op = web_api_op(&f->call);

	assert_string_equal(op.who, "token:ci");
	assert_int_equal(op.now, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arg, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_query, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_object, setup, teardown),
		cmocka_unit_test_setup_teardown(test_op, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
