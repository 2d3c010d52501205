/* Certificates of our own making: one table of profiles, one function that
 * makes them. Who may have one is decided elsewhere. */
#include "crypto/pkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/rnd.h"
#include "crypto/cert.h"
#include "crypto/csr.h"
#include "crypto/ossl.h"

#define SERIAL_LEN 16

static const struct profile {
	const char *basic, *usage, *extended;	/* in OpenSSL's notation */
} profiles[] = {
	[CERT_DEVICE_CA] = { "critical,CA:TRUE", "critical,digitalSignature,"
		"keyEncipherment,keyCertSign,cRLSign", NULL },
	[CERT_SERVER_CA] = { "critical,CA:TRUE", "critical,keyCertSign,cRLSign", NULL },
	[CERT_SERVER] = { "critical,CA:FALSE",
		"critical,digitalSignature,keyEncipherment", "serverAuth" },
	[CERT_DEVICE] = { "critical,CA:FALSE",
		"critical,digitalSignature,keyEncipherment", "clientAuth" },
};

static int set_serial(X509 *x)
{
	unsigned char serial[SERIAL_LEN];
	BIGNUM *n;
	int ok;

	rnd_bytes(serial, sizeof(serial));
	/* Positive, and of the same length always. */
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, which this does by itself. */
static int set_times(X509 *x, const struct cert_request *rq)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)rq->not_before) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(x), (time_t)rq->not_after) != NULL;
}

static int add_ext(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext;
	int ok;

	if (value == NULL)
		return 1;
	ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* Names are added one by one: a list in OpenSSL's notation would let a ','
 * in a name add another one. */
static int add_name(GENERAL_NAMES *names, const char *host)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(host);
	ASN1_IA5STRING *dns = NULL;
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (name == NULL)
		abort();
	if (ip != NULL) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, ip);
	} else {
		dns = ASN1_IA5STRING_new();
		if (dns == NULL || ASN1_STRING_set(dns, host, -1) != 1)
			abort();
		GENERAL_NAME_set0_value(name, GEN_DNS, dns);
	}
	if (sk_GENERAL_NAME_push(names, name) <= 0)
		abort();
	return 1;
}

static int add_hosts(X509 *x, const char *host)
{
	static const char *const always[] = { "localhost", "127.0.0.1", "::1" };
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	int ok;

	if (names == NULL)
		abort();
	add_name(names, host);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (strcmp(host, always[i]) != 0)
			add_name(names, always[i]);
	ok = X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

/* At most 64 characters each (RFC 5280 appendix A), which OpenSSL minds. */
static int add_part(X509_NAME *name, const char *key, const char *value)
{
	return value == NULL || X509_NAME_add_entry_by_txt(name, key,
		MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

static int fill(X509 *x, const struct cert_request *rq, EVP_PKEY *subject_key,
	X509 *issuer)
{
	const struct profile *p = &profiles[rq->profile];
	X509_NAME *name = X509_get_subject_name(x);
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
		set_times(x, rq) && X509_set_pubkey(x, subject_key) == 1 &&
		add_part(name, "O", rq->organization) &&
		add_part(name, "OU", rq->unit) &&
		add_part(name, "CN", rq->common_name) &&
		X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
		add_ext(x, &ctx, NID_basic_constraints, p->basic) &&
		add_ext(x, &ctx, NID_key_usage, p->usage) &&
		add_ext(x, &ctx, NID_ext_key_usage, p->extended) &&
		add_ext(x, &ctx, NID_subject_key_identifier, "hash") &&
		add_ext(x, &ctx, NID_authority_key_identifier, "keyid") &&
		(rq->profile != CERT_SERVER || add_hosts(x, rq->host));
}

static int check(const struct cert_request *rq, struct err *e)
{
	const char *const parts[] = { rq->organization, rq->unit };

	if (rq->common_name == NULL || *rq->common_name == '\0' ||
		!str_is_utf8(rq->common_name, strlen(rq->common_name)))
		return err_set(e, ERR_BAD_INPUT, "certificate: no common name");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] != NULL && (*parts[i] == '\0' ||
				!str_is_utf8(parts[i], strlen(parts[i]))))
			return err_set(e, ERR_BAD_INPUT,
				"certificate: an empty part of its subject");
	if (rq->profile == CERT_SERVER && (rq->host == NULL || *rq->host == '\0'))
		return err_set(e, ERR_BAD_INPUT, "certificate: no host name");
	if (rq->not_after <= rq->not_before)
		return err_set(e, ERR_BAD_INPUT, "certificate: ends before it starts");
	return 0;
}

static int issue(const struct cert_request *rq, EVP_PKEY *subject_key,
	const struct cert *issuer, EVP_PKEY *issuer_key, struct arena *a,
	struct cert **out, struct err *e)
{
	X509 *x;

	*out = NULL;
	if (check(rq, e) < 0)
		return -1;
	x = X509_new();
	if (x == NULL)
		abort();
	if (!fill(x, rq, subject_key, issuer != NULL ? issuer->x : x) ||
		X509_sign(x, issuer_key, ossl_sha256()) <= 0) {
		X509_free(x);
		return ossl_err(e, ERR_BAD_INPUT, "certificate");
	}
	return ossl_cert(x, a, out, e);
}

int cert_issue(const struct cert_request *rq, const struct pkey *subject_key,
	const struct cert *issuer, const struct pkey *issuer_key, struct arena *a,
	struct cert **out, struct err *e)
{
	return issue(rq, subject_key->k, issuer,
		issuer != NULL ? issuer_key->k : subject_key->k, a, out, e);
}

int cert_issue_csr(const struct cert_request *rq, const struct csr *subject,
	const struct cert *issuer, const struct pkey *issuer_key, struct arena *a,
	struct cert **out, struct err *e)
{
	return issue(rq, X509_REQ_get0_pubkey(subject->x), issuer, issuer_key->k, a,
		out, e);
}
