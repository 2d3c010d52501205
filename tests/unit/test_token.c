/* Scopes and names of API tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/token.h"

#define R TOKEN_READ
#define C TOKEN_COMMAND
#define A TOKEN_ADMIN

static void test_scope_names(void **state)
{
	static const struct {
		enum token_scope scope;
		const char *name;
	} rows[] = { { R, "read" }, { C, "command" }, { A, "admin" } };
	static const char *const bad[] = { "", "Read", "read ", "admins",
		"unknown", "7" };
	enum token_scope s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(token_scope_name(rows[i].scope),
			rows[i].name);
		assert_true(token_scope_parse(rows[i].name, &s));
		assert_int_equal(s, rows[i].scope);
	}
	s = R;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(token_scope_parse(bad[i], &s));
	assert_false(token_scope_parse(NULL, &s));
	assert_int_equal(s, R);
	assert_string_equal(token_scope_name((enum token_scope)3), "unknown");
}

static void test_covers(void **state)
{
	static const struct {
		int has, needed;
		bool covers;
	} rows[] = {
		{ R, R, true }, { R, C, false }, { R, A, false },
		{ C, R, true }, { C, C, true }, { C, A, false },
		{ A, R, true }, { A, C, true }, { A, A, true },
		/* Not a scope: neither as what is held nor as what is asked. */
		{ 0, R, false }, { 3, R, false }, { 7, R, false },
		{ 8, R, false }, { 255, A, false }, { A, 0, false },
		{ A, 3, false }, { 0, 0, false }, { -1, R, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (token_scope_covers((enum token_scope)rows[i].has,
			(enum token_scope)rows[i].needed) != rows[i].covers)
			fail_msg("%d covers %d", rows[i].has, rows[i].needed);
}

static void test_name(void **state)
{
	static const char *const good[] = { "a", "admin", "CI-2.x_y@example",
		"0", "a.", "A@3", "9-" };
	static const char *const bad[] = { "", "a b", "a/b", "a:b", "a,b",
		"a%b", "a\nb", "a\x7f", "\xc3\xa4", "a\"b", "@3", ".", "..", "-x", "_" };
	char longest[TOKEN_NAME_MAX + 2];
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(token_name_check(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(token_name_check(bad[i], &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
	}
	assert_int_equal(token_name_check(NULL, &e), -1);
	memset(longest, 'x', sizeof(longest));
	longest[TOKEN_NAME_MAX] = '\0';
	assert_int_equal(token_name_check(longest, &e), 0);
	longest[TOKEN_NAME_MAX] = 'x';
	longest[TOKEN_NAME_MAX + 1] = '\0';
	assert_int_equal(token_name_check(longest, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope_names),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
