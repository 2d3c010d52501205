/* crypto/pem_pair and cert_uid: push certificates as operators hand them
 * over (tests/data/crypto/push*). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/pem_pair.h"
#include "crypto_data.h"
#include "arena_fixture.h"

static struct err e;
static struct pem_pair pair;

static int setup(void **state)
{
	e = (struct err)ERR_INIT;
	return arena_setup(state);
}

static const char *file(const char *name)
{
	return arena_str(a, data_file(a, name));
}

static void assert_reads(const char *text, const char *name)
{
	if (pem_pair_read(bytes_str(text), a, &pair, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	assert_string_equal(cert_uid(pair.cert, a),
		"com.apple.mgmt.External.fixture-1");
	assert_string_equal(arena_str(a, pair.cert_pem), file("push.pem"));
	assert_string_equal(arena_str(a, pair.key_pem), file("push.key"));
}

static void test_forms(void **state)
{
	const char *cert = file("push.pem"), *key = file("push.key");
	char *bare = arena_strdup(a, cert);

	(void)state;
	assert_reads(arena_printf(a, "%s%s", cert, key), "certificate first");
	assert_reads(arena_printf(a, "%s%s", key, cert), "key first");
	assert_reads(arena_printf(a, "%s%s", cert, file("push-old-form.key")),
		"RSA PRIVATE KEY");
	assert_reads(arena_printf(a, "Bag Attributes\n  x: y\n%s\r\nmore\n%s",
		cert, key), "text between");
	bare[strlen(bare) - 1] = '\0';
	assert_reads(arena_printf(a, "%s%s", bare, key), "joined");
	assert_non_null(strstr(arena_printf(a, "%s%s", bare, key),
		"----------"));
}

static void test_chain(void **state)
{
	const char *other = file("push-other.pem"), *cert = file("push.pem");

	(void)state;
	assert_int_equal(pem_pair_read(bytes_str(arena_printf(a, "%s%s%s", other,
		file("push.key"), cert)), a, &pair, &e), 0);
	assert_string_equal(cert_uid(pair.cert, a),
		"com.apple.mgmt.External.fixture-1");
	/* The one that the key fits goes first. */
	assert_string_equal(arena_str(a, pair.cert_pem),
		arena_printf(a, "%s%s", cert, other));
}

static void test_ec(void **state)
{
	(void)state;
	assert_int_equal(pem_pair_read(bytes_str(arena_printf(a,
		"%s-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
		"-----END EC PARAMETERS-----\n%s", file("push-other.pem"),
		file("push-other.key"))), a, &pair, &e), 0);
	assert_true(pkey_matches(pair.key, pair.cert));
	assert_string_equal(cert_uid(pair.cert, a),
		"com.apple.mgmt.External.fixture-2");
}

static void test_refused(void **state)
{
	const char *cert = file("push.pem"), *key = file("push.key");
	const char *half = arena_printf(a, "%.200s", key);
	const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no certificate" },
		{ "hello\n", "no certificate" },
		{ cert, "no private key" },
		{ key, "no certificate" },
		{ arena_printf(a, "%s%s", cert, file("push-other.key")),
			"does not fit" },
		{ arena_printf(a, "%s%s", cert, file("push-encrypted.key")),
			"is encrypted" },
		{ arena_printf(a, "%s%s", cert,
			file("push-old-encrypted.key")), "is encrypted" },
		{ arena_printf(a, "%s%s%s", cert, key, key),
			"more than one private key" },
		{ arena_printf(a, "%s%s", cert, half), "damaged PEM" },
		{ arena_printf(a, "%s-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"
			"-----END CERTIFICATE REQUEST-----\n", cert),
			"CERTIFICATE REQUEST" },
		{ arena_printf(a, "%s-----BEGIN PRIVATE KEY-----\nAAAA\n"
			"-----END PRIVATE KEY-----\n", cert), "cannot be read" },
		{ arena_printf(a, "-----BEGIN CERTIFICATE-----\nAAAA\n"
			"-----END CERTIFICATE-----\n%s", key),
			"not a certificate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(pem_pair_read(bytes_str(rows[i].text), a, &pair,
			&e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (strstr(e.msg, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, e.msg);
	}
}

static void test_too_large(void **state)
{
	char *text = arena_alloc(a, PEM_PAIR_MAX + 2);

	(void)state;
	memset(text, ' ', PEM_PAIR_MAX + 1);
	text[PEM_PAIR_MAX + 1] = '\0';
	assert_int_equal(pem_pair_read(bytes_str(text), a, &pair, &e), -1);
	assert_non_null(strstr(e.msg, "more than"));
	text[PEM_PAIR_MAX] = '\0';
	assert_int_equal(pem_pair_read(bytes_str(text), a, &pair, &e), -1);
	assert_non_null(strstr(e.msg, "no certificate"));
}

/* Many dashes in a row, and bytes that are no text. */
static void test_strange_bytes(void **state)
{
	char *dashes = arena_alloc(a, 4001);
	static const char bytes[] = "\0\xff-----BEGIN \0-----\n\0";

	(void)state;
	memset(dashes, '-', 4000);
	dashes[4000] = '\0';
	assert_int_equal(pem_pair_read(bytes_str(dashes), a, &pair, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_int_equal(pem_pair_read(bytes_of(bytes, sizeof(bytes)), a, &pair,
		&e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
}

static void test_uid(void **state)
{
	(void)state;
	assert_null(cert_uid(data_cert(a, "push-no-uid"), a));
	assert_null(cert_uid(data_cert(a, "push-two-uids"), a));
	assert_null(cert_uid(data_cert(a, "rsa"), a));
	assert_string_equal(cert_uid(data_cert(a, "push-not-apple"), a),
		"de.example.mdm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forms, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_ec, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_strange_bytes, setup,
			arena_teardown),
		cmocka_unit_test_setup_teardown(test_uid, setup, arena_teardown),
	};

	return cmocka_run_group_tests_name("pem_pair", tests, NULL, NULL);
}
