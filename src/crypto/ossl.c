/* The common ground of this folder: OpenSSL's errors, BIOs and algorithms in
 * Mooring's terms. No cryptography of its own. */
#include "crypto/ossl.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

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
