/* crypto/csr, and what is made of a request: requests by Python, by the
 * openssl program and by hand (tests/data/make_scep.py), and our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/rnd.h"
#include "crypto/csr.h"
#include "crypto_data.h"
#include "arena_fixture.h"

static struct err e;

static int setup(void **state)
{
	e = (struct err)ERR_INIT;
	return arena_setup(state);
}

static struct bytes file(const char *name)
{
	return data_file(a, arena_printf(a, "scep/%s", name));
}

static struct csr *read_csr(const char *name)
{
	struct csr *c;

	if (csr_from_der(file(arena_printf(a, "csr-%s.der", name)), a, &c, NULL, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	return c;
}

static void test_good(void **state)
{
	static const struct {
		const char *file, *challenge, *name;
		bool rsa;
		unsigned bits;
	} rows[] = {
		{ "rsa", "Secret-1", "A device", true, 2048 },
		{ "utf8", "Geh\u00e4im", "A device", true, 2048 },
		{ "sha1", "Secret-1", "A device", true, 2048 },
		{ "sha512", "Secret-1", "A device", true, 2048 },
		{ "1024", "Secret-1", "A device", true, 1024 },
		{ "ec", "Secret-1", "A device", false, 256 },
		{ "openssl", "from openssl", "openssl", true, 2048 },
		{ "python", "from python", "Python", true, 2048 },
		{ "none", NULL, "A device", true, 2048 },
		{ "no-name", NULL, NULL, true, 2048 },
		{ "control", NULL, NULL, true, 2048 },
		{ "challenge-nul", NULL, "A device", true, 2048 },
		{ "challenge-empty", NULL, "A device", true, 2048 },
		{ "challenge-256", NULL, "A device", true, 2048 },
		{ "challenge-bmp", NULL, "A device", true, 2048 },
		{ "challenge-octets", NULL, "A device", true, 2048 },
		{ "challenge-bad-utf8", NULL, "A device", true, 2048 },
		{ "challenge-values", NULL, "A device", true, 2048 },
		{ "challenge-no-value", NULL, "A device", true, 2048 },
		{ "challenge-sequence", NULL, "A device", true, 2048 },
		{ "challenge-twice", NULL, "A device", true, 2048 },
		{ "deep", NULL, "A device", true, 2048 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct csr *c = read_csr(rows[i].file);
		const char *challenge = csr_challenge(c, a);
		const char *name = csr_common_name(c, a);

		if (!str_eq(challenge, rows[i].challenge) || !str_eq(name, rows[i].name))
			fail_msg("%s: %s, %s", rows[i].file, challenge, name);
		assert_int_equal(csr_is_rsa(c), rows[i].rsa);
		assert_int_equal(csr_key_bits(c), rows[i].bits);
		assert_true(bytes_eq(csr_der(c, a), file(arena_printf(a, "csr-%s.der",
			rows[i].file))));
	}
	assert_int_equal(strlen(csr_challenge(read_csr("challenge-255"), a)), 255);
	assert_string_equal(csr_subject(read_csr("rsa"), a),
		"CN=A device,O=\u00c4rger & Co");
	assert_string_equal(csr_subject(read_csr("no-name"), a), "");
	assert_string_equal(csr_subject(read_csr("control"), a),
		"CN=a\\0Ab,O=\u00c4rger & Co");
}

static void test_bad(void **state)
{
	static const struct {
		const char *file, *why;
		bool weak;
	} rows[] = {
		{ "bad-signature", "has a bad signature", false },
		{ "other-key", "has a bad signature", false },
		{ "trailing", "is not a certification request", false },
		{ "ber", "is not a certification request", false },
		{ "deep-set", "is not a certification request", false },
		{ "md5", "is signed by a digest that is neither SHA-1 nor SHA-2", true },
		{ "pss", "is signed by an algorithm that is not known", true },
		{ "pss-key", "has a key that is neither RSA nor EC", true },
		{ "dsa", "has a key that is neither RSA nor EC", true },
		{ "ed25519", "has a key that is neither RSA nor EC", true },
		{ "512", "has an RSA key of 512 bits", true },
		{ "rsa-huge", "has an RSA key of 16401 bits", true },
		{ "ec192", "has an EC key of 192 bits", true },
		{ "ec-explicit", "has an EC key without a named curve", true },
		{ "exponent-1", "has an RSA key with a bad modulus or exponent", true },
		{ "exponent-even", "has an RSA key with a bad modulus or exponent", true },
		{ "exponent-long", "has an RSA key with a bad modulus or exponent", true },
		{ "modulus-even", "has an RSA key with a bad modulus or exponent", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes der = file(arena_printf(a, "csr-%s.der", rows[i].file));
		bool weak = !rows[i].weak;
		struct csr *c;

		if (csr_from_der(der, a, &c, &weak, &e) == 0)
			fail_msg("%s: taken", rows[i].file);
		assert_null(c);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (!str_eq(e.msg, rows[i].why) || weak != rows[i].weak)
			fail_msg("%s: %s", rows[i].file, e.msg);
	}
}

static void test_junk(void **state)
{
	struct bytes der = file("csr-rsa.der");
	unsigned char *big = arena_zalloc(a, 65537), junk[300], wide[] = { 0x30, 0x80, 0, 0 };
	size_t taken = 0;
	struct csr *c;

	(void)state;
	for (size_t n = 0; n < der.n; n++) {
		assert_int_equal(csr_from_der(bytes_of(der.p, n), a, &c, NULL, &e), -1);
		assert_string_equal(e.msg, "is not a certification request");
	}
	for (size_t i = 0; i < der.n; i++) {
		struct arena *tmp = arena_new();
		unsigned char *p = arena_memdup(tmp, der.p, der.n);

		p[i] ^= 0x10;
		if (csr_from_der(bytes_of(p, der.n), tmp, &c, NULL, &e) == 0)
			taken++;
		arena_free(tmp);
	}
	/* The signature algorithm's parameters, which are to be NULL, are
	 * neither signed nor looked at. */
	assert_true(taken <= 1);
	for (int i = 0; i < 200; i++) {
		rnd_bytes(junk, sizeof(junk));
		assert_int_equal(csr_from_der(bytes_of(junk, sizeof(junk)), a, &c, NULL,
			&e), -1);
	}
	assert_int_equal(csr_from_der(bytes_of(wide, 4), a, &c, NULL, &e), -1);
	assert_int_equal(csr_from_der(bytes_of(big, 65537), a, &c, NULL, &e), -1);
	assert_string_equal(e.msg, "is longer than 65536 bytes");
	memset(big, 0x30, 65536);
	for (size_t i = 1; i < 65536; i += 2)
		big[i] = 0x80;
	assert_int_equal(csr_from_der(bytes_of(big, 65536), a, &c, NULL, &e), -1);
}

static void test_digests(void **state)
{
	unsigned char x[DIGEST_LEN], y[DIGEST_LEN];
	struct csr *rsa = read_csr("rsa");

	(void)state;
	csr_sha256(rsa, x);
	digest_sha256(file("csr-rsa.der"), y);
	assert_memory_equal(x, y, DIGEST_LEN);
	csr_key_sha256(rsa, x);
	csr_key_sha256(read_csr("utf8"), y);
	assert_memory_equal(x, y, DIGEST_LEN);	/* one key, two requests */
	csr_key_sha256(read_csr("1024"), y);
	assert_memory_not_equal(x, y, DIGEST_LEN);
	assert_true(csr_matches(rsa, data_cert(a, "scep/device")));
	assert_false(csr_matches(rsa, data_cert(a, "scep/other")));
	assert_false(csr_matches(rsa, data_cert(a, "ec")));
	assert_false(csr_matches(rsa, data_cert(a, "ed25519")));
}

static void test_new(void **state)
{
	static const char *const challenges[] = { NULL, "x", "with blanks & \u00fc_*" };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct bytes der;
		struct pkey *k;
		struct csr *c;

		assert_int_equal(i % 2 ? pkey_new_ec_p256(a, &k, &e) :
			pkey_new_rsa(2048, a, &k, &e), 0);
		assert_int_equal(csr_new(k, "Ger\u00e4t", challenges[i / 2], a, &der, &e),
			0);
		assert_int_equal(csr_from_der(der, a, &c, NULL, &e), 0);
		assert_string_equal(csr_common_name(c, a), "Ger\u00e4t");
		assert_true(str_eq(csr_challenge(c, a), challenges[i / 2]));
	}
}

static struct pkey *ca_key(void)
{
	struct pkey *k;

	if (pkey_from_pem(file("ca.key"), a, &k, &e) < 0)
		fail_msg("%s", e.msg);
	return k;
}

static void test_new_subject(void **state)
{
	static const char *const good[][2] = { { "O", "Example" },
		{ "2.5.4.3", "nonce" } };
	static const char *const bad[][2] = { { "no such name", "x" } };
	struct bytes der;
	struct pkey *k;
	struct csr *c;

	(void)state;
	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	assert_int_equal(csr_new_subject(k, good, 2, NULL, a, &der, &e), 0);
	assert_int_equal(csr_from_der(der, a, &c, NULL, &e), 0);
	assert_string_equal(csr_subject(c, a), "CN=nonce,O=Example");
	assert_int_equal(csr_new_subject(k, bad, 1, NULL, a, &der, &e), -1);
	assert_null(der.p);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
}

static void test_issue(void **state)
{
	struct cert_request rq = { .profile = CERT_DEVICE, .common_name = "device-1",
		.organization = "B\u00fcro, GmbH", .unit = "MDM", .not_before = DATA_NOW,
		.not_after = DATA_NOW + 86400 };
	struct cert *ca = data_cert(a, "scep/ca"), *c, *again;
	const char *path = arena_printf(a, "%s/crypto/scep/ca.pem", getenv("TEST_DATA"));
	struct csr *csr = read_csr("rsa");
	struct trust *t;

	(void)state;
	assert_int_equal(cert_issue_csr(&rq, csr, ca, ca_key(), a, &c, &e), 0);
	assert_int_equal(cert_issue_csr(&rq, csr, ca, ca_key(), a, &again, &e), 0);
	assert_string_equal(cert_subject(c, a), "CN=device-1,OU=MDM,O=B\u00fcro\\, GmbH");
	assert_true(csr_matches(csr, c));
	assert_false(cert_is_ca(c));
	assert_int_equal(cert_not_after(c), DATA_NOW + 86400);
	assert_string_not_equal(cert_serial_hex(c, a), cert_serial_hex(again, a));
	assert_int_equal(trust_open(path, &t, &e), 0);
	assert_int_equal(trust_verify(t, c, &e), 0);
	trust_close(t);
	rq.organization = NULL;
	rq.unit = NULL;
	assert_int_equal(cert_issue_csr(&rq, read_csr("ec"), ca, ca_key(), a, &c, &e), 0);
	assert_string_equal(cert_subject(c, a), "CN=device-1");
}

static void test_issue_bad(void **state)
{
	const struct cert_request good = { .profile = CERT_DEVICE, .common_name = "x",
		.not_before = 1, .not_after = 2 };
	struct cert_request bad[] = { good, good, good, good };
	struct cert *ca = data_cert(a, "scep/ca"), *c;
	char name[66];

	(void)state;
	memset(name, 'x', 65);
	name[65] = '\0';
	bad[0].organization = "";
	bad[1].organization = name;
	bad[2].unit = "\xff";
	bad[3].unit = name;
	assert_int_equal(cert_issue_csr(&good, read_csr("rsa"), ca, ca_key(), a, &c, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cert_issue_csr(&bad[i], read_csr("rsa"), ca, ca_key(), a,
			&c, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_null(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_bad, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_junk, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_digests, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_new, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_new_subject, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_issue, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_issue_bad, setup, arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
