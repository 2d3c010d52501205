/* crypto/cms against signatures by the openssl program and by Python
 * (tests/data/crypto), against damage, and against itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/rnd.h"
#include "crypto/cms.h"
#include "crypto_data.h"
#include "arena_fixture.h"

static struct err e;

static int setup(void **state)
{
	e = (struct err)ERR_INIT;
	return arena_setup(state);
}

static void assert_same_cert(const struct cert *c, const struct cert *d)
{
	unsigned char x[DIGEST_LEN], y[DIGEST_LEN];

	cert_sha256(c, x);
	cert_sha256(d, y);
	assert_memory_equal(x, y, DIGEST_LEN);
}

static void test_table(void **state)
{
	static const struct {
		const char *file, *signer, *why;	/* why NULL: good */
	} rows[] = {
		{ "rsa", "rsa", NULL },
		{ "sha1", "rsa", NULL },
		{ "sha512", "rsa", NULL },
		{ "pss", "rsa", NULL },
		{ "python", "rsa", NULL },
		{ "noattr", "rsa", NULL },
		{ "ber", "rsa", NULL },
		{ "ec", "ec", NULL },
		{ "ec521", "ec521", NULL },
		{ "keyid", "ca", NULL },	/* trust is another matter */
		{ "chain", "of-inter", NULL },
		{ "two", NULL, "has two signers" },
		{ "nocerts", NULL, "lacks its signer's certificate" },
		{ "attached", NULL, "carries its own content" },
		{ "md5", NULL, "has a digest that is neither SHA-1 nor SHA-2" },
		{ "rsa512", NULL, "has a signer of the wrong kind: "
			"its RSA key has only 512 bits" },
		{ "digested", NULL, "is not signed data" },
	};
	struct bytes body = data_file(a, "body");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes der = data_file(a, arena_printf(a, "%s.p7s", rows[i].file));
		struct cert *c;
		int rc = cms_verify_detached(der, body, a, &c, &e);

		if (rc != (rows[i].why == NULL ? 0 : -1))
			fail_msg("%s: %d %s", rows[i].file, rc, rc < 0 ? e.msg : "");
		if (rc == 0) {
			assert_same_cert(c, data_cert(a, rows[i].signer));
			continue;
		}
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, rows[i].why);
	}
}

static void test_other_body(void **state)
{
	static const char *const files[] = { "rsa", "noattr", "ec", "pss" };
	struct bytes body = data_file(a, "body");
	unsigned char *other = arena_memdup(a, body.p, body.n);
	struct cert *c;

	(void)state;
	other[7] ^= 1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct bytes der = data_file(a, arena_printf(a, "%s.p7s", files[i]));
		const struct bytes bad[] = { bytes_of(other, body.n),
			bytes_of(body.p, body.n - 1), bytes_of(NULL, 0) };

		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(cms_verify_detached(der, bad[j], a, &c, &e), -1);
			assert_string_equal(e.msg, "does not match the body");
			assert_null(c);
		}
	}
}

/* The signature does not cover the certificate that comes with it: damage
 * that gets past the one must not get past the other. */
static void test_damage(void **state)
{
	struct bytes body = data_file(a, "body"), der = data_file(a, "ec.p7s");
	unsigned char real[DIGEST_LEN], got[DIGEST_LEN];
	const char *ca = arena_printf(a, "%s/crypto/ca.pem", getenv("TEST_DATA"));
	unsigned by_cms = 0, by_trust = 0;
	struct trust *t;

	(void)state;
	cert_sha256(data_cert(a, "ec"), real);
	assert_int_equal(trust_open(ca, &t, &e), 0);
	for (size_t i = 0; i < der.n; i++) {
		struct arena *tmp = arena_new();
		unsigned char *p = arena_memdup(tmp, der.p, der.n);
		struct cert *c;

		p[i] ^= 0x01;
		if (cms_verify_detached(bytes_of(p, der.n), body, tmp, &c, &e) < 0) {
			by_cms++;
		} else if (trust_verify(t, c, &e) < 0) {
			by_trust++;
		} else {
			cert_sha256(c, got);
			assert_memory_equal(got, real, DIGEST_LEN);
		}
		arena_free(tmp);
	}
	trust_close(t);
	assert_true(by_cms > 0 && by_trust > 0);
	assert_true(by_cms + by_trust > der.n * 9 / 10);
}

static void test_not_cms(void **state)
{
	struct bytes body = data_file(a, "body"), der = data_file(a, "rsa.p7s");
	struct bytes cert = cert_der(data_cert(a, "rsa"), a);
	unsigned char *big = arena_zalloc(a, 65537), deep[4096];
	struct cert *c;

	(void)state;
	for (size_t n = 0; n < der.n; n += n < 40 ? 1 : 53) {
		assert_int_equal(cms_verify_detached(bytes_of(der.p, n), body, a, &c, &e),
			-1);
		assert_string_equal(e.msg, "is not CMS");
	}
	assert_int_equal(cms_verify_detached(cert, body, a, &c, &e), -1);
	assert_string_equal(e.msg, "is not CMS");
	assert_int_equal(cms_verify_detached(bytes_of(arena_memdup(a, der.p, der.n),
		der.n + 1), body, a, &c, &e), -1);
	assert_string_equal(e.msg, "has more data behind the CMS");
	assert_int_equal(cms_verify_detached(bytes_of(big, 65537), body, a, &c, &e), -1);
	assert_string_equal(e.msg, "is longer than 65536 bytes");
	/* indefinite lengths within each other, to the end */
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 == 0 ? 0x30 : 0x80;
	assert_int_equal(cms_verify_detached(bytes_of(deep, sizeof(deep)), body, a, &c,
		&e), -1);
}

static void test_junk(void **state)
{
	struct bytes body = data_file(a, "body");
	unsigned char junk[300];
	struct cert *c;

	(void)state;
	for (int i = 0; i < 200; i++) {
		rnd_bytes(junk, sizeof(junk));
		junk[0] = 0x30;
		assert_int_equal(cms_verify_detached(bytes_of(junk, sizeof(junk)), body,
			a, &c, &e), -1);
	}
}

static void test_sign(void **state)
{
	const struct bytes bodies[] = { bytes_of(NULL, 0), bytes_str("x"),
		bytes_of("\r\n\0\n", 4), bytes_of(arena_zalloc(a, 3000000), 3000000) };
	struct cert_request rq = { .profile = CERT_DEVICE, .common_name = "sim",
		.not_before = DATA_NOW, .not_after = DATA_NOW + 9 };

	(void)state;
	for (int ec = 0; ec < 2; ec++) {
		struct pkey *k;
		struct cert *c, *signer;
		struct bytes der;

		assert_int_equal(ec ? pkey_new_ec_p256(a, &k, &e) :
			pkey_new_rsa(1024, a, &k, &e), 0);
		assert_int_equal(cert_issue(&rq, k, NULL, NULL, a, &c, &e), 0);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(cms_sign_detached(c, k, bodies[i], a, &der, &e),
				0);
			assert_int_equal(cms_verify_detached(der, bodies[i], a, &signer,
				&e), 0);
			assert_same_cert(signer, c);
			assert_int_equal(cms_verify_detached(der, bodies[(i + 1) % 4], a,
				&signer, &e), -1);
		}
	}
}

static void test_attached(void **state)
{
	static const struct {
		const char *file, *why;	/* why NULL: good */
	} rows[] = {
		{ "attached", NULL },
		{ "attached-chain", NULL },
		{ "attached-stream", NULL },
		{ "rsa", "carries no content" },
		{ "attached-two", "has two signers" },
		{ "attached-md5", "has a digest that is neither SHA-1 nor SHA-2" },
		{ "attached-nocerts", "lacks its signer's certificate" },
		{ "attached-type", "carries something else than data" },
		{ "digested", "is not signed data" },
		{ "body", "is not CMS" },
	};
	struct bytes body = data_file(a, "body");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_body = strcmp(rows[i].file, "body") == 0;
		struct bytes der = data_file(a, is_body ? "body" :
			arena_printf(a, "%s.p7s", rows[i].file));
		struct cms_attached m;
		int rc = cms_verify_attached(der, a, &m, &e);

		if (rc != (rows[i].why == NULL ? 0 : -1))
			fail_msg("%s: %d %s", rows[i].file, rc, rc < 0 ? e.msg : "");
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_BAD_INPUT);
			assert_string_equal(e.msg, rows[i].why);
			continue;
		}
		assert_true(bytes_eq(m.content, body));
		assert_non_null(m.signer);
	}
}

/* Any change is refused, or changes nothing that matters. */
static void test_attached_damage(void **state)
{
	struct bytes body = data_file(a, "body"), der = data_file(a, "attached.p7s");
	unsigned char *big = arena_zalloc(a, CMS_ATTACHED_MAX + 1);
	struct cms_attached m;
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < der.n; i++) {
		struct arena *tmp = arena_new();
		unsigned char *p = arena_memdup(tmp, der.p, der.n);

		p[i] ^= 0x04;
		if (cms_verify_attached(bytes_of(p, der.n), tmp, &m, &e) < 0)
			refused++;
		else
			assert_true(bytes_eq(m.content, body));
		assert_int_equal(cms_verify_attached(bytes_of(p, i), tmp, &m, &e), -1);
		arena_free(tmp);
	}
	assert_true(refused > der.n / 3);	/* most of it is the certificate */
	assert_int_equal(cms_verify_attached(bytes_of(arena_memdup(a, der.p, der.n),
		der.n + 1), a, &m, &e), -1);
	assert_string_equal(e.msg, "has more data behind the CMS");
	assert_int_equal(cms_verify_attached(bytes_of(big, CMS_ATTACHED_MAX + 1), a, &m,
		&e), -1);
	assert_string_equal(e.msg, "is longer than 1048576 bytes");
	memset(big, 0x30, CMS_ATTACHED_MAX);
	for (size_t i = 1; i < CMS_ATTACHED_MAX; i += 2)
		big[i] = 0x80;
	assert_int_equal(cms_verify_attached(bytes_of(big, CMS_ATTACHED_MAX), a, &m, &e),
		-1);
}

static void test_sign_attached(void **state)
{
	const struct bytes bodies[] = { bytes_of("", 0), bytes_str("<plist/>"),
		bytes_of("\n\0\r\n", 4), bytes_of(arena_zalloc(a, 900000), 900000) };
	struct cert_request rq = { .profile = CERT_DEVICE_CA, .common_name = "CA",
		.not_before = DATA_NOW, .not_after = DATA_NOW + 9 };
	struct cert *ca, *c, *many[40];
	struct cms_attached m;
	struct pkey *k, *other;
	struct bytes der;

	(void)state;
	assert_int_equal(pkey_new_rsa(2048, a, &k, &e), 0);
	assert_int_equal(pkey_new_ec_p256(a, &other, &e), 0);
	assert_int_equal(cert_issue(&rq, k, NULL, NULL, a, &ca, &e), 0);
	rq.common_name = "signer";
	assert_int_equal(cert_issue(&rq, k, ca, k, a, &c, &e), 0);
	for (size_t i = 0; i < 4; i++) {
		const struct cert *const chain[] = { c, ca, ca };

		assert_int_equal(cms_sign_attached(c, k, chain, 3, bodies[i], a, &der,
			&e), 0);
		assert_int_equal(cms_verify_attached(der, a, &m, &e), 0);
		assert_true(bytes_eq(m.content, bodies[i]));
		assert_same_cert(m.signer, c);
		assert_int_equal(m.n_certs, 2);
	}
	assert_int_equal(cms_sign_attached(c, other, NULL, 0, bodies[1], a, &der, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(cert_issue(&rq, other, ca, k, a, &many[i], &e), 0);
	assert_int_equal(cms_sign_attached(c, k, (const struct cert *const *)many, 40,
		bodies[1], a, &der, &e), 0);
	assert_int_equal(cms_verify_attached(der, a, &m, &e), -1);
	assert_string_equal(e.msg, "has more than 32 certificates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_other_body, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_not_cms, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_junk, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_sign, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_attached, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_attached_damage, setup, arena_teardown),
		cmocka_unit_test_setup_teardown(test_sign_attached, setup, arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
