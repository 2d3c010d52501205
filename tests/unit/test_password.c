/* crypto/password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/password.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void own_hash(void **state)
{
	struct arena *a = *state;
	const char *hash = password_hash(bytes_str("correct horse"), a);

	assert_true(str_has_prefix(hash, "$pbkdf2-sha256$600000$"));
	assert_null(strstr(hash, "horse"));
	assert_true(password_matches(bytes_str("correct horse"), hash));
	assert_false(password_matches(bytes_str("correct horsf"), hash));
	assert_false(password_matches(bytes_str(""), hash));
	assert_string_not_equal(hash,
		password_hash(bytes_str("correct horse"), a));
}

/* Made by Python: hashlib.pbkdf2_hmac("sha256", b"password", b"\0" * 15 +
 * b"\1", 1000) */
static void known_hash(void **state)
{
	static const char known[] = "$pbkdf2-sha256$1000$"
		"00000000000000000000000000000001$"
		"766c641a66b32c1e9ca956092fd866e5171e8711667b843344d1e2e9e13bdcb1";

	(void)state;
	assert_true(password_matches(bytes_str("password"), known));
	assert_false(password_matches(bytes_str("Password"), known));
}

static void what_is_no_hash(void **state)
{
	static const char *const bad[] = { "", "$", "$pbkdf2-sha256$",
		"$pbkdf2-sha256$0$00000000000000000000000000000001$00",
		"$pbkdf2-sha256$1000$00$00",
		"$pbkdf2-sha256$99999999999$00000000000000000000000000000001$"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"$pbkdf2-sha1$1000$00000000000000000000000000000001$"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"$pbkdf2-sha256$1000$00000000000000000000000000000001$"
		"zz00000000000000000000000000000000000000000000000000000000000000",
		"$pbkdf2-sha256$1000$00000000000000000000000000000001$"
		"000000000000000000000000000000000000000000000000000000000000000000",
		"password" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(password_matches(bytes_str("password"), bad[i]));
	assert_false(password_matches(bytes_str("password"), NULL));
}

static void a_long_password(void **state)
{
	struct arena *a = *state;
	char *text = arena_alloc(a, PASSWORD_MAX + 1);
	const char *hash;

	memset(text, 'p', PASSWORD_MAX + 1);
	hash = password_hash(bytes_of(text, PASSWORD_MAX), a);
	assert_true(password_matches(bytes_of(text, PASSWORD_MAX), hash));
	assert_false(password_matches(bytes_of(text, PASSWORD_MAX - 1), hash));
	assert_false(password_matches(bytes_of(text, PASSWORD_MAX + 1), hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(own_hash, setup, teardown),
		cmocka_unit_test(known_hash),
		cmocka_unit_test(what_is_no_hash),
		cmocka_unit_test_setup_teardown(a_long_password, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
