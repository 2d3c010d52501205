/* crypto/digest, pkey, issue, cert: values of the standards, certificates of
 * other implementations (tests/data/crypto), and our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/enc.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto_data.h"
#include "arena_fixture.h"

#define YEAR ((int64_t)365 * 86400)

static struct err e;

static int setup(void **state)
{
	e = (struct err)ERR_INIT;
	return arena_setup(state);
}

static void assert_hex(const unsigned char *got, const char *want)
{
	assert_string_equal(enc_hex(a, bytes_of(got, DIGEST_LEN)), want);
}

/* ---- digests ---- */

static void test_sha256(void **state)
{
	unsigned char d[DIGEST_LEN];

	(void)state;
	digest_sha256(bytes_of(NULL, 0), d);
	assert_hex(d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_sha256(bytes_str("abc"), d);	/* FIPS 180-2 B.1 */
	assert_hex(d, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_parts(void **state)
{
	const struct bytes ab_c[] = { bytes_str("ab"), bytes_str("c") };
	const struct bytes a_bc[] = { bytes_str("a"), bytes_str("bc") };
	const struct bytes absent[] = { bytes_str("ab"), bytes_of(NULL, 0) };
	unsigned char d1[DIGEST_LEN], d2[DIGEST_LEN];

	(void)state;
	digest_parts(ab_c, 2, d1);
	/* printf '\0\0\0\0\0\0\0\002ab\0\0\0\0\0\0\0\001c' | sha256sum */
	digest_sha256(bytes_of("\0\0\0\0\0\0\0\002ab\0\0\0\0\0\0\0\001c", 19), d2);
	assert_memory_equal(d1, d2, DIGEST_LEN);
	digest_parts(a_bc, 2, d2);
	assert_memory_not_equal(d1, d2, DIGEST_LEN);
	digest_parts(ab_c, 1, d1);
	digest_parts(absent, 2, d2);
	assert_memory_not_equal(d1, d2, DIGEST_LEN);
}

static void test_hmac(void **state)
{
	unsigned char d[DIGEST_LEN];

	(void)state;
	/* RFC 4231 test case 2 */
	digest_hmac_sha256(bytes_str("Jefe"), bytes_str("what do ya want for nothing?"),
		d);
	assert_hex(d, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	/* The empty key and message, as known everywhere. */
	digest_hmac_sha256(bytes_of(NULL, 0), bytes_of(NULL, 0), d);
	assert_hex(d, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* ---- keys ---- */

static void test_key_pem(void **state)
{
	struct pkey *rsa, *ec, *again;
	char *pem;

	(void)state;
	assert_int_equal(pkey_new_rsa(2048, a, &rsa, &e), 0);
	assert_int_equal(pkey_new_ec_p256(a, &ec, &e), 0);
	pem = pkey_pem(rsa, a);
	assert_true(str_has_prefix(pem, "-----BEGIN PRIVATE KEY-----\n"));
	assert_int_equal(pkey_from_pem(bytes_str(pem), a, &again, &e), 0);
	assert_string_equal(pkey_pem(again, a), pem);
	pem = pkey_pem(ec, a);
	assert_int_equal(pkey_from_pem(bytes_str(pem), a, &again, &e), 0);
	assert_string_equal(pkey_pem(again, a), pem);
}

static void test_key_bad(void **state)
{
	/* openssl genpkey -algorithm ed25519; and an encrypted key, for which
	 * nobody may be asked on the terminal */
	static const char *const bad[] = {
		"", "junk", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
		"-----END PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
		"MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
		"-----END EC PRIVATE KEY-----\n",
	};
	struct pkey *k;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.kind = ERR_NONE;
		assert_int_equal(pkey_from_pem(bytes_str(bad[i]), a, &k, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_true(str_has_prefix(e.msg, "private key"));
	}
}

/* ---- certificates ---- */

static void test_cert_read(void **state)
{
	struct cert *c, *again;
	struct bytes der, der2;
	unsigned char d1[DIGEST_LEN], d2[DIGEST_LEN];
	const char *pem;

	(void)state;
	pem = data_pem(a, "rsa");
	c = data_cert(a, "rsa");
	assert_string_equal(cert_subject(c, a),
		"CN=rsa device,O=Fixtures\\, \u00c4rger & Co");
	assert_int_equal(cert_not_before(c), 1577836800);	/* 2020-01-01 */
	assert_int_equal(cert_not_after(c), 4733510400);	/* 2120-01-01 */
	assert_false(cert_is_ca(c));
	assert_true(cert_is_ca(data_cert(a, "ca")));

	der = cert_der(c, a);
	assert_int_equal(cert_pem_der(bytes_str(pem), a, &der2, &e), 0);
	assert_true(bytes_eq(der, der2));
	assert_int_equal(cert_from_der(der, a, &again, &e), 0);
	cert_sha256(again, d1);
	digest_sha256(der, d2);
	assert_memory_equal(d1, d2, DIGEST_LEN);
	assert_string_equal(cert_pem(again, a), pem);
	assert_string_equal(cert_serial_hex(data_cert(a, "md5"), a), "4d");
}

static void assert_bad_pem(struct bytes pem)
{
	struct cert *c;

	e.kind = ERR_NONE;
	assert_int_equal(cert_from_pem(pem, a, &c, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_null(c);
}

static void test_cert_bad(void **state)
{
	struct bytes der = cert_der(data_cert(a, "rsa"), a), pem;
	struct cert *c;
	char *text;

	(void)state;
	for (size_t n = 0; n < der.n; n += n < 64 ? 1 : 37)
		assert_int_equal(cert_from_der(bytes_of(der.p, n), a, &c, &e), -1);
	/* arena_memdup adds a NUL: a byte too many */
	assert_int_equal(cert_from_der(bytes_of(arena_memdup(a, der.p, der.n), der.n + 1),
		a, &c, &e), -1);
	assert_string_equal(e.msg, "certificate: more data behind it");
	assert_int_equal(cert_from_der(bytes_of(arena_zalloc(a, 70000), 70000), a, &c,
		&e), -1);

	pem = bytes_str(data_pem(a, "rsa"));
	assert_bad_pem(bytes_of(NULL, 0));
	assert_bad_pem(bytes_str("junk"));
	assert_bad_pem(bytes_of(pem.p, pem.n / 2));
	text = arena_str(a, pem);
	text[100] = '*';
	assert_bad_pem(bytes_str(text));
	text = arena_str(a, pem);
	text[28 + 4] ^= 1;	/* base64 still, but not DER any more */
	assert_bad_pem(bytes_str(text));
	assert_bad_pem(bytes_str("-----BEGIN CERTIFICATE-----\n"
		"-----END CERTIFICATE-----\n"));
}

static void test_cert_list(void **state)
{
	struct pkey *k;
	struct cert **list;
	size_t n;
	char *text;

	(void)state;
	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	text = arena_printf(a, "a comment\n%sbetween\n%s%s", data_pem(a, "ca"),
		pkey_pem(k, a), data_pem(a, "ca-ec"));
	assert_int_equal(cert_list_pem(bytes_str(text), a, &list, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(cert_subject(list[1], a),
		"CN=EC CA,O=Fixtures\\, \u00c4rger & Co");
	assert_int_equal(cert_list_pem(bytes_str("nothing"), a, &list, &n, &e), 0);
	assert_int_equal(n, 0);
	text = arena_printf(a, "%s-----BEGIN CERTIFICATE-----\nAAAA\n"
		"-----END CERTIFICATE-----\n", data_pem(a, "ca"));
	assert_int_equal(cert_list_pem(bytes_str(text), a, &list, &n, &e), -1);
	assert_true(str_has_prefix(e.msg, "certificate 2: "));
}

static void test_dates(void **state)
{
	struct cert *c = data_cert(a, "expired");

	(void)state;
	assert_int_equal(cert_valid_at(c, 1262304000, &e), 0);
	assert_int_equal(cert_valid_at(c, 1325376000, &e), 0);
	assert_int_equal(cert_valid_at(c, 1325376001, &e), -1);
	assert_string_equal(e.msg, "certificate expired on 2012-01-01T00:00:00Z");
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_int_equal(cert_valid_at(c, 1262303999, &e), -1);
	assert_string_equal(e.msg, "certificate not valid before 2010-01-01T00:00:00Z");
}

/* ---- certificates of our own ---- */

static struct cert *issue(enum cert_profile profile, const struct pkey *k,
	const struct cert *by, const struct pkey *by_key)
{
	struct cert_request rq = { .profile = profile, .common_name = "M\u00fcller",
		.host = "mdm.example.org", .not_before = DATA_NOW,
		.not_after = DATA_NOW + 30 * YEAR };
	struct cert *c;

	if (cert_issue(&rq, k, by, by_key, a, &c, &e) < 0)
		fail_msg("%s", e.msg);
	return c;
}

static void test_issue(void **state)
{
	struct pkey *ca_key, *key;
	struct cert *ca, *c, *c2, *again;

	(void)state;
	assert_int_equal(pkey_new_rsa(2048, a, &ca_key, &e), 0);
	assert_int_equal(pkey_new_ec_p256(a, &key, &e), 0);
	ca = issue(CERT_DEVICE_CA, ca_key, NULL, NULL);
	c = issue(CERT_DEVICE, key, ca, ca_key);
	c2 = issue(CERT_DEVICE, key, ca, ca_key);
	assert_true(cert_is_ca(ca));
	assert_false(cert_is_ca(c));
	assert_string_equal(cert_subject(c, a), "CN=M\u00fcller");
	assert_int_equal(cert_not_before(c), DATA_NOW);
	assert_int_equal(cert_not_after(c), DATA_NOW + 30 * YEAR);
	assert_int_equal(strlen(cert_serial_hex(c, a)), 32);
	assert_string_not_equal(cert_serial_hex(c, a), cert_serial_hex(c2, a));
	assert_int_equal(cert_from_pem(bytes_str(cert_pem(c, a)), a, &again, &e), 0);
	assert_true(cert_is_ca(issue(CERT_SERVER_CA, ca_key, NULL, NULL)));
	assert_false(cert_is_ca(issue(CERT_SERVER, key, ca, ca_key)));
}

static bool holds(struct bytes in, const void *what, size_t n)
{
	for (size_t i = 0; i + n <= in.n; i++)
		if (memcmp(in.p + i, what, n) == 0)
			return true;
	return false;
}

static void test_issue_hosts(void **state)
{
	struct cert_request rq = { .profile = CERT_SERVER, .common_name = "x",
		.host = "a.example,DNS:evil.example", .not_before = DATA_NOW,
		.not_after = DATA_NOW + YEAR };
	struct pkey *k;
	struct cert *c;
	struct bytes der;

	(void)state;
	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	assert_int_equal(cert_issue(&rq, k, NULL, NULL, a, &c, &e), 0);
	der = cert_der(c, a);
	/* one dNSName [2] of 26 bytes, not two names */
	assert_true(holds(der, "\x82\x1a" "a.example,DNS:evil.example", 28));
	assert_true(holds(der, "\x82\x09localhost", 11));
	assert_true(holds(der, "\x87\x04\x7f\0\0\x01", 6));
	assert_true(holds(der, "\x87\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 18));
	rq.host = "192.0.2.7";
	assert_int_equal(cert_issue(&rq, k, NULL, NULL, a, &c, &e), 0);
	assert_true(holds(cert_der(c, a), "\x87\x04\xc0\0\x02\x07", 6));
}

static void test_issue_bad(void **state)
{
	const struct cert_request good = { .profile = CERT_SERVER, .common_name = "x",
		.host = "h", .not_before = 1, .not_after = 2 };
	struct cert_request bad[] = { good, good, good, good, good };
	char long_name[80];
	struct pkey *k;
	struct cert *c;

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[65] = '\0';
	bad[0].common_name = "";
	bad[1].common_name = long_name;
	bad[2].host = NULL;
	bad[3].not_after = 1;
	bad[4].common_name = "\xff";
	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	assert_int_equal(cert_issue(&good, k, NULL, NULL, a, &c, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cert_issue(&bad[i], k, NULL, NULL, a, &c, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sha256, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_hmac, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_key_pem, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_key_bad, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_cert_read, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_cert_bad, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_cert_list, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_dates, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_issue, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_issue_hosts, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_issue_bad, setup, arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
