/* base/str and base/enc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

/* ---- str ---- */

static void bytes_compare(void **state)
{
	(void)state;
	assert_true(bytes_eq(bytes_of(NULL, 0), bytes_of("x", 0)));
	assert_true(bytes_eq(BYTES("a\0b"), BYTES("a\0b")));
	assert_false(bytes_eq(BYTES("a\0b"), BYTES("a\0c")));
	assert_false(bytes_is(BYTES("abc"), "ab"));
	assert_null(bytes_str(NULL).p);
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_true(str_has_prefix("abc", "ab"));
	assert_true(str_has_prefix("abc", ""));
	assert_false(str_has_prefix("a", "ab"));
	assert_false(str_has_prefix(NULL, "a"));
	assert_true(str_has_prefix_nocase("Bearer x", "bearer "));
	assert_true(str_has_suffix("a.pem", ".pem"));
	assert_false(str_has_suffix("pem", ".pem"));
	assert_false(str_has_suffix(NULL, ".pem"));
	assert_true(str_secret_eq(BYTES("token"), BYTES("token")));
	assert_false(str_secret_eq(BYTES("token"), BYTES("tokeN")));
	assert_false(str_secret_eq(BYTES("token"), BYTES("toke")));
	assert_true(str_secret_eq(bytes_of(NULL, 0), bytes_of(NULL, 0)));
}

static void numbers_are_strict(void **state)
{
	static const struct {
		const char *s;
		uint64_t min, max, v;
		bool ok;
	} rows[] = {
		{ "0", 0, UINT64_MAX, 0, true }, { "007", 0, 9, 7, true },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", 0, UINT64_MAX, 0, false },
		{ "18446744073709551620", 0, UINT64_MAX, 0, false },
		{ "99999999999999999999", 0, UINT64_MAX, 0, false },
		{ "", 0, 9, 0, false }, { NULL, 0, 9, 0, false },
		{ "+1", 0, 9, 0, false }, { "-1", 0, 9, 0, false },
		{ " 1", 0, 9, 0, false }, { "1 ", 0, 9, 0, false },
		{ "1x", 0, 9, 0, false }, { "5", 6, 9, 0, false },
		{ "10", 6, 9, 0, false }, { "9", 6, 9, 9, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = 77;

		assert_int_equal(str_u64(rows[i].s, rows[i].min, rows[i].max, &v),
			rows[i].ok);
		assert_true(v == (rows[i].ok ? rows[i].v : 77));
	}
}

static void utf8_is_strict(void **state)
{
	static const struct {
		struct bytes b;
		bool ok;
	} rows[] = {
#define ROW(s, ok) { { (const unsigned char *)s, sizeof(s) - 1 }, ok }
		ROW("", true), ROW("plain", true), ROW("\xc3\xa9", true),
		ROW("\xe2\x82\xac", true), ROW("\xf0\x9f\x98\x80", true),
		ROW("\xf4\x8f\xbf\xbf", true), ROW("\xf4\x90\x80\x80", false),
		ROW("a\0b", false), ROW("\xc0\x80", false), ROW("\xc1\xbf", false),
		ROW("\xe0\x9f\xbf", false), ROW("\xf0\x8f\xbf\xbf", false),
		ROW("\xed\xa0\x80", false), ROW("\xed\xbf\xbf", false),
		ROW("\xee\x80\x80", true), ROW("\x80", false), ROW("\xff", false),
		ROW("\xf8\x88\x80\x80\x80", false), ROW("ab\xc3", false),
		ROW("\xe2\x82", false), ROW("\xf0\x9f\x98", false),
		ROW("\xc3\x28", false), ROW("\xe2\x28\xa1", false),
		ROW("12345678901234567890\xc3\xa9" "123456789012345678901", true),
		ROW("12345678901234567890\xc3" "123456789012345678901", false),
		ROW("12345678901234567\0" "90123456789012345678901", false),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is_utf8(rows[i].b.p, rows[i].b.n) != rows[i].ok)
			fail_msg("row %zu", i);
}

/* ---- enc ---- */

static void base64_both_ways(void **state)
{
	static const char *const rows[][3] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes b = bytes_str(rows[i][0]), back;

		assert_string_equal(enc_base64(a, b), rows[i][1]);
		assert_string_equal(enc_base64url(a, b), rows[i][2]);
		assert_true(enc_unbase64(a, bytes_str(rows[i][1]), false, &back));
		assert_true(bytes_eq(b, back));
	}
	arena_free(a);
}

static void base64_is_strict(void **state)
{
	static const struct {
		const char *s;
		bool plain, blanks;
	} rows[] = {
		{ "Zg", false, false }, { "Zg=", false, false },
		{ "Zg===", false, false }, { "Z===", false, false },
		{ "====", false, false }, { "=", false, false },
		{ "Zg==Zg==", false, false }, { "Zg======", false, false },
		{ "Zm8=Zm8=", false, false }, { "Z=g=", false, false },
		{ "Zh==", false, false }, { "Zm9=", false, false },
		{ "Zm9v-_", false, false }, { "Zm9*", false, false },
		{ "Zm9v\xc3\xa9", false, false }, { "Zm9vZ", false, false },
		{ "Zm9v\n", false, true }, { " Z m\t8\r\n=", false, true },
		{ "Zm9v\v", false, false }, { "\n", false, true },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes out, s = bytes_str(rows[i].s);

		if (enc_unbase64(a, s, false, &out) != rows[i].plain ||
			enc_unbase64(a, s, true, &out) != rows[i].blanks)
			fail_msg("row %zu: %s", i, rows[i].s);
	}
	assert_false(enc_unbase64(a, BYTES("Zm9v\0"), true, &(struct bytes){ 0 }));
	arena_free(a);
}

static void hex_and_percent(void **state)
{
	struct arena *a = arena_new();
	struct bytes out;
	char hex[7];

	(void)state;
	enc_hex_to(hex, "\x00\xab\xff", 3);
	assert_string_equal(hex, "00abff");
	assert_string_equal(enc_hex(a, BYTES("\x01\x80")), "0180");
	assert_true(enc_unhex(a, "00aBFf", &out));
	assert_true(bytes_eq(out, BYTES("\x00\xab\xff")));
	assert_false(enc_unhex(a, "0", &out));
	assert_false(enc_unhex(a, "0g", &out));
	assert_false(enc_unhex(a, "@0", &out));

	assert_string_equal(enc_percent(a, BYTES("aZ09-._~/:,%+ \n\xc3\xa9")),
		"aZ09-._~%2F%3A%2C%25%2B%20%0A%C3%A9");
	assert_true(enc_unpercent(a, BYTES("a%2fb%2F+%00c"), &out));
	assert_true(bytes_eq(out, BYTES("a/b/+\0c")));
	assert_false(enc_unpercent(a, BYTES("a%2"), &out));
	assert_false(enc_unpercent(a, BYTES("%"), &out));
	assert_false(enc_unpercent(a, BYTES("%zz"), &out));
	arena_free(a);
}

static void integers_sort_as_bytes(void **state)
{
	static const uint64_t v[] = { 0, 1, 255, 256, 0x0102030405060708,
		INT64_MAX, UINT64_MAX };
	unsigned char last[8] = { 0 }, now[8], four[4];

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		enc_be64(now, v[i]);
		assert_true(enc_unbe64(now) == v[i]);
		assert_true(i == 0 || memcmp(last, now, 8) < 0);
		memcpy(last, now, 8);
	}
	enc_be32(four, 0x80000001);
	assert_memory_equal(four, "\x80\0\0\x01", 4);
	assert_true(enc_unbe32(four) == 0x80000001);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_compare),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(hex_and_percent),
		cmocka_unit_test(integers_sort_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
