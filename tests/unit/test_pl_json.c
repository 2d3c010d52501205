/* Property lists as JSON and back: nothing is lost that both have, and what
 * JSON lacks is marked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "codec/keypath.h"
#include "codec/pl_json.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PLIST(s) "<plist version=\"1.0\">" s "</plist>"

static int teardown(void **state)
{
	arena_teardown(state);
	return pl_tree_bytes() == 0 ? 0 : -1;
}

static struct json *json_of(const char *text)
{
	struct err e = ERR_INIT;
	struct json *j;

	if (json_parse(bytes_str(text), a, &j, &e) < 0)
		fail_msg("%s: %s", e.msg, text);
	return j;
}

static const char *text_of(const struct pl *p)
{
	struct json *root = json_new_object(a);
	const char *text;

	pl_json_put(root, "v", p, a);
	text = json_text(root, NULL, a);
	assert_memory_equal(text, "{\"v\":", 5);
	return arena_printf(a, "%.*s", (int)strlen(text) - 6, text + 5);
}

static void there(void **state)
{
	static const char *const rows[][2] = {
		{ "<dict/>", "{}" }, { "<array/>", "[]" },
		{ "<string>caf\xc3\xa9 &lt;\"</string>", "\"caf\xc3\xa9 <\\\"\"" },
		{ "<integer>-9223372036854775808</integer>", "-9223372036854775808" },
		{ "<integer>9223372036854775807</integer>", "9223372036854775807" },
		{ "<integer>9223372036854775808</integer>", "\"9223372036854775808\"" },
		{ "<integer>18446744073709551615</integer>", "\"18446744073709551615\"" },
		{ "<integer>0</integer>", "0" },
		{ "<real>1</real>", "1.0" }, { "<real>-0.5</real>", "-0.5" },
		{ "<real>nan</real>", "\"nan\"" }, { "<real>-infinity</real>", "\"-inf\"" },
		{ "<true/>", "true" }, { "<false/>", "false" },
		{ "<data>AAE=</data>", "{\"$data\":\"AAE=\"}" },
		{ "<data></data>", "{\"$data\":\"\"}" },
		{ "<date>2026-11-22T13:52:00Z</date>", "{\"$date\":\"2026-11-22T13:52:00Z\"}" },
		/* further than libplist's own getter goes */
		{ "<date>4001-01-01T00:00:00Z</date>", "{\"$date\":\"4001-01-01T00:00:00Z\"}" },
		{ "<date>0001-01-01T00:00:00Z</date>", "{\"$date\":\"0001-01-01T00:00:00Z\"}" },
		{ "<date>1931-02-03T04:05:06Z</date>", "{\"$date\":\"1931-02-03T04:05:06Z\"}" },
		{ "<array><integer>1</integer><array><true/></array><dict><key>k</key>"
			"<data>/w==</data></dict><real>.5</real><date>2026-11-22T13:52:00Z"
			"</date><data>AA==</data><string>s</string></array>",
			"[1,[true],{\"k\":{\"$data\":\"/w==\"}},0.5,"
			"{\"$date\":\"2026-11-22T13:52:00Z\"},{\"$data\":\"AA==\"},\"s\"]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct pl *p;

		if (pl_parse(bytes_str(arena_printf(a, PLIST("%s"), rows[i][0])), a,
			&p, &e) < 0)
			fail_msg("%s: %s", e.msg, rows[i][0]);
		assert_string_equal(text_of(p), rows[i][1]);
	}
}

static void and_back(void **state)
{
	/* Reads, and is written as the same text. */
	static const char *const rows[] = {
		"{}", "[]", "[[[]],{}]", "{\"a\":{\"b\":[{\"c\":\"d\"}]}}",
		"{\"i\":1,\"r\":1.0,\"m\":-9223372036854775808,\"t\":true,\"f\":false}",
		"[1,1.5,true,false,\"s\",{\"$data\":\"AAE=\"},"
			"{\"$date\":\"2026-11-22T13:52:00Z\"},[2],{\"k\":3}]",
		"{\"d\":{\"$data\":\"\"},\"e\":{\"$date\":\"0001-01-01T00:00:00Z\"},"
			"\"z\":{\"$date\":\"9999-12-31T23:59:59Z\"}}",
		/* more than a marker is a dict like any other */
		"{\"d\":{\"$data\":\"x\",\"more\":1}}", "{\"d\":{\"$other\":\"x\"}}",
		"{\"d\":\"\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct pl *p, *again;

		if (pl_json_read(json_of(rows[i]), a, &p, &e) < 0)
			fail_msg("%s: %s", e.msg, rows[i]);
		assert_string_equal(text_of(p), rows[i]);
		/* through bytes, too */
		if (pl_parse(pl_xml(p, a), a, &again, &e) < 0)
			fail_msg("%s: %s", e.msg, rows[i]);
		assert_string_equal(text_of(again), rows[i]);
		if (pl_parse(pl_binary(p, a), a, &again, &e) < 0)
			fail_msg("%s: %s", e.msg, rows[i]);
		assert_string_equal(text_of(again), rows[i]);
	}
}

static void refuses(void **state)
{
	static const char *const rows[][2] = {
		{ "1", "a property list begins with an object or an array" },
		{ "null", "a property list begins with an object or an array" },
		{ "{\"a\":null}", "a: null: a property list has no such value" },
		{ "[[1,null]]", "[0][1]: null: a property list has no such value" },
		{ "{\"Settings\":[{\"Wallpaper\":{\"$data\":\"?\"}}]}",
			"Settings[0].Wallpaper.$data: not base64" },
		{ "[{\"$data\":1}]", "[0].$data: not base64" },
		{ "[{\"$data\":\"AAE\"}]", "[0].$data: not base64" },
		{ "{\"d\":{\"$date\":\"2026-13-22T13:52:00Z\"}}",
			"d.$date: use a date as 2026-11-22T13:52:00Z" },
		{ "[{\"$date\":\"2026-11-22T13:52:00+01:00\"}]",
			"[0].$date: use a date as 2026-11-22T13:52:00Z" },
		{ "{\"a\":[\"x\\u0001\"]}", "a[0]: holds a control character, "
			"which a property list cannot" },
		{ "{\"a\\u0001\":1}", "a?: a key that a property list cannot have" },
		{ "{\"a\":{\"\":1}}", "a.: a key that a property list cannot have" },
		/* No such day: nothing is made of it. */
		{ "{\"d\":{\"$date\":\"2026-02-29T00:00:00Z\"}}",
			"d.$date: use a date as 2026-11-22T13:52:00Z" },
		{ "{\"d\":{\"$date\":\"1900-02-29T00:00:00Z\"}}",
			"d.$date: use a date as 2026-11-22T13:52:00Z" },
		{ "[{\"$date\":\"2026-04-31T00:00:00Z\"}]",
			"[0].$date: use a date as 2026-11-22T13:52:00Z" },
		{ "[{\"$date\":\"2026-11-22T13:52:60Z\"}]",
			"[0].$date: use a date as 2026-11-22T13:52:00Z" },
		{ "{\"d\":{\"$date\":0}}",
			"d.$date: use a date as 2026-11-22T13:52:00Z" },
		{ "{\"d\":{\"$date\":\" 2026-11-22T13:52:00Z\"}}",
			"d.$date: use a date as 2026-11-22T13:52:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct pl *p;

		assert_int_equal(pl_json_read(json_of(rows[i][0]), a, &p, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, rows[i][1]);
	}
}

static void counts(void **state)
{
	struct err e = ERR_INIT;
	struct buf b;
	struct pl *p;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_adds(&b, "{\"k\":[0");
	for (size_t i = 0; i < PL_MAX_OBJECTS; i++)
		buf_adds(&b, ",0");
	buf_adds(&b, "]}");
	buf_addc(&b, '\0');
	assert_int_equal(pl_json_read(json_of((char *)b.p), a, &p, &e), -1);
	assert_non_null(strstr(e.msg, "more than 200000 values"));
	buf_fini(&b);
}

static void deep(void **state)
{
	struct err e = ERR_INIT;
	struct buf b;
	struct pl *p;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < 512; i++)
		buf_addc(&b, '[');
	for (size_t i = 0; i < 512; i++)
		buf_addc(&b, ']');
	buf_addc(&b, '\0');
	assert_int_equal(pl_json_read(json_of((char *)b.p), a, &p, &e), 0);
	assert_string_equal(text_of(p), (char *)b.p);
	buf_fini(&b);
}

/* A UID is neither's; what is not UTF-8 cannot come from pl_parse. */
static void others(void **state)
{
	static const unsigned char uid[] = "bplist00\xa1\x01\x80\x03"
		"\x08\x0a\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\x0c";
	struct err e = ERR_INIT;
	struct pl *p;

	(void)state;
	if (pl_parse(bytes_of(uid, sizeof(uid) - 1), a, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(text_of(p), "[null]");
}

static void paths(void **state)
{
	struct keypath top = { NULL, "Settings", 0 }, at = { &top, NULL, 2 },
		leaf = { &at, "Item", 0 }, long_ = { &leaf, NULL, 0 };
	struct err e = ERR_INIT;
	const char *text;

	(void)state;
	assert_string_equal(keypath_text(NULL, a), "");
	assert_string_equal(keypath_text(&leaf, a), "Settings[2].Item");
	assert_int_equal(keypath_fault(NULL, a, &e, "no %d", 1), -1);
	assert_string_equal(e.msg, "no 1");
	assert_int_equal(keypath_fault(&leaf, a, &e, "no"), -1);
	assert_string_equal(e.msg, "Settings[2].Item: no");
	long_.key = arena_printf(a, "%0400d", 7);
	text = keypath_text(&long_, a);
	assert_true(strlen(text) < 160 && text[strlen(text) - 1] == '7');
	keypath_fault(&long_, a, &e, "the reason");
	assert_non_null(strstr(e.msg, ": the reason"));
	/* Not cut within a character. */
	long_.key = arena_printf(a, "%s%0149d", "\xc3\xa9\xc3\xa9", 0);
	text = keypath_text(&long_, a);
	assert_true(str_is_utf8(text, strlen(text)));
}

static void changes(void **state)
{
	struct pl *p = pl_new_dict(a);

	(void)state;
	pl_set_int(p, "a", 1);
	pl_set_int(p, "b", 2);
	pl_del(p, "a");
	pl_del(p, "none");
	assert_string_equal(text_of(p), "{\"b\":2}");
	assert_false(pl_set_date(p, "d", "yesterday"));
	assert_null(pl_dict_get(p, "d"));
	assert_null(pl_as_date(pl_dict_get(p, "b"), a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(and_back, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(refuses, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(counts, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(deep, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(others, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(paths, arena_setup, teardown),
		cmocka_unit_test_setup_teardown(changes, arena_setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
