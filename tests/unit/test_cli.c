/* Moments and tables of mooringctl. The commands are tested as a whole, in
 * tests/e2e/test_mooringctl.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/table.h"
#include "base/when.h"

#define NOW 1700000000

static void test_moments(void **state)
{
	static const struct {
		const char *text;
		int64_t is;
	} rows[] = {
		{ "+1s", NOW + 1 }, { "+30m", NOW + 1800 }, { "+1h", NOW + 3600 },
		{ "+7d", NOW + 7 * 86400 },
		{ "1970-01-01T00:00:01Z", 1 },
		{ "2026-11-22T13:52:00Z", 1795355520 },
		{ "2026-11-22t13:52:00z", 1795355520 },
		{ "2026-11-22 13:52:00Z", 1795355520 },
		{ "2026-11-22T13:52:00.999Z", 1795355520 },
		{ "2026-11-22T14:52:00+01:00", 1795355520 },
		{ "2026-11-22T08:22:00-05:30", 1795355520 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2000-02-29T00:00:00Z", 951782400 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t t = 0;

		if (!when_parse(rows[i].text, NOW, &t) || t != rows[i].is)
			fail_msg("%s: %lld", rows[i].text, (long long)t);
	}
}

static void test_no_moments(void **state)
{
	static const char *const rows[] = { "", "+", "+1", "+h", "+0h", "+-1h",
		"+1w", "+ 1h", "+1h ", "+99999999999999999999h", "+4000d", "1h",
		"now", "0", "1700000000", "2026-11-22", "2026-11-22T13:52Z",
		"2026-11-22T13:52:00", "2026-11-22T13:52:00+0100",
		"2026-11-22T13:52:00Zx", "2026-11-22T24:00:00Z",
		"2026-11-22T13:60:00Z", "2026-11-22T13:52:61Z",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z", "1900-01-01T00:00:00Z",
		"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"1970-01-01T00:00:00Z", "2026-11-22T13:52:00.Z",
		"2026-11-22T13:52:00+24:00", "-2026-11-22T13:52:00Z",
		/* 10000-01-01T11:59:59Z */
		"9999-12-31T23:59:59-12:00" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t t = -1;

		if (when_parse(rows[i], NOW, &t))
			fail_msg("%s was taken as %lld", rows[i], (long long)t);
	}
}

static char *printed(struct arena *a, const struct table *t)
{
	char *text = NULL, *copy;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	table_print(t, f);
	fclose(f);
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

static void test_table(void **state)
{
	static const char *const heads[] = { "A", "BB", "C", NULL };
	static const char *const rows[][3] = {
		{ "Zoë", NULL, "last is not cut or padded" },
		{ "x\ty\n", "", "" },
		{ "\xff", "\x1b[31m", NULL },
	};
	struct arena *a = arena_new();
	struct table *t = table_new(a, heads);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		table_row(t, rows[i]);
	assert_string_equal(printed(a, t),
		"A     BB     C\n"
		"Zoë   -      last is not cut or padded\n"
		"x?y?  -\n"
		"?     ?[31m  -\n");
	arena_free(a);
}

static void test_table_cuts(void **state)
{
	static const char *const heads[] = { "", "", NULL };
	struct arena *a = arena_new();
	struct table *t = table_new(a, heads);
	char *text = arena_zalloc(a, 201), *out;
	const char *row[] = { text, text };

	(void)state;
	for (int i = 0; i < 200; i += 2)
		memcpy(text + i, "é", 2);
	table_row(t, row);
	out = printed(a, t);
	assert_memory_equal(out + 126, "…  é", 7);
	assert_int_equal(strlen(out), 126 + 3 + 2 + 200 + 1);
	assert_true(str_is_utf8(out, strlen(out)));
	arena_free(a);
}

static void test_sizes(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(table_size(a, 0), "0 bytes");
	assert_string_equal(table_size(a, 1023), "1023 bytes");
	assert_string_equal(table_size(a, 1024), "1.0 KiB");
	assert_string_equal(table_size(a, 5 << 20), "5.0 MiB");
	assert_string_equal(table_size(a, (uint64_t)1 << 50), "1024.0 TiB");
	assert_string_equal(table_time(a, 0), "-");
	assert_string_equal(table_time(a, 1795355520), "2026-11-22T13:52:00Z");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments), cmocka_unit_test(test_no_moments),
		cmocka_unit_test(test_table), cmocka_unit_test(test_table_cuts),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
