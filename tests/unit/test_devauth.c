/* auth/devauth (with devcache and proxy): every source, alone and together,
 * on certificates and signatures of tests/data/crypto and a real store. */
#include "auth/devauth.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/devcache.h"
#include "auth/proxy.h"
#include "auth_store.h"
#include "base/enc.h"
#include "crypto/cert.h"
#include "crypto_data.h"

#define SIG CONF_SRC_SIGNATURE
#define TLS CONF_SRC_TLS
#define HDR CONF_SRC_HEADER

static struct auth_store store;
static struct arena *a;
static struct devauth *da;
static struct conf conf;
static struct err e;
static char bundle[96];
static int64_t now;

static void write_bundle(const char *names)
{
	char *text = arena_strdup(a, ""), *list = arena_strdup(a, names), *save;

	for (char *s = strtok_r(list, " ", &save); s; s = strtok_r(NULL, " ", &save))
		text = arena_printf(a, "%s%s", text, data_pem(a, s));
	if (file_write(bundle, bytes_str(text), 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	now = DATA_NOW;
	memset(&conf, 0, sizeof(conf));
	conf.identity[0] = SIG;
	conf.identity[1] = TLS;
	conf.identity[2] = HDR;
	conf.trusted_proxy = "192.0.2.0/24";
	auth_store_open(&store);
	snprintf(bundle, sizeof(bundle), "%s/bundle.pem", store.dir);
	write_bundle("ca ca-ec");
	return devauth_open(bundle, &da, &e);
}

static int teardown(void **state)
{
	(void)state;
	devauth_close(da);
	arena_free(a);
	return auth_store_close(&store);
}

/* ---- requests ---- */

static struct request request(void)
{
	return (struct request){ .arena = a, .now = now, .body = data_file(a, "body"),
		.remote_addr = "192.0.2.9" };
}

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

static int identify(const struct request *rq, struct identity *who)
{
	return devauth_identify(da, store.st, &conf, rq, who, &e);
}

static int by_tls(const char *name)
{
	struct request rq = request();
	struct identity who;

	rq.tls_cert = data_pem(a, name);
	rq.tls_verify = "SUCCESS";
	return identify(&rq, &who);
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
		{ "pem", "junk", "certificate header: no certificate in PEM" },
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

static void test_bundle_changes(void **state)
{
	(void)state;
	assert_int_equal(by_tls("rsa"), 0);
	assert_int_equal(by_tls("foreign"), -1);
	write_bundle("ca-ec ca-foreign");
	assert_int_equal(by_tls("rsa"), 0);	/* the same second: not looked at */
	now++;
	assert_int_equal(by_tls("rsa"), -1);	/* and the cache does not know it */
	assert_true(str_has_prefix(e.msg, "certificate is not trusted"));
	assert_int_equal(by_tls("foreign"), 0);
	now++;
	assert_int_equal(file_write(bundle, bytes_str("damaged"), 0644, &e), 0);
	assert_int_equal(by_tls("foreign"), 0);
	assert_int_equal(by_tls("ec521"), 0);	/* not cached: by the old bundle */
	now++;
	assert_int_equal(unlink(bundle), 0);
	assert_int_equal(by_tls("foreign"), 0);
	write_bundle("ca");
	now -= 1000;			/* the clock is set back */
	assert_int_equal(by_tls("rsa"), 0);
	assert_int_equal(by_tls("foreign"), -1);
}

static void test_bundle_missing_at_open(void **state)
{
	static const char *const bad[] = { NULL, "", "junk" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		devauth_close(da);
		unlink(bundle);
		if (bad[i] != NULL)
			assert_int_equal(file_write(bundle, bytes_str(bad[i]), 0644, &e),
				0);
		assert_int_equal(devauth_open(bundle, &da, &e), 0);
		assert_int_equal(by_tls("rsa"), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg,
			"certificate is not trusted: there is no device CA");
		write_bundle("ca");
		now++;
		assert_int_equal(by_tls("rsa"), 0);
	}
}

/* The machine's trouble when the bundle changes: out of descriptors. */
static void test_bundle_unreadable(void **state)
{
	struct rlimit was, few;
	const char *pem;

	(void)state;
	assert_int_equal(by_tls("rsa"), 0);
	write_bundle("ca-foreign");
	now++;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 0;
	pem = data_pem(a, "rsa");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 2; i++, now++) {
		struct request rq = { .arena = a, .now = now, .tls_verify = "SUCCESS",
			.tls_cert = pem };
		struct identity who;

		assert_int_equal(identify(&rq, &who), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(by_tls("foreign"), 0);
	assert_int_equal(by_tls("rsa"), -1);
}

/* How often the log says `what`, of all that asks writes. */
static unsigned logged(const char *what, void (*asks)(void))
{
	char *file = arena_printf(a, "%s/log", store.dir);
	int was = dup(STDERR_FILENO), to = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	unsigned n = 0;
	struct bytes b;

	assert_true(was >= 0 && to >= 0);
	dup2(to, STDERR_FILENO);
	asks();
	dup2(was, STDERR_FILENO);
	close(was);
	close(to);
	assert_int_equal(file_read(file, 1 << 20, a, &b, &e), 0);
	for (char *p = arena_str(a, b); (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static void ask_five_seconds(void)
{
	for (int i = 0; i < 10; i++) {
		now += i % 2;
		by_tls("rsa");
	}
}

/* One line per change, however long it lasts. */
static void test_alerts(void **state)
{
	(void)state;
	assert_int_equal(logged("devauth.", ask_five_seconds), 0);
	assert_int_equal(file_write(bundle, bytes_str("damaged"), 0644, &e), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	assert_int_equal(file_write(bundle, bytes_str("damaged again"), 0644, &e), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	assert_int_equal(unlink(bundle), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	write_bundle("ca ca-expired");
	assert_int_equal(logged("event=devauth.expiry", ask_five_seconds), 1);
	assert_int_equal(by_tls("of-expired-ca"), 0);
	write_bundle("ca");
	assert_int_equal(logged("devauth.", ask_five_seconds), 0);
}

/* ---- threads ---- */

static _Atomic int64_t shared_now;
static const char *shared_pem[2];

static void *hammer(void *arg)
{
	struct arena *mine = arena_new();
	size_t bad = 0;

	(void)arg;
	for (size_t i = 0; i < 400; i++) {
		struct request rq = { .arena = mine, .tls_verify = "SUCCESS" };
		struct err err = ERR_INIT;
		struct identity who;

		rq.now = atomic_load(&shared_now);
		rq.tls_cert = shared_pem[i % 2];
		/* one CA is in every bundle, the other in some */
		if (devauth_identify(da, store.st, &conf, &rq, &who, &err) < 0)
			bad += i % 2 == 0 ||
				!str_has_prefix(err.msg, "certificate is not trusted");
		arena_reset(mine);
	}
	arena_free(mine);
	return (void *)bad;
}

static void test_threads(void **state)
{
	pthread_t threads[4];

	(void)state;
	shared_pem[0] = data_pem(a, "rsa");
	shared_pem[1] = data_pem(a, "foreign");
	atomic_store(&shared_now, now);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	for (int i = 0; i < 30; i++) {
		write_bundle(i % 2 == 0 ? "ca ca-foreign" : "ca");
		atomic_fetch_add(&shared_now, 1);
	}
	for (size_t i = 0; i < 4; i++) {
		void *bad;

		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
}

/* ---- devcache ---- */

static void key_of(uint64_t n, unsigned char key[DIGEST_LEN])
{
	unsigned char b[8];

	enc_be64(b, n);
	digest_sha256(bytes_of(b, 8), key);
}

static void test_cache(void **state)
{
	struct devcache *dc = devcache_new();
	unsigned char key[DIGEST_LEN];
	struct devcert in = { .subject = "s" }, out;
	size_t kept = 0;

	(void)state;
	key_of(0, key);
	assert_false(devcache_get(dc, key, 1, &out));
	in.not_after = 42;
	devcache_put(dc, key, 1, &in);
	assert_true(devcache_get(dc, key, 1, &out));
	assert_int_equal(out.not_after, 42);
	assert_false(devcache_get(dc, key, 2, &out));	/* another bundle */
	in.not_after = 43;
	devcache_put(dc, key, 2, &in);
	assert_true(devcache_get(dc, key, 2, &out));
	assert_int_equal(out.not_after, 43);
	assert_false(devcache_get(dc, key, 1, &out));
	/* Three times as many as fit: bounded, the newest are there, and what
	 * is given is what was put under that key. */
	for (uint64_t i = 1; i <= 200000; i++) {
		key_of(i, key);
		in.not_after = (int64_t)i;
		devcache_put(dc, key, 2, &in);
		assert_true(devcache_get(dc, key, 2, &out));
	}
	for (uint64_t i = 1; i <= 200000; i++) {
		key_of(i, key);
		if (!devcache_get(dc, key, 2, &out))
			continue;
		assert_int_equal(out.not_after, (int64_t)i);
		kept++;
	}
	assert_in_range(kept, 60000, 65536);
	devcache_free(dc);
	devcache_free(NULL);
}

/* ---- proxy ---- */

static void test_proxy(void **state)
{
	static const struct {
		const char *list, *addr;
		bool is;
	} p[] = {
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "10.0.0.0/8", "10.255.3.4", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "0.0.0.0/0", "203.0.113.7", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::1", "::1", true },
		{ "::1", "127.0.0.1", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
		{ " 10.0.0.1 ,\t::1 ", "::1", true },
		{ " 10.0.0.1 ,\t::1 ", "10.0.0.1", true },
		{ "x,,10.0.0.1/33,10.0.0.1/,10.0.0.1/-1", "10.0.0.1", false },
		{ "10.0.0.1/32 x", "10.0.0.1", false },
		{ "10.0.0.1", "10.0.0.1:80", false },
		{ "10.0.0.1", "", false },
		{ "10.0.0.1", NULL, false },
		{ "", "10.0.0.1", false },
		{ NULL, "10.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		if (proxy_is_trusted(p[i].list, p[i].addr) != p[i].is)
			fail_msg("%s in %s", p[i].addr, p[i].list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signature_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tls_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dates_now, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revoked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bundle_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bundle_missing_at_open, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_bundle_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alerts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
