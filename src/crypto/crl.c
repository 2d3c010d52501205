/* Revocation lists: made. What is revoked is known elsewhere, and nothing
 * here reads one. */
#include "crypto/crl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/ossl.h"

#define MAX_SERIAL 20	/* bytes, RFC 5280 4.1.2.2 */

static int set_serial(X509_REVOKED *row, const char *hex)
{
	ASN1_INTEGER *serial = NULL;
	BIGNUM *n = NULL;
	size_t len = strlen(hex);
	int ok;

	if (len == 0 || len > 2 * (size_t)MAX_SERIAL ||
		strspn(hex, "0123456789abcdefABCDEF") != len)
		return 0;
	ok = BN_hex2bn(&n, hex) == (int)len &&
		(serial = BN_to_ASN1_INTEGER(n, NULL)) != NULL &&
		X509_REVOKED_set_serialNumber(row, serial) == 1;
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return ok;
}

static int add_row(X509_CRL *x, const struct crl_row *row, struct err *e)
{
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)row->revoked_at);
	X509_REVOKED *revoked = X509_REVOKED_new();
	int rc = 0;

	if (revoked == NULL)
		abort();
	if (when == NULL || X509_REVOKED_set_revocationDate(revoked, when) != 1)
		rc = ossl_err(e, ERR_BAD_INPUT, "revocation list: its times");
	else if (!set_serial(revoked, row->serial))
		rc = ossl_err(e, ERR_BAD_INPUT, "revocation list: a serial number");
	else if (X509_CRL_add0_revoked(x, revoked) != 1)
		abort();
	if (rc < 0)
		X509_REVOKED_free(revoked);
	ASN1_TIME_free(when);
	return rc;
}

static int set_times(X509_CRL *x, const struct crl_request *rq)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)rq->this_update);
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)rq->next_update);
	int ok = from != NULL && to != NULL && rq->this_update < rq->next_update &&
		X509_CRL_set1_lastUpdate(x, from) == 1 &&
		X509_CRL_set1_nextUpdate(x, to) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return ok;
}

static int add_extensions(X509_CRL *x, uint64_t number, X509 *ca)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *key_id;
	X509V3_CTX ctx;
	int ok;

	if (n == NULL || ASN1_INTEGER_set_uint64(n, number) != 1)
		abort();
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, ca, NULL, NULL, x, 0);
	key_id = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid");
	ok = key_id != NULL && X509_CRL_add_ext(x, key_id, -1) == 1 &&
		X509_CRL_add1_ext_i2d(x, NID_crl_number, n, 0, 0) == 1;
	X509_EXTENSION_free(key_id);
	ASN1_INTEGER_free(n);
	return ok;
}

static int fill(X509_CRL *x, const struct crl_request *rq, const struct cert *ca,
	const struct pkey *k, struct err *e)
{
	if (X509_CRL_set_version(x, X509_CRL_VERSION_2) != 1 ||
		X509_CRL_set_issuer_name(x, X509_get_subject_name(ca->x)) != 1 ||
		!set_times(x, rq))
		return ossl_err(e, ERR_BAD_INPUT, "revocation list: its times");
	for (size_t i = 0; i < rq->n; i++)
		if (add_row(x, &rq->rows[i], e) < 0)
			return -1;
	if (X509_CRL_sort(x) != 1 || !add_extensions(x, rq->number, ca->x) ||
		X509_CRL_sign(x, k->k, ossl_sha256()) <= 0)
		return ossl_err(e, ERR_INTERNAL, "revocation list");
	return 0;
}

int crl_make(const struct crl_request *rq, const struct cert *ca,
	const struct pkey *ca_key, struct arena *a, struct bytes *der, struct err *e)
{
	unsigned char *out = NULL;
	X509_CRL *x;
	int n = 0, rc;

	*der = bytes_of(NULL, 0);
	if (!pkey_matches(ca_key, ca))
		return err_set(e, ERR_BAD_INPUT,
			"revocation list: the key is not the certificate's");
	x = X509_CRL_new();
	if (x == NULL)
		abort();
	rc = fill(x, rq, ca, ca_key, e);
	if (rc == 0 && (n = i2d_X509_CRL(x, &out)) < 0)
		rc = ossl_err(e, ERR_INTERNAL, "revocation list");
	if (rc == 0)
		*der = bytes_of(arena_memdup(a, out, (size_t)n), (size_t)n);
	OPENSSL_free(out);
	X509_CRL_free(x);
	ERR_clear_error();
	return rc;
}

char *crl_pem(struct bytes der, struct arena *a)
{
	BIO *out = ossl_bio_new();
	struct bytes pem;

	if (PEM_write_bio(out, PEM_STRING_X509_CRL, "", der.p, (long)der.n) <= 0)
		abort();
	pem = ossl_bio_bytes(out, a);
	BIO_free(out);
	return arena_str(a, pem);
}
