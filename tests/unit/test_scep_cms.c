/* crypto/scep_cms against messages that another implementation made, good and
 * bad ones (tests/data/make_scep.py), and both our sides against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "base/rnd.h"
#include "crypto/crl.h"
#include "crypto/csr.h"
#include "crypto/scep_cms.h"
#include "crypto_data.h"
#include "arena_fixture.h"

static struct err e;

static int setup(void **state)
{
	e = (struct err)ERR_INIT;
	return arena_setup(state);
}

/* OpenSSL's errors stay in the call that met them. */
static int teardown(void **state)
{
	arena_teardown(state);
	return ERR_peek_error() == 0 ? 0 : -1;
}

static struct bytes file(const char *name)
{
	return data_file(a, arena_printf(a, "scep/%s.der", name));
}

static struct pkey *key(const char *name)
{
	struct pkey *k;

	if (pkey_from_pem(data_file(a, arena_printf(a, "scep/%s.key", name)), a, &k,
			&e) < 0)
		fail_msg("%s: %s", name, e.msg);
	return k;
}

static struct cert *cert(const char *name)
{
	return data_cert(a, arena_printf(a, "scep/%s", name));
}

static void assert_same_cert(const struct cert *c, const struct cert *d)
{
	unsigned char x[DIGEST_LEN], y[DIGEST_LEN];

	cert_sha256(c, x);
	cert_sha256(d, y);
	assert_memory_equal(x, y, DIGEST_LEN);
}

static struct scep_cms read_good(const char *name)
{
	enum scep_fail fail;
	struct scep_cms m;

	if (scep_cms_read(file(name), a, &m, &fail, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	return m;
}

static void test_good(void **state)
{
	static const struct {
		const char *file;
		int digest, cipher;
	} rows[] = {
		{ "req", NID_sha256, NID_aes_128_cbc },
		{ "req-sha1-3des", NID_sha1, NID_des_ede3_cbc },
		{ "req-sha384-aes192", NID_sha384, NID_aes_192_cbc },
		{ "req-sha512-aes256", NID_sha512, NID_aes_256_cbc },
		{ "req-ber", NID_sha256, NID_aes_128_cbc },
		{ "req-pss", NID_sha256, NID_aes_128_cbc },
		{ "req-openssl", NID_sha256, NID_aes_128_cbc },
		{ "req-openssl-3des", NID_sha256, NID_des_ede3_cbc },
		{ "req-openssl-stream", NID_sha256, NID_aes_256_cbc },
		{ "req-openssl-keyid", NID_sha256, NID_aes_128_cbc },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scep_cms m = read_good(rows[i].file);
		struct bytes content;
		struct csr *csr;

		assert_int_equal(m.type, SCEP_PKCS_REQ);
		assert_string_equal(m.transaction, "Transaction-1");
		assert_int_equal(m.sender_nonce.n, SCEP_NONCE_LEN);
		assert_int_equal(m.sender_nonce.p[15], 15);
		assert_null(m.recipient_nonce.p);
		assert_same_cert(m.signer, cert("device"));
		if (m.digest_nid != rows[i].digest || m.cipher_nid != rows[i].cipher)
			fail_msg("%s: %d %d", rows[i].file, m.digest_nid, m.cipher_nid);
		if (scep_cms_decrypt(&m, cert("ca"), key("ca"), a, &content, &e) < 0)
			fail_msg("%s: %s", rows[i].file, e.msg);
		assert_true(bytes_eq(content, file("csr-rsa")));
		assert_int_equal(csr_from_der(content, a, &csr, NULL, &e), 0);
		assert_true(csr_matches(csr, m.signer));
	}
}

static void test_good_odd(void **state)
{
	struct bytes content;
	struct scep_cms m;
	struct csr *csr;

	(void)state;
	m = read_good("req-no-nonce");
	assert_null(m.sender_nonce.p);
	m = read_good("req-utf8");
	assert_string_equal(m.transaction, "\u00fc+/=");
	assert_int_equal(m.transaction_tag, V_ASN1_UTF8STRING);
	assert_int_equal(read_good("req-renewal").type, SCEP_RENEWAL_REQ);
	assert_int_equal((int)read_good("req-unknown-type").type, 999);
	m = read_good("req-no-content");
	assert_null(m.envelope.p);
	assert_int_equal(m.cipher_nid, 0);
	assert_int_equal(scep_cms_decrypt(&m, cert("ca"), key("ca"), a, &content, &e), -1);
	assert_string_equal(e.msg, "has no envelope");
	assert_null(read_good("req-empty-content").envelope.p);
	/* A good message by one, around a request of another. */
	m = read_good("odd-mismatch");
	assert_int_equal(scep_cms_decrypt(&m, cert("ca"), key("ca"), a, &content, &e), 0);
	assert_int_equal(csr_from_der(content, a, &csr, NULL, &e), 0);
	assert_false(csr_matches(csr, m.signer));
}

static const struct bad {
	const char *file, *why;
	enum scep_fail fail;
	bool named;		/* the transaction could be read */
} bads[] = {
	{ "bad-two-signers", "has two signers", SCEP_BAD_REQUEST, false },
	{ "bad-three-signers", "has several signers", SCEP_BAD_REQUEST, false },
	{ "bad-no-signer", "has no signer", SCEP_BAD_REQUEST, false },
	{ "bad-no-cert", "lacks its signer's certificate", SCEP_BAD_REQUEST, true },
	{ "bad-other-cert", "lacks its signer's certificate", SCEP_BAD_REQUEST, true },
	{ "bad-wrong-key", "has a signature that does not match",
		SCEP_BAD_MESSAGE_CHECK, true },
	{ "bad-other-content", "has a signature that does not match",
		SCEP_BAD_MESSAGE_CHECK, true },
	{ "bad-md5", "has a digest that is not SHA-1, 256, 384 or 512", SCEP_BAD_ALG,
		true },
	{ "bad-sha224", "has a digest that is not SHA-1, 256, 384 or 512", SCEP_BAD_ALG,
		true },
	{ "bad-weak-signer", "has a signer of the wrong kind: "
		"its RSA key has only 512 bits", SCEP_BAD_ALG, true },
	{ "bad-no-attributes", "has no transactionID", SCEP_BAD_REQUEST, false },
	{ "bad-trailing", "has more data behind the CMS", SCEP_BAD_REQUEST, false },
	{ "bad-enveloped-only", "is not signed data", SCEP_BAD_REQUEST, false },
	{ "bad-content-text", "has a content that: is not CMS", SCEP_BAD_REQUEST, true },
	{ "bad-content-signed", "has a content that is not enveloped data",
		SCEP_BAD_REQUEST, true },
	{ "bad-content-trailing", "has a content that: has more data behind the CMS",
		SCEP_BAD_REQUEST, true },
	{ "bad-transaction-none", "has no transactionID", SCEP_BAD_REQUEST, false },
	{ "bad-transaction-empty", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-256", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-nul", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-line", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-octets", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-twice", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-values", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-transaction-no-value", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-nonce-15", "has a senderNonce that is not 16 bytes", SCEP_BAD_REQUEST,
		true },
	{ "bad-nonce-17", "has a senderNonce that is not 16 bytes", SCEP_BAD_REQUEST,
		true },
	{ "bad-type-none", "has no messageType", SCEP_BAD_REQUEST, true },
	{ "bad-type-text", "has a messageType that is not one number", SCEP_BAD_REQUEST,
		true },
	{ "bad-type-1000", "has a messageType that is not one number", SCEP_BAD_REQUEST,
		true },
	{ "bad-type-sign", "has a messageType that is not one number", SCEP_BAD_REQUEST,
		true },
	{ "bad-des", "has a cipher that is neither AES-CBC nor 3DES", SCEP_BAD_ALG, true },
	{ "bad-rc2", "has a cipher that is neither AES-CBC nor 3DES", SCEP_BAD_ALG, true },
	{ "bad-cipher-oid", "has a cipher that is neither AES-CBC nor 3DES", SCEP_BAD_ALG,
		true },
	{ "bad-iv", "has a cipher that is neither AES-CBC nor 3DES", SCEP_BAD_ALG, true },
	{ "bad-gcm", "has a content that is not enveloped data", SCEP_BAD_REQUEST, true },
	{ "bad-deep", "is not CMS", SCEP_BAD_REQUEST, false },
	{ "bad-deep-octets", "is not CMS", SCEP_BAD_REQUEST, false },
	{ "bad-deep-content", "has a content that: is not CMS", SCEP_BAD_REQUEST, true },
	{ "bad-deep-attribute", "has a transactionID that is not one short text",
		SCEP_BAD_REQUEST, false },
	{ "bad-rep-no-status", "is a CertRep without a good pkiStatus", SCEP_BAD_REQUEST,
		true },
	{ "bad-rep-status-1", "is a CertRep without a good pkiStatus", SCEP_BAD_REQUEST,
		true },
	{ "bad-rep-no-fail", "is a failure without a good failInfo", SCEP_BAD_REQUEST,
		true },
	{ "bad-rep-fail-5", "is a failure without a good failInfo", SCEP_BAD_REQUEST,
		true },
	{ "bad-rep-fail-text", "has a failInfoText that is not one short text",
		SCEP_BAD_REQUEST, true },
	{ "csr-rsa", "is not CMS", SCEP_BAD_REQUEST, false },
};

/* What can be answered is answered, however bad it was. */
static void answer(const struct scep_cms *m, const struct bad *row)
{
	const struct scep_cms_reply r = { .status = SCEP_FAILURE, .fail = row->fail };
	enum scep_fail fail;
	struct scep_cms got;
	struct bytes out;

	if (scep_cms_reply(m, &r, cert("ca"), key("ca"), a, &out, &e) < 0 ||
		scep_cms_read(out, a, &got, &fail, &e) < 0)
		fail_msg("%s: %s", row->file, e.msg);
	assert_string_equal(got.transaction, m->transaction);
	assert_int_equal(got.fail, row->fail);
	assert_true(bytes_eq(got.recipient_nonce, m->sender_nonce));
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *row = &bads[i];
		enum scep_fail fail = SCEP_BAD_TIME;
		struct scep_cms m;

		if (scep_cms_read(file(row->file), a, &m, &fail, &e) == 0)
			fail_msg("%s: taken", row->file);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (!str_eq(e.msg, row->why) || fail != row->fail ||
			(m.transaction != NULL) != row->named)
			fail_msg("%s: %s, %d, %s", row->file, e.msg, fail, m.transaction);
		assert_null(m.envelope.p);
		if (row->named)
			answer(&m, row);
	}
}

static void test_shut(void **state)
{
	static const struct {
		const char *file, *why;
	} rows[] = {
		{ "shut-other-ca", "is not for this certificate" },
		{ "shut-key", "cannot be decrypted" },
		{ "shut-content", "cannot be decrypted" },
		{ "shut-cut", "cannot be decrypted" },
		{ "shut-text", "cannot be decrypted" },
		{ "shut-empty", "cannot be decrypted" },
		{ "shut-behind", "cannot be decrypted" },
		{ "shut-oaep", "has a key not by RSA PKCS #1 v1.5" },
	};
	struct bytes content;
	struct scep_cms m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = read_good(rows[i].file);
		assert_int_equal(scep_cms_decrypt(&m, cert("ca"), key("ca"), a, &content,
			&e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (!str_eq(e.msg, rows[i].why))
			fail_msg("%s: %s", rows[i].file, e.msg);
		assert_null(content.p);
	}
	m = read_good("req");
	assert_int_equal(scep_cms_decrypt(&m, cert("ca"), key("device"), a, &content, &e),
		-1);
	assert_int_equal(e.kind, ERR_INTERNAL);
}

static void test_damage(void **state)
{
	struct bytes der = file("req");
	unsigned char *big = arena_zalloc(a, SCEP_CMS_MAX + 1);
	enum scep_fail fail;
	struct scep_cms m;

	(void)state;
	for (size_t i = 0; i < der.n; i++) {
		struct arena *tmp = arena_new();
		unsigned char *p = arena_memdup(tmp, der.p, der.n);

		p[i] ^= 0x01;
		if (scep_cms_read(bytes_of(p, der.n), tmp, &m, &fail, &e) == 0) {
			/* the certificate that comes along is not signed by it */
			assert_string_equal(m.transaction, "Transaction-1");
			assert_int_equal(m.type, SCEP_PKCS_REQ);
		}
		if (i % 7 == 0)
			assert_int_equal(scep_cms_read(bytes_of(der.p, i), tmp, &m, &fail,
				&e), -1);
		arena_free(tmp);
	}
	assert_int_equal(scep_cms_read(bytes_of(big, SCEP_CMS_MAX + 1), a, &m, &fail, &e),
		-1);
	assert_string_equal(e.msg, "is longer than 1048576 bytes");
	rnd_bytes(big, SCEP_CMS_MAX);
	assert_int_equal(scep_cms_read(bytes_of(big, SCEP_CMS_MAX), a, &m, &fail, &e), -1);
	for (size_t i = 0; i < SCEP_CMS_MAX; i++)
		big[i] = i % 2 == 0 ? 0x30 : 0x80;
	assert_int_equal(scep_cms_read(bytes_of(big, SCEP_CMS_MAX), a, &m, &fail, &e), -1);
	assert_null(m.transaction);
}

static void test_replies(void **state)
{
	struct cert *device = cert("device"), **certs;
	struct pkey *k = key("device");
	struct scep_cms m;
	size_t n;

	(void)state;
	m = read_good("rep-success");
	assert_int_equal(m.type, SCEP_CERT_REP);
	assert_int_equal(m.status, SCEP_SUCCESS);
	assert_int_equal(m.recipient_nonce.n, SCEP_NONCE_LEN);
	assert_same_cert(m.signer, cert("ca"));
	assert_int_equal(scep_cms_certs(&m, device, k, a, &certs, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_same_cert(certs[0], cert("other"));	/* in their order */
	assert_same_cert(certs[1], cert("ca"));
	m = read_good("rep-no-certs");
	assert_int_equal(scep_cms_certs(&m, device, k, a, &certs, &n, &e), -1);
	assert_string_equal(e.msg, "has no certificate in it");
	m = read_good("rep-many-certs");
	assert_int_equal(scep_cms_certs(&m, device, k, a, &certs, &n, &e), -1);
	assert_string_equal(e.msg, "has more than 32 certificates");
	m = read_good("rep-not-signed");
	assert_int_equal(scep_cms_certs(&m, device, k, a, &certs, &n, &e), -1);
	assert_string_equal(e.msg, "has a content that: is not CMS");
	m = read_good("rep-failure");
	assert_int_equal(m.status, SCEP_FAILURE);
	assert_int_equal(m.fail, SCEP_BAD_REQUEST);
	assert_string_equal(m.fail_text, "wrong challenge");
	m = read_good("rep-failure-empty");
	assert_null(m.fail_text);
	assert_null(m.envelope.p);
	assert_int_equal(read_good("rep-pending").status, SCEP_PENDING);
}

/* A whole exchange, with each digest and cipher: the reply does as the
 * request did. */
static void exchange(int digest, int cipher)
{
	struct scep_cms_request rq = { .type = SCEP_PKCS_REQ, .transaction = "T+/=1",
		.content = file("csr-rsa"), .digest_nid = digest, .cipher_nid = cipher };
	struct cert *ca = cert("ca"), *device = cert("device"), **certs;
	const struct cert *const issued[] = { device, cert("other"), ca };
	struct scep_cms_reply r = { .status = SCEP_SUCCESS, .certs = issued, .n_certs = 3 };
	struct bytes out, content;
	struct scep_cms m, back;
	enum scep_fail fail;
	size_t n;

	rnd_bytes(rq.nonce, sizeof(rq.nonce));
	assert_int_equal(scep_cms_request(&rq, ca, device, key("device"), a, &out, &e), 0);
	assert_int_equal(scep_cms_read(out, a, &m, &fail, &e), 0);
	assert_int_equal(m.digest_nid, digest);
	assert_int_equal(m.cipher_nid, cipher);
	assert_memory_equal(m.sender_nonce.p, rq.nonce, SCEP_NONCE_LEN);
	assert_int_equal(scep_cms_decrypt(&m, ca, key("ca"), a, &content, &e), 0);
	assert_true(bytes_eq(content, rq.content));

	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), 0);
	assert_int_equal(scep_cms_read(out, a, &back, &fail, &e), 0);
	assert_int_equal(back.type, SCEP_CERT_REP);
	assert_int_equal(back.status, SCEP_SUCCESS);
	assert_int_equal(back.digest_nid, digest);
	assert_int_equal(back.cipher_nid, cipher);
	assert_string_equal(back.transaction, "T+/=1");
	assert_int_equal(back.transaction_tag, V_ASN1_PRINTABLESTRING);
	assert_memory_equal(back.recipient_nonce.p, rq.nonce, SCEP_NONCE_LEN);
	assert_int_equal(back.sender_nonce.n, SCEP_NONCE_LEN);
	assert_memory_not_equal(back.sender_nonce.p, rq.nonce, SCEP_NONCE_LEN);
	assert_same_cert(back.signer, ca);
	assert_int_equal(scep_cms_certs(&back, device, key("device"), a, &certs, &n, &e), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_same_cert(certs[i], issued[i]);
	assert_int_equal(scep_cms_certs(&back, ca, key("ca"), a, &certs, &n, &e), -1);
	assert_string_equal(e.msg, "is not for this certificate");
}

static void test_exchange(void **state)
{
	static const int digests[] = { NID_sha1, NID_sha256, NID_sha384, NID_sha512 };
	static const int ciphers[] = { NID_aes_128_cbc, NID_aes_192_cbc, NID_aes_256_cbc,
		NID_des_ede3_cbc };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++)
			exchange(digests[i], ciphers[j]);
}

/* What a client reads and asks beside the messages. */
static void test_client(void **state)
{
	const struct cert *two[2] = { cert("other"), cert("ca") };
	struct bytes csr, der;
	struct cert **certs;
	size_t n;

	(void)state;
	assert_int_equal(scep_cms_read_certs(scep_cms_degenerate(two, 2, a), a,
		&certs, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_same_cert(certs[0], two[0]);
	assert_same_cert(certs[1], two[1]);
	assert_int_equal(scep_cms_read_certs(bytes_str("0rubbish"), a, &certs,
		&n, &e), -1);
	assert_int_equal(csr_new(key("device"), "name", NULL, a, &csr, &e), 0);
	assert_int_equal(scep_cms_issuer_and_subject(two[1], csr, a, &der, &e),
		0);
	assert_int_equal(der.p[0], 0x30);
	assert_int_equal(der.p[1], der.n - 2);
	assert_int_equal(scep_cms_issuer_and_subject(two[1], bytes_str("0x"), a,
		&der, &e), -1);
	assert_int_equal(scep_cms_capability("SHA-256"), NID_sha256);
	assert_int_equal(scep_cms_capability("AES"), NID_aes_128_cbc);
	assert_int_equal(scep_cms_capability("Renewal"), 0);
}

static void test_reply_kinds(void **state)
{
	struct scep_cms m = read_good("req-utf8"), back;
	struct scep_cms_reply r = { .status = SCEP_FAILURE, .fail = SCEP_BAD_TIME,
		.fail_text = "too l\u00e4te" };
	struct cert *ca = cert("ca");
	struct crl_request rq = { .this_update = DATA_NOW, .next_update = DATA_NOW + 9 };
	enum scep_fail fail;
	struct bytes out, in;

	(void)state;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), 0);
	assert_int_equal(scep_cms_read(out, a, &back, &fail, &e), 0);
	assert_int_equal(back.fail, SCEP_BAD_TIME);
	assert_string_equal(back.fail_text, "too l\u00e4te");
	assert_string_equal(back.transaction, "\u00fc+/=");
	assert_int_equal(back.transaction_tag, V_ASN1_UTF8STRING);
	assert_null(back.envelope.p);
	r.status = SCEP_PENDING;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), 0);
	assert_int_equal(scep_cms_read(out, a, &back, &fail, &e), 0);
	assert_int_equal(back.status, SCEP_PENDING);
	r.status = SCEP_SUCCESS;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), -1);
	assert_int_equal(crl_make(&rq, ca, key("ca"), a, &r.crl, &e), 0);
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), 0);
	assert_int_equal(scep_cms_read(out, a, &back, &fail, &e), 0);
	assert_int_equal(scep_cms_decrypt(&back, cert("device"), key("device"), a, &in, &e),
		0);
	assert_true(in.n > r.crl.n);
}

static void test_reply_bad(void **state)
{
	struct scep_cms m = read_good("req");
	const struct cert *const certs[] = { cert("device") };
	struct scep_cms_reply r = { .status = SCEP_SUCCESS, .certs = certs, .n_certs = 1 };
	struct cert *ca = cert("ca");
	struct bytes out;

	(void)state;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("device"), a, &out, &e), -1);
	assert_string_equal(e.msg,
		"SCEP: the key to sign with is not the certificate's");
	m.signer = data_cert(a, "ec");
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), -1);
	assert_string_equal(e.msg, "SCEP: the key to encrypt to is not RSA");
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	r.status = SCEP_FAILURE;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), 0);
	m.transaction = NULL;
	assert_int_equal(scep_cms_reply(&m, &r, ca, key("ca"), a, &out, &e), -1);
	assert_null(out.p);
}

static void test_crl_bad(void **state)
{
	const struct crl_row rows[] = { { "00", 1 }, { "0123xy", 1 }, { "", 1 },
		{ "0123456789012345678901234567890123456789ab", 1 } };
	struct crl_request rq = { .rows = rows, .n = 1, .this_update = 1, .next_update = 2 };
	struct cert *ca = cert("ca");
	struct bytes der;

	(void)state;
	assert_int_equal(crl_make(&rq, ca, key("ca"), a, &der, &e), 0);
	for (size_t i = 1; i < 4; i++) {
		rq.rows = &rows[i];
		assert_int_equal(crl_make(&rq, ca, key("ca"), a, &der, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_null(der.p);
	}
	rq.n = 0;
	assert_int_equal(crl_make(&rq, ca, key("device"), a, &der, &e), -1);
	assert_string_equal(e.msg, "revocation list: the key is not the certificate's");
	rq.next_update = 1;
	assert_int_equal(crl_make(&rq, ca, key("ca"), a, &der, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_good_odd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchange, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reply_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reply_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crl_bad, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
