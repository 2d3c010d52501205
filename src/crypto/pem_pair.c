/* A certificate with its key, as push certificates are handed over. What the
 * certificate is good for is the caller's matter. */
#include "crypto/pem_pair.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "crypto/ossl.h"

#define MAX_CERTS 16
#define JOINED "----------"	/* the end of a block, the start of the next */

struct reading {
	struct arena *a;
	struct cert *certs[MAX_CERTS];
	size_t n;
	struct pkey *key;
};

/* PEM's lines begin and end with five dashes, so ten in a row are two lines
 * that lost the break between them. */
static struct bytes separated(struct bytes in, struct arena *a)
{
	const size_t dashes = strlen(JOINED);
	struct bytes out;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < in.n;) {
		if (in.n - i >= dashes && memcmp(in.p + i, JOINED, dashes) == 0) {
			buf_adds(&b, "-----\n-----");
			i += dashes;
		} else
			buf_addc(&b, (char)in.p[i++]);
	}
	out = arena_bytes(a, buf_bytes(&b));
	if (b.n > 0)
		OPENSSL_cleanse(b.p, b.n);
	buf_fini(&b);
	return out;
}

static int take_cert(struct reading *r, struct bytes der, struct err *e)
{
	if (r->n == MAX_CERTS)
		return err_set(e, ERR_BAD_INPUT, "more than %d certificates",
			MAX_CERTS);
	if (cert_from_der(der, r->a, &r->certs[r->n], e) < 0)
		return -1;
	r->n++;
	return 0;
}

static int take_key(struct reading *r, const char *name, const char *header,
	struct bytes der, struct err *e)
{
	const unsigned char *p = der.p;
	EVP_PKEY *k;

	if (str_has_prefix(name, "ENCRYPTED") || strstr(header, "ENCRYPTED"))
		return err_set(e, ERR_BAD_INPUT, "the private key is encrypted: "
			"take the password off first (openssl pkey)");
	if (r->key != NULL)
		return err_set(e, ERR_BAD_INPUT, "more than one private key");
	k = d2i_AutoPrivateKey(NULL, &p, (long)der.n);
	if (k == NULL)
		return ossl_err(e, ERR_BAD_INPUT,
			"the private key cannot be read");
	ERR_clear_error();
	r->key = ossl_pkey(k, r->a);
	return ossl_check_key(k, e) < 0 ? err_wrap(e, "private key") : 0;
}

static int take(struct reading *r, const char *name, const char *header,
	struct bytes der, struct err *e)
{
	if (str_eq(name, PEM_STRING_X509) || str_eq(name, PEM_STRING_X509_OLD))
		return take_cert(r, der, e);
	if (str_has_suffix(name, "PRIVATE KEY"))
		return take_key(r, name, header, der, e);
	if (str_has_suffix(name, "PARAMETERS"))
		return 0;	/* what openssl ecparam writes before a key */
	return err_set(e, ERR_BAD_INPUT, "neither a certificate nor a private "
		"key: PEM block %.40s", name);
}

static int read_blocks(struct reading *r, BIO *in, struct err *e)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;
	int rc = 0;

	while (rc == 0 && PEM_read_bio(in, &name, &header, &data, &n) == 1) {
		rc = take(r, name, header, bytes_of(data, (size_t)n), e);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)n);
	}
	if (rc == 0 && ERR_GET_REASON(ERR_peek_last_error()) !=
		PEM_R_NO_START_LINE)
		return ossl_err(e, ERR_BAD_INPUT, "damaged PEM");
	ERR_clear_error();
	return rc;
}

static int pair(const struct reading *r, struct pem_pair *out, struct err *e)
{
	struct buf pem;

	if (r->n == 0)
		return err_set(e, ERR_BAD_INPUT, "no certificate in PEM");
	if (r->key == NULL)
		return err_set(e, ERR_BAD_INPUT, "no private key in PEM");
	for (size_t i = 0; i < r->n && out->cert == NULL; i++)
		if (pkey_matches(r->key, r->certs[i]))
			out->cert = r->certs[i];
	if (out->cert == NULL)
		return err_set(e, ERR_BAD_INPUT,
			"the private key does not fit the certificate");
	buf_init(&pem, SIZE_MAX);
	buf_adds(&pem, cert_pem(out->cert, r->a));
	for (size_t i = 0; i < r->n; i++)
		if (r->certs[i] != out->cert)
			buf_adds(&pem, cert_pem(r->certs[i], r->a));
	out->cert_pem = arena_bytes(r->a, buf_bytes(&pem));
	buf_fini(&pem);
	out->key = r->key;
	out->key_pem = bytes_str(pkey_pem(r->key, r->a));
	return 0;
}

int pem_pair_read(struct bytes in, struct arena *a, struct pem_pair *out,
	struct err *e)
{
	struct reading r = { .a = a };
	BIO *bio;
	int rc;

	*out = (struct pem_pair){ 0 };
	if (in.n > PEM_PAIR_MAX)
		return err_set(e, ERR_BAD_INPUT, "PEM: more than %zu bytes",
			PEM_PAIR_MAX);
	bio = ossl_bio(separated(in, a));
	rc = read_blocks(&r, bio, e);
	BIO_free(bio);
	return rc < 0 ? -1 : pair(&r, out, e);
}
