/* auth/devauth: every source, alone and together, on certificates and
 * signatures of tests/data/crypto and a real store. */
#include "auth/devauth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/enc.h"
#include "devauth_world.h"

#define SIG CONF_SRC_SIGNATURE
#define TLS CONF_SRC_TLS
#define HDR CONF_SRC_HEADER

static const char *p7s(const char *name)
{
	return enc_base64(a, data_file(a, arena_printf(a, "%s.p7s", name)));
}

static const char *header(const char *kind, const char *name)
{
	if (str_eq(kind, "pem"))
		return enc_percent(a, bytes_str(data_pem(a, name)));
	return arena_printf(a, ":%s:", enc_base64(a, cert_der(data_cert(a, name), a)));
}

static void assert_is(const struct identity *who, const char *name)
{
	unsigned char want[DIGEST_LEN];
	struct cert *c = data_cert(a, name);

	cert_sha256(c, want);
	assert_memory_equal(who->cert, want, DIGEST_LEN);
	assert_string_equal(who->subject, cert_subject(c, a));
}

/* ---- the sources ---- */

struct row {
	const char *what;
	enum conf_source order[4];
	const char *tls, *verify;	/* fixture; SSL_CLIENT_VERIFY */
	const char *sig;		/* fixture */
	const char *kind, *hdr;		/* MOORING_CERT_HEADER; fixture */
	unsigned count;
	const char *addr;
	enum conf_source source;	/* NONE: refused, for why */
	const char *is, *why;
};

#define ALL { SIG, TLS, HDR }

static const struct row rows[] = {
	{ "nothing", ALL, .why = "no client certificate" },
	{ "NONE", ALL, .verify = "NONE", .why = "no client certificate" },
	{ "a PEM that the web server says is none", ALL, .tls = "rsa",
		.verify = "NONE", .why = "no client certificate" },
	{ "tls", ALL, .tls = "rsa", .verify = "SUCCESS", .source = TLS, .is = "rsa" },
	{ "tls, unknown to Apache", ALL, .tls = "ec",
		.verify = "FAILED:unable to verify the first certificate",
		.source = TLS, .is = "ec" },
	{ "tls, GENEROUS", ALL, .tls = "ec521", .verify = "GENEROUS", .source = TLS,
		.is = "ec521" },
	{ "tls, foreign, whatever the web server says", ALL, .tls = "foreign",
		.verify = "SUCCESS", .why = "certificate is not trusted: "
		"unable to get local issuer certificate" },
	{ "tls, no clientAuth", ALL, .tls = "no-eku", .verify = "SUCCESS",
		.why = "certificate lacks clientAuth" },
	{ "tls, expired", ALL, .tls = "expired", .verify = "SUCCESS",
		.why = "certificate expired on 2012-01-01T00:00:00Z" },
	{ "tls, future", ALL, .tls = "future", .verify = "SUCCESS",
		.why = "certificate not valid before 2110-01-01T00:00:00Z" },
	{ "lighttpd keeps the PEM back", ALL,
		.verify = "FAILED:error:0000000A:lib(0)::reason(10)",
		.why = "certificate refused by the web server: "
		"certificate has expired" },
	{ "lighttpd, foreign", ALL,
		.verify = "FAILED:error:00000015:lib(0)::reason(21)",
		.why = "certificate refused by the web server: "
		"unable to verify the first certificate" },
	{ "FAILED in words", ALL, .verify = "FAILED:certificate has expired",
		.why = "certificate refused by the web server: "
		"certificate has expired" },
	{ "FAILED alone", ALL, .verify = "FAILED",
		.why = "certificate refused by the web server: no reason given" },
	{ "no exportcert", ALL, .verify = "SUCCESS", .why =
		"the web server gives SSL_CLIENT_VERIFY without SSL_CLIENT_CERT" },
	{ "no StdEnvVars", ALL, .tls = "rsa", .why =
		"the web server gives SSL_CLIENT_CERT without SSL_CLIENT_VERIFY" },
	{ "refused by the web server, good signature", ALL, .sig = "rsa",
		.verify = "FAILED:x", .why = "certificate refused by the web server: x" },
	{ "tls not asked for", { SIG }, .tls = "rsa", .verify = "SUCCESS",
		.why = "no client certificate" },
	{ "tls refused, not asked for", { SIG }, .verify = "FAILED:x", .sig = "ec",
		.source = SIG, .is = "ec" },

	{ "signature", ALL, .sig = "rsa", .source = SIG, .is = "rsa" },
	{ "signature, no client certificate", ALL, .sig = "pss", .verify = "NONE",
		.source = SIG, .is = "rsa" },
	{ "signature by EC", ALL, .sig = "ec", .source = SIG, .is = "ec" },
	{ "signature by a CA", ALL, .sig = "keyid",
		.why = "certificate lacks clientAuth" },
	{ "signature, intermediate not in the bundle", ALL, .sig = "chain",
		.why = "certificate is not trusted: "
		"unable to get local issuer certificate" },
	{ "two signers", ALL, .sig = "two", .why = "Mdm-Signature has two signers" },
	{ "signature not asked for", { TLS }, .sig = "two", .tls = "rsa",
		.verify = "SUCCESS", .source = TLS, .is = "rsa" },
	{ "bad signature, good tls", { TLS, SIG }, .sig = "two", .tls = "rsa",
		.verify = "SUCCESS", .why = "Mdm-Signature has two signers" },
	{ "both", ALL, .sig = "rsa", .tls = "rsa", .verify = "SUCCESS", .source = SIG,
		.is = "rsa" },
	{ "both, the other way round", { TLS, SIG }, .sig = "rsa", .tls = "rsa",
		.verify = "SUCCESS", .source = TLS, .is = "rsa" },
	{ "both, different", ALL, .sig = "rsa", .tls = "ec", .verify = "SUCCESS",
		.why = "TLS certificate and Mdm-Signature differ" },
	{ "both, different, the other way round", { TLS, SIG }, .sig = "rsa",
		.tls = "ec", .verify = "SUCCESS",
		.why = "TLS certificate and Mdm-Signature differ" },

	{ "header, rfc9440", ALL, .kind = "rfc9440", .hdr = "rsa", .count = 1,
		.source = HDR, .is = "rsa" },
	{ "header, pem", ALL, .kind = "pem", .hdr = "ec", .count = 1, .source = HDR,
		.is = "ec" },
	{ "header, foreign", ALL, .kind = "pem", .hdr = "foreign", .count = 1,
		.why = "certificate is not trusted: "
		"unable to get local issuer certificate" },
	{ "header, expired", ALL, .kind = "pem", .hdr = "expired", .count = 1,
		.why = "certificate expired on 2012-01-01T00:00:00Z" },
	{ "header, not asked for", { SIG, TLS }, .kind = "rfc9440", .hdr = "rsa",
		.count = 1, .why = "no client certificate" },
	{ "header, no word of the web server", ALL, .hdr = "rsa", .count = 1,
		.why = "no client certificate" },
	{ "header, no word, but tls", ALL, .hdr = "rsa", .count = 1, .tls = "ec",
		.verify = "SUCCESS", .source = TLS, .is = "ec" },
	{ "header from elsewhere", ALL, .kind = "rfc9440", .hdr = "rsa", .count = 1,
		.addr = "198.51.100.1", .why = "certificate header from "
		"198.51.100.1, which is not in trusted_proxy" },
	{ "header twice", ALL, .kind = "rfc9440", .hdr = "rsa", .count = 2,
		.why = "certificate header came 2 times" },
	{ "header of another form", ALL, .kind = "x", .hdr = "rsa", .count = 1,
		.why = "MOORING_CERT_HEADER is neither rfc9440 nor pem" },
	{ "header and signature differ", ALL, .kind = "pem", .hdr = "ec", .count = 1,
		.sig = "rsa", .why = "certificate header and Mdm-Signature differ" },
	{ "header and tls differ", { HDR, TLS }, .kind = "pem", .hdr = "ec",
		.count = 1, .tls = "rsa", .verify = "SUCCESS",
		.why = "TLS certificate and certificate header differ" },
	{ "all three", ALL, .kind = "pem", .hdr = "rsa", .count = 1, .sig = "sha1",
		.tls = "rsa", .verify = "SUCCESS", .source = SIG, .is = "rsa" },
};

static void check_row(const struct row *r)
{
	struct request rq = request();
	struct identity who;
	int rc;

	memcpy(conf.identity, r->order, sizeof(conf.identity));
	rq.tls_cert = r->tls != NULL ? data_pem(a, r->tls) : NULL;
	rq.tls_verify = r->verify;
	rq.mdm_signature = r->sig != NULL ? p7s(r->sig) : NULL;
	rq.cert_header_kind = r->kind;
	rq.cert_header = r->hdr != NULL ? header(r->kind, r->hdr) : NULL;
	rq.cert_header_count = r->count;
	if (r->addr != NULL)
		rq.remote_addr = r->addr;
	rc = identify(&rq, &who);
	if (rc != (r->why == NULL ? 0 : -1))
		fail_msg("%s: %d %s", r->what, rc, rc < 0 ? e.msg : "");
	if (rc < 0) {
		if (e.kind != ERR_BAD_INPUT || strcmp(e.msg, r->why) != 0)
			fail_msg("%s: %s", r->what, e.msg);
		return;
	}
	assert_int_equal(who.source, r->source);
	assert_is(&who, r->is);
	assert_int_equal(who.not_after, cert_not_after(data_cert(a, r->is)));
	assert_string_equal(who.serial, cert_serial_hex(data_cert(a, r->is), a));
	assert_null(who.der.p);
	assert_int_equal(devauth_der(&rq, &who, &e), 0);
	assert_true(bytes_eq(who.der, cert_der(data_cert(a, r->is), a)));
}

/* Twice: what the cache answers must be what was answered first. */
static void test_table(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			check_row(&rows[i]);
}

static void test_signature_text(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "!", "Mdm-Signature is not base64" },
		{ "MIIF", "Mdm-Signature is not CMS" },
		{ "MIIFA", "Mdm-Signature is not base64" },
		{ "not_base_64=", "Mdm-Signature is not base64" },
	};
	struct request rq = request();
	struct identity who;
	const char *good = p7s("rsa");
	char *big = arena_alloc(a, 100001);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rq.mdm_signature = bad[i].text;
		assert_int_equal(identify(&rq, &who), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, bad[i].why);
	}
	memset(big, 'A', 100000);
	big[100000] = '\0';
	rq.mdm_signature = big;
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg, "Mdm-Signature is longer than 98304 bytes");
	rq.mdm_signature = "";	/* no claim at all */
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg, "no client certificate");
	/* folded on its way */
	rq.mdm_signature = arena_printf(a, "%.76s %s", good, good + 76);
	assert_int_equal(identify(&rq, &who), 0);
	assert_is(&who, "rsa");
	rq.body = bytes_of(rq.body.p, rq.body.n - 1);
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg, "Mdm-Signature does not match the body");
}

static void test_header_text(void **state)
{
	static const struct {
		const char *kind, *text, *why;
	} bad[] = {
		{ "rfc9440", ":", "certificate header is not :base64:" },
		{ "rfc9440", "::", "certificate header: not a certificate" },
		{ "rfc9440", "AAAA", "certificate header is not :base64:" },
		{ "rfc9440", ":AAA:", "certificate header is not :base64:" },
		{ "rfc9440", ":AA AA:", "certificate header is not :base64:" },
		{ "rfc9440", ":AAAA:, :AAAA:", "certificate header is not :base64:" },
		{ "pem", "%2", "certificate header is not escaped PEM" },
		{ "pem", "junk", "certificate header is not one certificate in PEM" },
	};
	struct request rq = request();
	struct identity who;

	(void)state;
	rq.cert_header_count = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rq.cert_header_kind = bad[i].kind;
		rq.cert_header = bad[i].text;
		assert_int_equal(identify(&rq, &who), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (!str_has_prefix(e.msg, bad[i].why))
			fail_msg("%s: %s", bad[i].text, e.msg);
	}
	rq.cert_header_kind = "rfc9440";
	rq.cert_header = arena_printf(a, " %s\t", header("rfc9440", "rsa"));
	assert_int_equal(identify(&rq, &who), 0);
	/* the same text in the other form is another thing, cache or not */
	rq.cert_header_kind = "pem";
	assert_int_equal(identify(&rq, &who), -1);
	rq.cert_header = "";	/* a proxy says: no certificate */
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg, "no client certificate");
	conf.trusted_proxy = NULL;
	rq.cert_header = header("pem", "rsa");
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg,
		"certificate header from 192.0.2.9, which is not in trusted_proxy");
}

/* A proxy that adds to what the client sent: none of the two can be believed,
 * whichever of them is the client's. */
static void test_header_joined(void **state)
{
	const char *rsa = header("pem", "rsa"), *ec = header("pem", "ec");
	const struct {
		const char *before, *between, *after;
	} joins[] = {
		{ "", ", ", ec }, { "", "%0A", ec }, { "", ", ", "" }, { ", ", "", "" },
		{ "", ",", "junk" }, { "junk%0A", "", "" },
	};
	struct request rq = request();
	struct identity who;

	(void)state;
	rq.cert_header_count = 1;
	rq.cert_header_kind = "pem";
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		rq.cert_header = arena_printf(a, "%s%s%s%s", joins[i].before, rsa,
			joins[i].between, joins[i].after);
		assert_int_equal(identify(&rq, &who), -1);
		assert_string_equal(e.msg,
			"certificate header is not one certificate in PEM");
	}
	rq.cert_header = arena_printf(a, "%%20%%0A%s%%0A", rsa);
	assert_int_equal(identify(&rq, &who), 0);
	assert_is(&who, "rsa");
}

static void test_tls_text(void **state)
{
	struct request rq = request();
	struct identity who;

	(void)state;
	rq.tls_verify = "SUCCESS";
	rq.tls_cert = "junk";
	assert_int_equal(identify(&rq, &who), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_string_equal(e.msg, "no certificate in PEM");
	rq.tls_cert = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	assert_int_equal(identify(&rq, &who), -1);
	assert_true(str_has_prefix(e.msg, "not a certificate"));
}

/* ---- what changes while certificates stay the same ---- */

static void test_dates_now(void **state)
{
	(void)state;
	assert_int_equal(by_tls("rsa"), 0);
	now = 4733510401;	/* 2120-01-01, one second on */
	assert_int_equal(by_tls("rsa"), -1);
	assert_string_equal(e.msg, "certificate expired on 2120-01-01T00:00:00Z");
	now = 1577836799;
	assert_int_equal(by_tls("rsa"), -1);
	now = DATA_NOW;
	assert_int_equal(by_tls("rsa"), 0);
}

static void test_revoked(void **state)
{
	unsigned char sha[DIGEST_LEN];
	struct request rq = request();
	struct identity who;

	(void)state;
	cert_sha256(data_cert(a, "rsa"), sha);
	assert_int_equal(by_tls("rsa"), 0);
	auth_cert_put(&store, sha, (struct store_cert){ .revoked = 1 });
	assert_int_equal(by_tls("rsa"), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_string_equal(e.msg, "certificate revoked");
	rq.mdm_signature = p7s("rsa");
	assert_int_equal(identify(&rq, &who), -1);
	assert_string_equal(e.msg, "certificate revoked");
	assert_int_equal(by_tls("ec"), 0);
	auth_cert_put(&store, sha, (struct store_cert){ .device = 7, .former = 3 });
	assert_int_equal(by_tls("rsa"), 0);	/* who it is, not what it may */
}

static void test_no_store(void **state)
{
	struct request rq = request();
	struct identity who;

	(void)state;
	rq.tls_cert = data_pem(a, "rsa");
	rq.tls_verify = "SUCCESS";
	assert_int_equal(devauth_identify(da, NULL, &conf, &rq, &who, &e), -1);
	assert_int_equal(e.kind, ERR_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signature_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tls_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dates_now, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revoked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_store, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
