/* crypto/trust: who a device CA vouches for, by certificates that another
 * implementation made, and by our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/cert.h"
#include "crypto/pkey.h"
#include "crypto_data.h"
#include "arena_fixture.h"

static struct err e;
static char path[] = "/tmp/mooring-trust-XXXXXX";

static int setup(void **state)
{
	int fd;

	arena_setup(state);
	memset(&e, 0, sizeof(e));
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	arena_teardown(state);
	return unlink(path);
}

/* names: fixtures, blank-separated. */
static struct trust *trust_of(const char *names)
{
	char *text = arena_strdup(a, ""), *list = arena_strdup(a, names), *save;
	struct trust *t = NULL;

	for (char *s = strtok_r(list, " ", &save); s; s = strtok_r(NULL, " ", &save))
		text = arena_printf(a, "%s%s", text, data_pem(a, s));
	if (file_write(path, bytes_str(text), 0644, &e) < 0 ||
		trust_open(path, &t, &e) < 0)
		fail_msg("%s", e.msg);
	return t;
}

static void test_table(void **state)
{
	static const struct {
		const char *cert, *why;	/* why NULL: trusted */
	} rows[] = {
		{ "rsa", NULL },
		{ "ec", NULL },
		{ "ec521", NULL },		/* by the EC CA */
		{ "rsa1024", NULL },
		{ "both-eku", NULL },
		{ "no-ku", NULL },
		{ "expired", NULL },		/* dates are checked apart */
		{ "future", NULL },
		{ "of-first", NULL },		/* two CAs of one name, no AKI */
		{ "of-again", NULL },
		{ "of-expired-ca", NULL },	/* a CA's dates do not count */
		{ "of-inter", "certificate is not trusted: " },
		{ "foreign", "certificate is not trusted: "
			"unable to get local issuer certificate" },
		{ "self-signed", "certificate is not trusted: " },
		{ "of-not-ca", "certificate is not trusted: invalid CA certificate" },
		{ "no-eku", "certificate lacks clientAuth" },
		{ "server-auth", "certificate lacks clientAuth" },
		{ "any-eku", "certificate lacks clientAuth" },
		{ "ca", "certificate lacks clientAuth" },
		{ "encipher-only", "certificate lacks digitalSignature" },
		{ "rsa512", "certificate is not trusted: its RSA key has only 512 bits" },
		{ "ed25519", "certificate is not trusted: its key is neither RSA nor EC" },
		{ "md5", "certificate is not trusted: signed by MD5" },
	};
	struct trust *t = trust_of("ca ca-again ca-ec ca-expired not-ca");

	(void)state;
	assert_int_equal(trust_count(t), 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = trust_verify(t, data_cert(a, rows[i].cert), &e);

		if (rc != (rows[i].why == NULL ? 0 : -1))
			fail_msg("%s: %d %s", rows[i].cert, rc, rc < 0 ? e.msg : "");
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_BAD_INPUT);
			if (!str_has_prefix(e.msg, rows[i].why))
				fail_msg("%s: %s", rows[i].cert, e.msg);
		}
	}
	trust_close(t);
}

/* A CA that signed with the right name but another key. */
static void test_forged(void **state)
{
	struct trust *t = trust_of("ca");

	(void)state;
	assert_int_equal(trust_verify(t, data_cert(a, "of-first"), &e), 0);
	assert_int_equal(trust_verify(t, data_cert(a, "of-again"), &e), -1);
	assert_string_equal(e.msg,
		"certificate is not trusted: certificate signature failure");
	trust_close(t);
}

static void test_damaged_signature(void **state)
{
	struct trust *t = trust_of("ca");
	struct bytes der = cert_der(data_cert(a, "rsa"), a);
	unsigned char *p = arena_memdup(a, der.p, der.n);
	struct cert *c;

	(void)state;
	p[der.n - 1] ^= 1;
	assert_int_equal(cert_from_der(bytes_of(p, der.n), a, &c, &e), 0);
	assert_int_equal(trust_verify(t, c, &e), -1);
	trust_close(t);
}

/* An intermediate is an anchor by itself, with or without its root. */
static void test_intermediate(void **state)
{
	static const char *const bundles[] = { "ca-inter", "ca ca-inter",
		"ca-inter ca" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct trust *t = trust_of(bundles[i]);

		assert_int_equal(trust_verify(t, data_cert(a, "of-inter"), &e), 0);
		trust_close(t);
	}
}

/* Intermediates that came along, up to a root, with and without dates. */
static void test_chain(void **state)
{
	static const struct {
		const char *bundle, *cert, *others;
		int64_t now;
		const char *why;	/* why NULL: trusted */
	} rows[] = {
		{ "ca", "of-inter", "ca-inter", DATA_NOW, NULL },
		{ "ca", "of-inter", "rsa ca ca-inter of-inter", DATA_NOW, NULL },
		{ "ca-foreign ca-again ca", "of-inter", "ca-inter", DATA_NOW, NULL },
		{ "ca-inter", "of-inter", "", DATA_NOW, NULL },
		{ "ca", "of-inter", "", DATA_NOW, "unable to get local issuer" },
		{ "ca-again", "of-inter", "ca-inter", DATA_NOW, "" },
		{ "ca-foreign", "of-inter", "ca-inter ca", DATA_NOW,
			"unable to get local issuer" },
		{ "ca", "rsa", "", DATA_NOW, NULL },
		{ "ca", "no-eku", "", DATA_NOW, NULL },
		{ "ca", "server-auth", "", DATA_NOW, NULL },
		{ "ca", "of-not-ca", "not-ca", DATA_NOW, "invalid CA certificate" },
		{ "ca", "self-signed", "ca", DATA_NOW, "" },
		{ "ca", "expired", "", DATA_NOW, "certificate has expired" },
		{ "ca", "future", "", 4470000000, NULL },	/* 2111 */
		{ "ca", "expired", "", TRUST_ANY_TIME, NULL },
		{ "ca", "future", "", DATA_NOW, "certificate is not yet valid" },
		{ "ca-expired", "of-expired-ca", "", DATA_NOW,
			"certificate has expired" },
		{ "ca-expired", "of-expired-ca", "", TRUST_ANY_TIME, NULL },
		{ "ca", "md5", "", DATA_NOW, "signed by MD5" },
		{ "ca", "rsa512", "", DATA_NOW, "its RSA key has only 512 bits" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trust *t = trust_of(rows[i].bundle);
		char *list = arena_strdup(a, rows[i].others), *save;
		struct cert *others[40];
		size_t n = 0;
		int rc;

		for (char *s = strtok_r(list, " ", &save); s; s = strtok_r(NULL, " ", &save))
			others[n++] = data_cert(a, s);
		rc = trust_verify_chain(t, data_cert(a, rows[i].cert), others, n,
			rows[i].now, &e);
		if (rc != (rows[i].why == NULL ? 0 : -1))
			fail_msg("%zu %s: %d %s", i, rows[i].cert, rc, rc < 0 ? e.msg : "");
		if (rc < 0) {
			assert_int_equal(e.kind, ERR_BAD_INPUT);
			assert_true(str_has_prefix(e.msg, "certificate is not trusted: "));
			if (strstr(e.msg, rows[i].why) == NULL)
				fail_msg("%zu %s: %s", i, rows[i].cert, e.msg);
		}
		trust_close(t);
	}
}

/* A chain of our own of so many intermediates. */
static int verify_deep(size_t n)
{
	struct cert_request rq = { .profile = CERT_DEVICE_CA, .not_before = DATA_NOW - 9,
		.not_after = DATA_NOW + 9 };
	struct cert *certs[40], *by = NULL, *leaf;
	struct pkey *k;
	struct trust *t;
	int rc;

	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	for (size_t i = 0; i <= n; i++) {
		rq.common_name = arena_printf(a, "Link %zu", i);
		assert_int_equal(cert_issue(&rq, k, by, k, a, &certs[i], &e), 0);
		by = certs[i];
	}
	rq.profile = CERT_DEVICE;
	rq.common_name = "Leaf";
	assert_int_equal(cert_issue(&rq, k, by, k, a, &leaf, &e), 0);
	assert_int_equal(file_write(path, bytes_str(cert_pem(certs[0], a)), 0644, &e), 0);
	assert_int_equal(trust_open(path, &t, &e), 0);
	rc = trust_verify_chain(t, leaf, certs + 1, n, DATA_NOW, &e);
	trust_close(t);
	return rc;
}

static void test_chain_limits(void **state)
{
	(void)state;
	assert_int_equal(verify_deep(0), 0);
	assert_int_equal(verify_deep(5), 0);
	assert_int_equal(verify_deep(6), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_int_equal(verify_deep(33), -1);
	assert_non_null(strstr(e.msg, "too many certificates came along"));
}

static void test_own_ca(void **state)
{
	struct cert_request rq = { .profile = CERT_DEVICE_CA,
		.common_name = "Our CA", .not_before = DATA_NOW,
		.not_after = DATA_NOW + 86400 };
	struct pkey *ca_key, *key;
	struct cert *ca, *device, *server;
	struct trust *t = NULL;

	(void)state;
	assert_int_equal(pkey_new_rsa(2048, a, &ca_key, &e), 0);
	assert_int_equal(pkey_new_ec_p256(a, &key, &e), 0);
	assert_int_equal(cert_issue(&rq, ca_key, NULL, NULL, a, &ca, &e), 0);
	rq.profile = CERT_DEVICE;
	assert_int_equal(cert_issue(&rq, key, ca, ca_key, a, &device, &e), 0);
	rq.profile = CERT_SERVER;
	rq.host = "localhost";
	assert_int_equal(cert_issue(&rq, key, ca, ca_key, a, &server, &e), 0);
	assert_int_equal(file_write(path, bytes_str(cert_pem(ca, a)), 0644, &e), 0);
	assert_int_equal(trust_open(path, &t, &e), 0);
	assert_int_equal(trust_expires(t), DATA_NOW + 86400);
	assert_int_equal(trust_verify(t, device, &e), 0);
	assert_int_equal(trust_verify(t, server, &e), -1);
	trust_close(t);
}

static void test_expires(void **state)
{
	struct trust *t = trust_of("ca ca-expired ca-ec");

	(void)state;
	assert_int_equal(trust_expires(t), 1104537600);	/* 2005-01-01 */
	trust_close(t);
}

static void test_bundle_bad(void **state)
{
	struct trust *t = NULL;

	(void)state;
	assert_int_equal(trust_open(path, &t, &e), -1);	/* empty */
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_null(t);
	assert_int_equal(file_write(path, bytes_str(arena_printf(a, "%s%.300s",
		data_pem(a, "ca"), data_pem(a, "ca-ec"))), 0644, &e), 0);
	assert_int_equal(trust_open(path, &t, &e), -1);	/* the second is cut */
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_int_equal(trust_open("/nonexistent/bundle.pem", &t, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_signature, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intermediate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_ca, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expires, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bundle_bad, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
