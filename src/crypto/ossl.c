/* The common ground of this folder: OpenSSL's errors, BIOs and algorithms in
 * Mooring's terms. No cryptography of its own. */
#include "crypto/ossl.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#define NAME_LEN 255

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_CIPHER *aes_256_gcm;

int ossl_err(struct err *e, enum err_kind kind, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	if (reason == NULL)
		return err_set(e, kind, "%s", what);
	return err_set(e, kind, "%s: %s", what, reason);
}

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (sha256 == NULL || aes_256_gcm == NULL)
		abort();
}

const EVP_MD *ossl_sha256(void)
{
	pthread_once(&fetched, fetch);
	return sha256;
}

const EVP_CIPHER *ossl_aes_256_gcm(void)
{
	pthread_once(&fetched, fetch);
	return aes_256_gcm;
}

BIO *ossl_bio(struct bytes b)
{
	BIO *bio;

	if (b.n > INT_MAX)
		abort();
	bio = BIO_new_mem_buf(b.n > 0 ? (const void *)b.p : "", (int)b.n);
	if (bio == NULL)
		abort();
	return bio;
}

BIO *ossl_bio_new(void)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		abort();
	return bio;
}

struct bytes ossl_bio_bytes(BIO *b, struct arena *a)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return bytes_of(arena_memdup(a, p, n > 0 ? (size_t)n : 0),
		n > 0 ? (size_t)n : 0);
}

static void free_pkey(void *k)
{
	EVP_PKEY_free(k);
}

struct pkey *ossl_pkey(EVP_PKEY *k, struct arena *a)
{
	struct pkey *out = arena_alloc(a, sizeof(*out));

	out->k = k;
	arena_defer(a, free_pkey, k);
	return out;
}

char *ossl_name_line(const X509_NAME *name, struct arena *a)
{
	/* UTF-8 as it is; control characters escaped. */
	const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *text = ossl_bio_new();
	struct bytes b;

	if (X509_NAME_print_ex(text, name, 0, flags) < 0) {
		ERR_clear_error();
		BIO_free(text);
		return arena_strdup(a, "?");
	}
	b = ossl_bio_bytes(text, a);
	BIO_free(text);
	if (b.n > NAME_LEN) {
		b.n = NAME_LEN;
		while (b.n > 0 && !str_is_utf8(b.p, b.n))
			b.n--;
	}
	return arena_str(a, b);
}

char *ossl_name_text(const X509_NAME *name, int nid, struct arena *a)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	unsigned char *text = NULL;
	char *out = NULL;
	int n;

	if (at < 0)
		return NULL;
	n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(
		X509_NAME_get_entry(name, at)));
	if (n > 0 && str_is_utf8(text, (size_t)n))
		out = arena_str(a, bytes_of(text, (size_t)n));
	if (n >= 0)
		OPENSSL_free(text);
	ERR_clear_error();
	for (const char *s = out; s != NULL && *s != '\0'; s++)
		if (str_control(s, strlen(s)) > 0)
			return NULL;
	return out;
}

bool ossl_is_sequence(struct bytes b)
{
	const unsigned char *p = b.p;
	int tag = 0, class = 0, form;
	long n = 0;

	if (b.n == 0 || b.n > LONG_MAX)
		return false;
	form = ASN1_get_object(&p, &n, &tag, &class, (long)b.n);
	ERR_clear_error();
	if ((form & 0x80) != 0 || tag != V_ASN1_SEQUENCE ||
		class != V_ASN1_UNIVERSAL || (form & V_ASN1_CONSTRUCTED) == 0)
		return false;
	if ((form & 1) != 0)	/* open: its end is the end */
		return b.n >= 4 && b.p[b.n - 1] == 0 && b.p[b.n - 2] == 0;
	return (size_t)n == b.n - (size_t)(p - b.p);
}

int ossl_check_key(EVP_PKEY *k, struct err *e)
{
	int type = k != NULL ? EVP_PKEY_get_base_id(k) : EVP_PKEY_NONE;
	int bits = k != NULL ? EVP_PKEY_get_bits(k) : 0;
	bool rsa = type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS;

	ERR_clear_error();
	if (!rsa && type != EVP_PKEY_EC)
		return err_set(e, ERR_BAD_INPUT, "its key is neither RSA nor EC");
	if (bits < (rsa ? 1024 : 192))
		return err_set(e, ERR_BAD_INPUT, "its %s key has only %d bits",
			rsa ? "RSA" : "EC", bits);
	return 0;
}
