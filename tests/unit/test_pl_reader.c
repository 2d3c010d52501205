/* Property lists in the program: the reader, walking and building. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pl_world.h"

/* ---- the reader ---- */

static const char message[] = PLIST("<dict>"
	"<key>Text</key><string>t</string><key>Empty</key><string/>"
	"<key>Data</key><data>AAEC</data><key>NoData</key><data/>"
	"<key>Yes</key><true/><key>No</key><false/>"
	"<key>Int</key><integer>-7</integer>"
	"<key>Big</key><integer>9223372036854775808</integer>"
	"<key>Dict</key><dict><key>In</key><string>side</string></dict>"
	"<key>Array</key><array><integer>1</integer><string>2</string></array>"
	"<key>Date</key><date>2026-11-22T13:52:00Z</date><key>Real</key><real>1</real>"
	"</dict>");

static void reader_reads(void **state)
{
	const struct pl *dict = NULL, *array = NULL;
	const char *text = NULL, *empty = NULL, *none = "preset", *in = NULL;
	struct bytes data = { NULL, 0 }, no = { NULL, 0 }, absent = { NULL, 0 };
	bool yes = false, not = true, kept = true;
	struct err e = ERR_INIT;
	struct pl_reader r;
	int64_t i = 0;

	(void)state;
	pl_read(&r, "Test", parsed(bytes_str(message)), a);
	pl_str(&r, "Text", &text);
	pl_str_opt(&r, "Empty", &empty);
	pl_str_opt(&r, "None", &none);
	pl_data(&r, "Data", &data);
	pl_data_opt(&r, "NoData", &no);
	pl_data_opt(&r, "None", &absent);
	pl_bool_opt(&r, "Yes", &yes);
	pl_bool_opt(&r, "No", &not);
	pl_bool_opt(&r, "None", &kept);
	pl_int_opt(&r, "Int", &i);
	pl_dict(&r, "Dict", &dict);
	pl_array_opt(&r, "Array", &array);
	assert_true(pl_has(&r, "Int"));
	assert_false(pl_has(&r, "None"));
	assert_int_equal(pl_done(&r, &e), 0);
	assert_string_equal(text, "t");
	assert_string_equal(empty, "");
	assert_string_equal(none, "preset");
	assert_true(bytes_eq(data, BYTES("\0\1\2")));
	assert_true(no.p != NULL && no.n == 0 && absent.p == NULL);
	assert_true(yes && !not && kept && i == -7);
	assert_int_equal(pl_array_len(array), 2);
	assert_string_equal(pl_as_str(pl_array_at(array, 1)), "2");
	assert_null(pl_array_at(array, 2));
	pl_read(&r, "Test: Dict", dict, a);
	pl_str(&r, "In", &in);
	assert_int_equal(pl_done(&r, &e), 0);
	assert_string_equal(in, "side");
}

static void read_str(struct pl_reader *r, const char *key)
{
	const char *out;

	pl_str(r, key, &out);
}

static void read_str_opt(struct pl_reader *r, const char *key)
{
	const char *out;

	pl_str_opt(r, key, &out);
}

static void read_data(struct pl_reader *r, const char *key)
{
	struct bytes out;

	pl_data(r, key, &out);
}

static void read_data_opt(struct pl_reader *r, const char *key)
{
	struct bytes out;

	pl_data_opt(r, key, &out);
}

static void read_bool(struct pl_reader *r, const char *key)
{
	bool out;

	pl_bool_opt(r, key, &out);
}

static void read_int(struct pl_reader *r, const char *key)
{
	int64_t out;

	pl_int_opt(r, key, &out);
}

static void read_dict(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_dict(r, key, &out);
}

static void read_dict_opt(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_dict_opt(r, key, &out);
}

static void read_array(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_array_opt(r, key, &out);
}

static void reader_names_the_key(void **state)
{
	static const struct {
		void (*read)(struct pl_reader *r, const char *key);
		const char *key, *line;
	} rows[] = {
		{ read_str, "None", "Test: None: missing" },
		{ read_str, "Empty", "Test: Empty: empty" },
		{ read_str, "Data", "Test: Data: expected string, got data" },
		{ read_str, "Int", "Test: Int: expected string, got integer" },
		{ read_str_opt, "Yes", "Test: Yes: expected string, got boolean" },
		{ read_str_opt, "Date", "Test: Date: expected string, got date" },
		{ read_data, "None", "Test: None: missing" },
		{ read_data, "NoData", "Test: NoData: empty" },
		{ read_data, "Text", "Test: Text: expected data, got string" },
		{ read_data_opt, "Array", "Test: Array: expected data, got array" },
		{ read_bool, "Text", "Test: Text: expected boolean, got string" },
		{ read_bool, "Int", "Test: Int: expected boolean, got integer" },
		{ read_int, "Real", "Test: Real: expected integer, got real" },
		{ read_int, "Big", "Test: Big: integer out of range" },
		{ read_dict, "None", "Test: None: missing" },
		{ read_dict, "Array", "Test: Array: expected dict, got array" },
		{ read_dict_opt, "Text", "Test: Text: expected dict, got string" },
		{ read_array, "Dict", "Test: Dict: expected array, got dict" },
	};
	const struct pl *p = parsed(bytes_str(message));
	struct pl_reader r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		const char *out = "alone";

		pl_read(&r, "Test", p, a);
		rows[i].read(&r, rows[i].key);
		read_str(&r, "None");	/* a later fault does not count */
		pl_str_opt(&r, "Text", &out);
		assert_string_equal(out, "alone");
		assert_int_equal(pl_done(&r, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, rows[i].line);
	}
	pl_read(&r, "check-in", parsed(BYTES(PLIST("<array/>"))), a);
	read_str(&r, "None");
	assert_string_equal(r.fault.msg, "check-in: expected dict, got array");
	pl_read(&r, "", p, a);
	read_str(&r, "None");
	assert_string_equal(r.fault.msg, "None: missing");
}

/* ---- walking and building ---- */

static bool collect(const char *key, const struct pl *value, void *arg)
{
	struct buf *b = arg;

	buf_printf(b, "%s=%s;", key, pl_type_name(pl_type(value)));
	return b->n < 40;
}

static void dicts_keep_their_order(void **state)
{
	const struct pl *p = parsed(BYTES(PLIST("<dict><key>z</key><true/>"
		"<key>a</key><integer>1</integer><key>m</key><dict/></dict>")));
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pl_dict_each(p, collect, &b);
	assert_true(bytes_is(buf_bytes(&b), "z=boolean;a=integer;m=dict;"));
	buf_clear(&b);
	pl_dict_each(parsed(bytes_str(message)), collect, &b);
	assert_true(bytes_is(buf_bytes(&b), "Text=string;Empty=string;Data=data;NoData=data;"));
	buf_fini(&b);
	assert_null(pl_dict_get(pl_array_at(p, 0), "x"));
	assert_int_equal(pl_type(NULL), PL_OTHER);
}

static void integers_of_any_sign(void **state)
{
	static const int64_t v[] = { 0, 1, -1, 255, 256, -256, INT32_MIN, UINT32_MAX,
		INT64_MAX, INT64_MIN, INT64_MIN + 1 };
	struct pl *dict = pl_new_dict(a);

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		pl_set_int(dict, arena_printf(a, "k%zu", i), v[i]);
	for (int k = 0; k < 3; k++) {
		const struct pl *p = k == 0 ? dict : parsed(k == 1 ? pl_xml(dict, a) :
			pl_binary(dict, a));

		for (size_t i = 0; i < COUNT(v); i++) {
			int64_t got = 99;

			assert_true(pl_as_int(pl_dict_get(p, arena_printf(a, "k%zu", i)), &got));
			assert_true(got == v[i]);
		}
	}
}

static void built_is_what_is_read(void **state)
{
	struct pl *dict = pl_new_dict(a), *array, *inner;
	struct bytes d;
	bool yes = false;

	(void)state;
	pl_set_str(dict, "Str", "a<&>\xc3\xa9");
	pl_set_str(dict, "Left out", NULL);
	pl_set_str(dict, "Bad", "x\x01y\xffz\n");
	pl_set_data(dict, "Data", BYTES("\0\xff"));
	pl_set_data(dict, "NoData", bytes_of("", 0));
	pl_set_data(dict, "Left out", bytes_of(NULL, 0));
	pl_set_bool(dict, "Yes", true);
	pl_set_real(dict, "Real", -0.25);
	array = pl_set_array(dict, "Array");
	pl_add_str(array, "one");
	pl_add_data(array, BYTES("two"));
	pl_set_str(pl_add_dict(array), "k", "v");
	pl_add_str(pl_add_array(array), "deep");
	inner = pl_set_dict(dict, "Inner");
	pl_set_copy(inner, "Copy", array);
	pl_set_str(dict, "Str", "replaced");
	for (int k = 0; k < 2; k++) {
		const struct pl *p = parsed(k == 0 ? pl_xml(dict, a) : pl_binary(dict, a));

		assert_string_equal(pl_as_str(pl_dict_get(p, "Str")), "replaced");
		assert_null(pl_dict_get(p, "Left out"));
		assert_string_equal(pl_as_str(pl_dict_get(p, "Bad")),
			"x\xef\xbf\xbdy\xef\xbf\xbdz\n");
		assert_true(pl_as_data(pl_dict_get(p, "Data"), a, &d));
		assert_true(bytes_eq(d, BYTES("\0\xff")));
		assert_true(pl_as_data(pl_dict_get(p, "NoData"), a, &d));
		assert_true(d.p != NULL && d.n == 0);
		assert_true(pl_as_bool(pl_dict_get(p, "Yes"), &yes) && yes);
		assert_int_equal(pl_type(pl_dict_get(p, "Real")), PL_REAL);
		p = pl_dict_get(pl_dict_get(p, "Inner"), "Copy");
		assert_int_equal(pl_array_len(p), 4);
		assert_string_equal(pl_as_str(pl_array_at(pl_array_at(p, 3), 0)), "deep");
		assert_string_equal(pl_as_str(pl_dict_get(pl_array_at(p, 2), "k")), "v");
	}
	assert_false(pl_as_data(pl_dict_get(dict, "Str"), a, &d));
	assert_false(pl_as_bool(pl_dict_get(dict, "Str"), &yes));
	assert_null(pl_as_str(pl_dict_get(dict, "Yes")));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(reader_reads), T(reader_names_the_key),
		T(dicts_keep_their_order), T(integers_of_any_sign),
		T(built_is_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
