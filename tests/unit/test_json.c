/* JSON: reading with limits, and text that any parser takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "codec/json.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

static void reads(void **state)
{
	struct err e = ERR_INIT;
	struct json *j;
	const struct json *list;
	int64_t i = 5;
	bool yes = false;

	(void)state;
	assert_int_equal(json_parse(BYTES(" {\"s\":\"caf\\u00e9\",\"i\":-7,\"r\":1.5,"
		"\"b\":true,\"f\":false,\"n\":null,\"l\":[1,\"two\",{\"x\":\"y\"}]}\n"),
		a, &j, &e), 0);
	assert_string_equal(json_get_str(j, "s"), "caf\xc3\xa9");
	assert_true(json_get_int(j, "i", &i) && i == -7);
	assert_true(json_get_bool(j, "b", &yes) && yes);
	assert_true(json_get_bool(j, "f", &yes) && !yes);
	list = json_get(j, "l");
	assert_int_equal(json_len(list), 3);
	assert_string_equal(json_get_str(json_at(list, 2), "x"), "y");
	assert_null(json_at(list, 3));
	/* absent, and of another type */
	assert_null(json_get_str(j, "none"));
	assert_null(json_get_str(j, "i"));
	assert_null(json_get_str(list, "s"));
	assert_null(json_get(NULL, "s"));
	assert_false(json_get_int(j, "s", &i) || json_get_int(j, "r", &i) ||
		json_get_int(j, "none", &i));
	assert_true(i == -7);
	assert_false(json_get_bool(j, "i", &yes) || json_get_bool(j, "none", &yes));
	assert_int_equal(json_len(j), 0);
	assert_int_equal(json_len(NULL), 0);
	assert_int_equal(json_parse(BYTES("\"any value\""), a, &j, &e), 0);
}

static void refuses(void **state)
{
	static const struct {
		struct bytes in;
		const char *line;	/* how it starts */
	} rows[] = {
#define ROW(s, line) { { (const unsigned char *)s, sizeof(s) - 1 }, line }
		ROW("", "JSON: line 1, column 0: "),
		ROW("{", "JSON: line 1, column 1: "),
		ROW("{\n\"a\":\n!", "JSON: line 3, column "),
		ROW("[1,]", "JSON: line 1, column 4: "),
		ROW("{} {}", "JSON: line 1, column 4: "),
		ROW("{\"a\":1,\"a\":2}", "JSON: line 1, column 10: duplicate"),
		ROW("\"\\u0000\"", "JSON: line 1, "),
		ROW("\"a\0b\"", "JSON: line 1, "),
		ROW("\"\xff\"", "JSON: line 1, "),
		ROW("\"\\ud800\"", "JSON: line 1, "),
		ROW("{\"a\\u0000b\":1}", "JSON: line 1, "),
		ROW("123456789012345678901234567890", "JSON: line 1, "),
		ROW("'a'", "JSON: line 1, "), ROW("NaN", "JSON: line 1, "),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct json *j = NULL;

		if (json_parse(rows[i].in, a, &j, &e) == 0)
			fail_msg("row %zu taken", i);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (!str_has_prefix(e.msg, rows[i].line))
			fail_msg("row %zu: %s", i, e.msg);
	}
	assert_int_equal(json_parse(bytes_of(NULL, 0), a, &(struct json *){ NULL },
		&(struct err)ERR_INIT), -1);
}

static int parse_many(const char *head, const char *one, size_t n, const char *tail,
	struct err *e)
{
	struct json *j;
	struct buf b;
	int rc;

	buf_init(&b, 64u << 20);
	buf_adds(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, one);
	buf_adds(&b, tail);
	assert_false(b.full);
	rc = json_parse(buf_bytes(&b), a, &j, e);
	buf_fini(&b);
	return rc;
}

static void limits(void **state)
{
	struct err e = ERR_INIT;
	char close[600];

	(void)state;
	memset(close, ']', sizeof(close));
	close[512] = '\0';
	assert_int_equal(parse_many("", "[", 512, close, &e), 0);
	assert_int_equal(parse_many("", "[", 513, "", &e), -1);
	assert_string_equal(e.msg, "JSON: nested deeper than 512");
	assert_int_equal(parse_many("", "{\"a\":", 3000000, "", &e), -1);
	assert_string_equal(e.msg, "JSON: nested deeper than 512");
	/* brackets within text are text */
	assert_int_equal(parse_many("[\"\\\"", "[{", 2000, "\"]", &e), 0);
	assert_int_equal(parse_many("[\"\\\\\",\"", "[,", 600000, "\"]", &e), 0);
	assert_int_equal(parse_many("[", "1,", 499997, "1]", &e), 0);
	assert_int_equal(parse_many("[", "1,", 500000, "1]", &e), -1);
	assert_string_equal(e.msg, "JSON: more than 500000 values");
	assert_int_equal(e.kind, ERR_BAD_INPUT);
}

static void writes(void **state)
{
	struct json *o = json_new_object(a), *l, *in;

	(void)state;
	json_set_str(o, "s", "a\"\\/\n\x01\xc3\xa9\xe2\x80\xa8");
	json_set_str(o, "left out", NULL);
	json_set_int(o, "i", INT64_MIN);
	json_set_bool(o, "b", false);
	l = json_set_array(o, "l");
	json_add_str(l, " two\n  blanks ");
	json_set_str(json_add_object(l), "k", "v");
	json_set_object(o, "e");
	json_set_array(o, "n");
	in = json_set_object(o, "bad \xff key");
	json_set_str(in, "v", "\xc3(\xed\xa0\x80)\xf0\x9f\x98");
	json_set_int(o, "i", 1);	/* replaces */
	assert_string_equal(json_text(o, NULL, a),
		"{\"s\":\"a\\\"\\\\/\\n\\u0001\xc3\xa9\xe2\x80\xa8\",\"i\":1,\"b\":false,"
		"\"l\":[\" two\\n  blanks \",{\"k\":\"v\"}],\"e\":{},\"n\":[],"
		"\"bad \xef\xbf\xbd key\":{\"v\":\"\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
		"\xef\xbf\xbd)\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}}");
	assert_string_equal(json_text(l, "\t", a),
		"[\n\t\" two\\n  blanks \",\n\t{\n\t\t\"k\": \"v\"\n\t}\n]");
	assert_string_equal(json_text(l, "  ", a),
		"[\n  \" two\\n  blanks \",\n  {\n    \"k\": \"v\"\n  }\n]");
	assert_string_equal(json_text(json_new_array(a), "\t", a), "[]");
	assert_string_equal(json_text(json_new_object(a), "\t", a), "{}");
}

static void what_is_written_is_read(void **state)
{
	struct json *o = json_new_object(a), *back;
	struct err e = ERR_INIT;

	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		char key[8] = { 'k', (char)c, 0 };

		json_set_str(o, key, key);
	}
	assert_int_equal(json_parse(bytes_str(json_text(o, "\t", a)), a, &back, &e), 0);
	assert_string_equal(json_get_str(back, "k\x7f"), "k\x7f");
	assert_string_equal(json_get_str(back, "k\xef\xbf\xbd"), "k\xef\xbf\xbd");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)
	static const struct CMUnitTest tests[] = {
		T(reads), T(refuses), T(limits), T(writes), T(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
