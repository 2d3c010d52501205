/* The simulated device's SCEP, against a small CA in this process that can
 * also do what none should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clk.h"
#include "base/enc.h"
#include "crypto/csr.h"
#include "crypto/pkey.h"
#include "crypto/scep_cms.h"
#include "sim/scep_client.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REQUEST_MAX 65536
#define CAPS "AES\nSHA-256\nPOSTPKIOperation\n"

/* What the CA does, set before a test runs its device. */
enum trick { NOTHING, OTHER_NONCE, OTHER_SIGNER, OTHER_KEY, OTHER_TRANSACTION,
	EXPIRED, NO_CMS, NO_TYPE, BROKEN, REFUSE };

static struct ca {
	int fd;
	unsigned port;
	pthread_t thread;
	struct arena *a;	/* of the CA itself */
	struct cert *cert, *ra, *stranger;
	struct pkey *key, *ra_key, *stranger_key;
	const char *caps;
	enum trick trick;
	bool has_ra;
	int pending;		/* so many answers are PENDING */
	/* what came */
	int polls, posts, gets;
	bool has_plus;		/* a raw + in a message */
	char subject[256], challenge[64];
	unsigned bits;
} ca;

/* --- the CA --- */

static void issue(const char *name, enum cert_profile profile,
	const struct cert *issuer, const struct pkey *issuer_key,
	struct cert **cert, struct pkey **key)
{
	struct cert_request rq = { .profile = profile, .common_name = name,
		.not_before = clk_now() - 60, .not_after = clk_now() + 3600 };
	struct err e;

	assert_int_equal(pkey_new_rsa(2048, ca.a, key, &e), 0);
	assert_int_equal(cert_issue(&rq, *key, issuer, issuer != NULL ?
		issuer_key : *key, ca.a, cert, &e), 0);
}

static const struct cert *signer(const struct pkey **key)
{
	if (ca.trick == OTHER_SIGNER) {
		*key = ca.stranger_key;
		return ca.stranger;
	}
	*key = ca.has_ra ? ca.ra_key : ca.key;
	return ca.has_ra ? ca.ra : ca.cert;
}

static const struct cert *grant(const struct scep_cms *m, struct arena *a)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = "Issued", .not_before = clk_now() - 60,
		.not_after = clk_now() + 3600 };
	struct bytes der;
	struct csr *csr;
	struct cert *out;
	struct err e;

	if (scep_cms_decrypt(m, ca.has_ra ? ca.ra : ca.cert, ca.has_ra ?
			ca.ra_key : ca.key, a, &der, &e) != 0 ||
		csr_from_der(der, a, &csr, NULL, &e) != 0)
		return NULL;
	snprintf(ca.subject, sizeof(ca.subject), "%s", csr_subject(csr, a));
	snprintf(ca.challenge, sizeof(ca.challenge), "%s",
		csr_challenge(csr, a) != NULL ? csr_challenge(csr, a) : "");
	ca.bits = csr_key_bits(csr);
	if (ca.trick == OTHER_KEY)
		return ca.stranger;
	if (ca.trick == EXPIRED) {
		rq.not_before -= 7200;
		rq.not_after -= 7200;
	}
	return cert_issue_csr(&rq, csr, ca.cert, ca.key, a, &out, &e) == 0 ?
		out : NULL;
}

/* The certificate that a poll gets is made when it was asked for. */
static struct cert *waiting;

static struct bytes answer(struct bytes in, struct arena *a)
{
	struct scep_cms_reply reply = { .status = SCEP_SUCCESS };
	const struct cert *mine, *certs[1];
	const struct pkey *key;
	enum scep_fail fail;
	struct bytes out = { NULL, 0 }, poll;
	struct scep_cms m;
	struct err e;

	if (scep_cms_read(in, a, &m, &fail, &e) != 0)
		return out;
	mine = signer(&key);
	if (m.type == SCEP_CERT_POLL) {
		ca.polls++;
		/* IssuerAndSubject. */
		if (scep_cms_decrypt(&m, ca.cert, ca.key, a, &poll, &e) != 0 ||
			poll.p[0] != 0x30)
			return out;
	} else {
		const struct cert *c = grant(&m, a);
		struct bytes der;

		if (c == NULL)
			return out;
		der = cert_der(c, a);
		if (cert_from_der(der, ca.a, &waiting, &e) != 0)
			return out;
	}
	certs[0] = waiting;
	reply.certs = certs;
	reply.n_certs = 1;
	if (ca.pending > 0) {
		ca.pending--;
		reply.status = SCEP_PENDING;
	}
	if (ca.trick == REFUSE) {
		reply.status = SCEP_FAILURE;
		reply.fail = SCEP_BAD_REQUEST;
		reply.fail_text = "no such challenge";
	}
	if (ca.trick == OTHER_NONCE)
		m.sender_nonce = bytes_str("0123456789abcdef");
	if (ca.trick == OTHER_TRANSACTION)
		m.transaction = "other";
	if (scep_cms_reply(&m, &reply, mine, key, a, &out, &e) != 0)
		return bytes_of(NULL, 0);
	return out;
}

/* --- its web server --- */

static bool read_request(int fd, char *buf, size_t *n, char **body)
{
	*n = 0;
	for (;;) {
		ssize_t got = read(fd, buf + *n, REQUEST_MAX - 1 - *n);
		const char *length;

		if (got <= 0)
			return false;
		*n += (size_t)got;
		buf[*n] = '\0';
		*body = strstr(buf, "\r\n\r\n");
		if (*body == NULL)
			continue;
		*body += 4;
		length = strcasestr(buf, "\r\nContent-Length:");
		if (length == NULL || *n - (size_t)(*body - buf) >=
			strtoul(length + 17, NULL, 10))
			return true;
	}
}

static struct bytes message_of(char *buf, struct arena *a)
{
	char *at = strstr(buf, "message=") + 8, *end = strpbrk(at, " \r");
	struct bytes text = bytes_of(at, (size_t)(end - at)), out;

	ca.has_plus |= memchr(text.p, '+', text.n) != NULL;
	if (!enc_unpercent(a, text, &text) ||
		!enc_unbase64(a, text, false, &out))
		return bytes_of(NULL, 0);
	return out;
}

static struct bytes serve(char *buf, size_t n, char *body, struct arena *a,
	const char **type)
{
	const struct cert *both[2] = { ca.ra, ca.cert };

	if (strstr(buf, "operation=GetCACaps") != NULL) {
		*type = "text/plain";
		return bytes_str(ca.caps);
	}
	if (strstr(buf, "operation=GetCACert") != NULL) {
		*type = ca.has_ra ? "application/x-x509-ca-ra-cert" :
			"application/x-x509-ca-cert";
		return ca.has_ra ? scep_cms_degenerate(both, 2, a) :
			cert_der(ca.cert, a);
	}
	*type = ca.trick == NO_TYPE ? "text/html" :
		"application/x-pki-message";
	if (ca.trick == NO_CMS)
		return bytes_str("<html>");
	if (strncmp(buf, "POST", 4) == 0) {
		ca.posts++;
		return answer(bytes_of(body, n - (size_t)(body - buf)), a);
	}
	ca.gets++;
	return answer(message_of(buf, a), a);
}

static void converse(int fd)
{
	struct arena *a = arena_new();
	char *buf = arena_alloc(a, REQUEST_MAX), *body;
	const char *type = "text/plain";
	struct bytes out;
	size_t n;

	if (read_request(fd, buf, &n, &body)) {
		out = serve(buf, n, body, a, &type);
		dprintf(fd, "HTTP/1.1 %d x\r\nContent-Type: %s\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n",
			ca.trick == BROKEN || out.p == NULL ? 500 : 200, type,
			out.n);
		for (size_t at = 0; at < out.n;) {
			ssize_t w = write(fd, out.p + at, out.n - at);

			if (w <= 0)
				break;
			at += (size_t)w;
		}
	}
	arena_free(a);
	close(fd);
}

static void *listening(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(ca.fd, NULL, NULL)) >= 0)
		converse(fd);
	return NULL;
}

static int start(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	ca.a = arena_new();
	issue("Test CA", CERT_DEVICE_CA, NULL, NULL, &ca.cert, &ca.key);
	issue("Test RA", CERT_DEVICE, ca.cert, ca.key, &ca.ra, &ca.ra_key);
	issue("Stranger", CERT_DEVICE_CA, NULL, NULL, &ca.stranger,
		&ca.stranger_key);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ca.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ca.fd < 0 || bind(ca.fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		listen(ca.fd, 8) != 0 ||
		getsockname(ca.fd, (struct sockaddr *)&at, &n) != 0)
		return -1;
	ca.port = ntohs(at.sin_port);
	return pthread_create(&ca.thread, NULL, listening, NULL);
}

static int stop(void **state)
{
	(void)state;
	shutdown(ca.fd, SHUT_RDWR);
	pthread_join(ca.thread, NULL);
	close(ca.fd);
	arena_free(ca.a);
	return 0;
}

/* --- the device --- */

struct world {
	struct session s;
	struct device *d;
	struct profile_scep p;
	struct scep_client_identity got;
	enum outcome out;
	struct err e;
};

static double waited;
static int waits;
static bool patient(double seconds)
{
	waited = seconds;
	waits++;
	return true;
}
static bool impatient(double seconds)
{
	(void)seconds;
	return false;
}

static struct world begin(const char *model)
{
	const struct fetch_options f = { .total_ms = 20000 };
	const struct device_wish w = { .kind = ENROLLMENT_DEVICE,
		.id = "ID-1", .model = catalog_find(model) };
	struct world x = { .d = device_new(&w) };

	x.s.arena = arena_new();
	x.s.wire = wire_new(&f);
	x.s.pause = patient;
	x.p = (struct profile_scep){ .key_size = 2048, .retries = 3,
		.retry_delay = 7, .challenge = "SECRET", .url = arena_printf(
		x.s.arena, "http://127.0.0.1:%u/scep", ca.port) };
	ca.caps = CAPS;
	ca.trick = NOTHING;
	ca.has_ra = ca.has_plus = false;
	ca.pending = ca.polls = ca.posts = ca.gets = waits = 0;
	return x;
}

static void end(struct world *x)
{
	wire_free(x->s.wire);
	arena_free(x->s.arena);
	device_free(x->d);
}

static void run(struct world *x, enum outcome expected)
{
	assert_int_equal(scep_client_run(&x->s, x->d, &x->p, &x->got, &x->out,
		&x->e), 0);
	if (x->out != expected)
		fail_msg("%s: %s", outcome_name(x->out), x->s.why);
}

static void has_identity(struct world *x)
{
	struct cert *c;
	struct pkey *k;

	assert_int_equal(cert_from_pem(x->got.cert_pem, x->s.arena, &c,
		&x->e), 0);
	assert_int_equal(pkey_from_pem(x->got.key_pem, x->s.arena, &k,
		&x->e), 0);
	assert_true(pkey_matches(k, c));
	assert_string_equal(cert_subject(c, x->s.arena), "CN=Issued");
}

/* ---- tests ---- */

static void by_post(void **state)
{
	static const char *subject[2][2] = { { "O", "Example" },
		{ "2.5.4.3", "nonce-1" } };
	struct world x = begin("iphone");

	(void)state;
	x.p.subject = subject;
	x.p.n_subject = 2;
	x.p.name = "with blank & more";
	run(&x, OUTCOME_OK);
	has_identity(&x);
	assert_int_equal(ca.posts, 1);
	assert_int_equal(ca.gets, 0);
	assert_string_equal(ca.challenge, "SECRET");
	assert_non_null(strstr(ca.subject, "O=Example"));
	assert_non_null(strstr(ca.subject, "CN=nonce-1"));
	assert_int_equal(ca.bits, 2048);
	end(&x);
}

/* The URL of a profile may hold a query; without POST in the capabilities the
 * message is in the URL too, by macOS with its + as it is. */
static void by_get(void **state)
{
	static const char *const model[] = { "mac", "iphone" };

	(void)state;
	for (size_t i = 0; i < COUNT(model); i++) {
		struct world x = begin(model[i]);
		bool has_plus = false;

		ca.caps = "SHA-256\r\nAES\r\n";
		x.p.url = arena_printf(x.s.arena, "%s?a=b", x.p.url);
		/* Some of them have one: the message is random. */
		for (int n = 0; n < (i == 0 ? 8 : 1) && !has_plus; n++) {
			run(&x, OUTCOME_OK);
			has_plus = ca.has_plus;
		}
		has_identity(&x);
		assert_int_equal(ca.posts, 0);
		assert_true(ca.gets > 0);
		assert_int_equal(ca.has_plus, i == 0);
		assert_string_equal(ca.subject, "CN=ID-1");
		end(&x);
	}
}

static void by_old_algorithms(void **state)
{
	struct world x = begin("iphone");

	(void)state;
	ca.caps = "DES3\nSHA-1\nPOSTPKIOperation\n";
	x.p.challenge = NULL;
	run(&x, OUTCOME_OK);
	has_identity(&x);
	assert_string_equal(ca.challenge, "");
	end(&x);
}

static void by_a_registration_authority(void **state)
{
	unsigned char md[DIGEST_LEN];
	struct world x = begin("iphone");

	(void)state;
	ca.has_ra = true;
	cert_sha256(ca.cert, md);
	x.p.fingerprint = bytes_of(md, sizeof(md));
	run(&x, OUTCOME_OK);
	has_identity(&x);
	md[0] ^= 1;
	run(&x, OUTCOME_REFUSED);
	assert_non_null(strstr(x.s.why, "CAFingerprint"));
	end(&x);
}

static void pending(void **state)
{
	struct world x = begin("iphone");

	(void)state;
	ca.pending = 3;
	run(&x, OUTCOME_OK);
	has_identity(&x);
	assert_int_equal(ca.polls, 3);
	assert_int_equal(waits, 2);	/* the first is at once */
	assert_true(waited > 6.9 && waited < 7.1);
	ca.pending = 100;
	ca.polls = 0;
	run(&x, OUTCOME_REFUSED);
	assert_int_equal(ca.polls, 3);
	assert_non_null(strstr(x.s.why, "still PENDING after 3"));
	ca.pending = 100;
	x.s.pause = impatient;
	run(&x, OUTCOME_LATER);
	end(&x);
}

static void what_is_refused(void **state)
{
	static const struct {
		enum trick trick;
		const char *caps;
		enum outcome out;
		const char *says;
	} row[] = {
		{ NOTHING, "POSTPKIOperation\nRenewal\n", OUTCOME_REFUSED,
			"none of SHA-1" },
		{ NOTHING, "", OUTCOME_REFUSED, "none of SHA-1" },
		{ OTHER_NONCE, CAPS, OUTCOME_REFUSED, "recipientNonce" },
		{ OTHER_SIGNER, CAPS, OUTCOME_REFUSED, "somebody else" },
		{ OTHER_KEY, CAPS, OUTCOME_REFUSED, "is for the key" },
		{ OTHER_TRANSACTION, CAPS, OUTCOME_REFUSED, "transaction" },
		{ EXPIRED, CAPS, OUTCOME_REFUSED, "expired" },
		{ NO_CMS, CAPS, OUTCOME_REFUSED, "is not CMS" },
		{ NO_TYPE, CAPS, OUTCOME_REFUSED, "Content-Type" },
		{ BROKEN, CAPS, OUTCOME_LATER, "GetCACaps: 500" },
		{ REFUSE, CAPS, OUTCOME_REFUSED,
			"FAILURE badRequest: no such challenge" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct world x = begin("iphone");

		ca.trick = row[i].trick;
		ca.caps = row[i].caps;
		run(&x, row[i].out);
		if (strstr(x.s.why, row[i].says) == NULL)
			fail_msg("row %zu: %s", i, x.s.why);
		assert_null(x.got.cert_pem.p);
		end(&x);
	}
}

static void nobody_there(void **state)
{
	struct world x = begin("iphone");

	(void)state;
	x.p.url = "http://127.0.0.1:1/scep";
	run(&x, OUTCOME_LATER);
	x.p.url = "http://bad url/";
	run(&x, OUTCOME_REFUSED);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_post),
		cmocka_unit_test(by_get),
		cmocka_unit_test(by_old_algorithms),
		cmocka_unit_test(by_a_registration_authority),
		cmocka_unit_test(pending),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(nobody_there),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
