/* Certificates: read, written, described. Whom they are trusted for is
 * trust.c's matter, making them issue.c's. */
#include "crypto/cert.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/clk.h"
#include "base/enc.h"
#include "crypto/ossl.h"

#define MAX_DER 65536
#define MAX_PEM ((size_t)4 << 20)	/* a bundle */
#define MAX_LIST 4096

static bool to_seconds(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

static void free_x509(void *x)
{
	X509_free(x);
}

int ossl_cert(X509 *x, struct arena *a, struct cert **out, struct err *e)
{
	struct cert *c = arena_zalloc(a, sizeof(*c));
	unsigned n = 0;

	arena_defer(a, free_x509, x);
	c->x = x;
	if (!to_seconds(X509_get0_notBefore(x), &c->not_before) ||
		!to_seconds(X509_get0_notAfter(x), &c->not_after))
		return ossl_err(e, ERR_BAD_INPUT, "certificate: its dates");
	/* Fills in what OpenSSL remembers of the extensions, so that threads
	 * which share it later only read. */
	X509_check_purpose(x, -1, 0);
	if (X509_digest(x, ossl_sha256(), c->sha256, &n) != 1 || n != DIGEST_LEN)
		return ossl_err(e, ERR_BAD_INPUT, "certificate");
	ERR_clear_error();
	*out = c;
	return 0;
}

int cert_from_der(struct bytes der, struct arena *a, struct cert **out, struct err *e)
{
	const unsigned char *p = der.p;
	X509 *x;

	*out = NULL;
	if (der.n > MAX_DER)
		return err_set(e, ERR_BAD_INPUT, "certificate: more than %d bytes",
			MAX_DER);
	x = der.n > 0 ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	if (x == NULL)
		return ossl_err(e, ERR_BAD_INPUT, "not a certificate");
	if (p != der.p + der.n) {
		X509_free(x);
		return err_set(e, ERR_BAD_INPUT, "certificate: more data behind it");
	}
	return ossl_cert(x, a, out, e);
}

/* The next certificate's DER: 1, or 0 when there is none left, or -1. Other
 * PEM blocks (keys, parameters) are passed over. */
static int next_der(BIO *in, struct arena *a, struct bytes *der, struct err *e)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;

	while (PEM_read_bio(in, &name, &header, &data, &n) == 1) {
		bool is = strcmp(name, PEM_STRING_X509) == 0 ||
			strcmp(name, PEM_STRING_X509_OLD) == 0;

		if (is)
			*der = bytes_of(arena_memdup(a, data, (size_t)n), (size_t)n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)n);
		if (is)
			return 1;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return ossl_err(e, ERR_BAD_INPUT, "damaged PEM");
	ERR_clear_error();
	return 0;
}

int cert_pem_der(struct bytes pem, struct arena *a, struct bytes *der, struct err *e)
{
	BIO *in;
	int rc;

	*der = bytes_of(NULL, 0);
	if (pem.n > MAX_PEM)
		return err_set(e, ERR_BAD_INPUT, "PEM: more than %zu bytes", MAX_PEM);
	in = ossl_bio(pem);
	rc = next_der(in, a, der, e);
	BIO_free(in);
	if (rc == 0)
		return err_set(e, ERR_BAD_INPUT, "no certificate in PEM");
	return rc < 0 ? -1 : 0;
}

int cert_from_pem(struct bytes pem, struct arena *a, struct cert **out, struct err *e)
{
	struct bytes der;

	*out = NULL;
	if (cert_pem_der(pem, a, &der, e) < 0)
		return -1;
	return cert_from_der(der, a, out, e);
}

int cert_list_pem(struct bytes pem, struct arena *a, struct cert ***out, size_t *n,
	struct err *e)
{
	struct cert **list = arena_alloc(a, MAX_LIST * sizeof(*list));
	struct bytes der;
	size_t count = 0;
	BIO *in;
	int rc;

	*out = NULL;
	*n = 0;
	if (pem.n > MAX_PEM)
		return err_set(e, ERR_BAD_INPUT, "PEM: more than %zu bytes", MAX_PEM);
	in = ossl_bio(pem);
	while ((rc = next_der(in, a, &der, e)) > 0) {
		if (count == MAX_LIST)
			rc = err_set(e, ERR_BAD_INPUT, "more than %d", MAX_LIST);
		else
			rc = cert_from_der(der, a, &list[count], e);
		if (rc < 0)
			break;
		count++;
	}
	BIO_free(in);
	if (rc < 0)
		return err_wrap(e, "certificate %zu", count + 1);
	*out = list;
	*n = count;
	return 0;
}

struct bytes cert_der(const struct cert *c, struct arena *a)
{
	unsigned char *der = NULL;
	int n = i2d_X509(c->x, &der);
	struct bytes out;

	if (n < 0)
		abort();
	out = bytes_of(arena_memdup(a, der, (size_t)n), (size_t)n);
	OPENSSL_free(der);
	return out;
}

char *cert_pem(const struct cert *c, struct arena *a)
{
	BIO *out = ossl_bio_new();
	struct bytes pem;

	if (PEM_write_bio_X509(out, c->x) != 1)
		abort();
	pem = ossl_bio_bytes(out, a);
	BIO_free(out);
	return arena_str(a, pem);
}

void cert_sha256(const struct cert *c, unsigned char out[DIGEST_LEN])
{
	memcpy(out, c->sha256, DIGEST_LEN);
}

char *cert_subject(const struct cert *c, struct arena *a)
{
	return ossl_name_line(X509_get_subject_name(c->x), a);
}

char *cert_uid(const struct cert *c, struct arena *a)
{
	const X509_NAME *name = X509_get_subject_name(c->x);
	int at = X509_NAME_get_index_by_NID(name, NID_userId, -1);

	if (at >= 0 && X509_NAME_get_index_by_NID(name, NID_userId, at) >= 0)
		return NULL;
	return ossl_name_text(name, NID_userId, a);
}

char *cert_common_name(const struct cert *c, struct arena *a)
{
	return ossl_name_text(X509_get_subject_name(c->x), NID_commonName, a);
}

char *cert_serial_hex(const struct cert *c, struct arena *a)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x);

	return enc_hex(a, bytes_of(ASN1_STRING_get0_data(serial),
		(size_t)ASN1_STRING_length(serial)));
}

int64_t cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t cert_not_after(const struct cert *c)
{
	return c->not_after;
}

int cert_dates_at(int64_t not_before, int64_t not_after, int64_t now, struct err *e)
{
	char when[CLK_TEXT_LEN + 1];

	if (now < not_before) {
		clk_text(not_before, when);
		return err_set(e, ERR_BAD_INPUT, "certificate not valid before %s", when);
	}
	if (now > not_after) {
		clk_text(not_after, when);
		return err_set(e, ERR_BAD_INPUT, "certificate expired on %s", when);
	}
	return 0;
}

int cert_valid_at(const struct cert *c, int64_t now, struct err *e)
{
	return cert_dates_at(c->not_before, c->not_after, now, e);
}

bool cert_is_ca(const struct cert *c)
{
	return X509_check_ca(c->x) != 0;
}

bool cert_is_rsa(const struct cert *c)
{
	const EVP_PKEY *k = X509_get0_pubkey(c->x);

	return k != NULL && EVP_PKEY_get_base_id(k) == EVP_PKEY_RSA;
}

void cert_key_sha256(const struct cert *c, unsigned char out[DIGEST_LEN])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &der);

	if (n < 0)
		abort();
	digest_sha256(bytes_of(der, (size_t)n), out);
	OPENSSL_free(der);
}
