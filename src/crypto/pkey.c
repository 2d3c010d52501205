/* Private keys: made, read and written as PEM. Only RSA and EC ones, which is
 * what Apple's devices and TLS servers have. */
#include "crypto/pkey.h"

#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/ossl.h"

#define MAX_PEM 65536

static int made(EVP_PKEY *k, struct arena *a, struct pkey **out, struct err *e)
{
	if (k == NULL)
		return ossl_err(e, ERR_INTERNAL, "key generation");
	*out = ossl_pkey(k, a);
	return 0;
}

int pkey_new_rsa(unsigned bits, struct arena *a, struct pkey **out, struct err *e)
{
	*out = NULL;
	return made(EVP_RSA_gen(bits), a, out, e);
}

int pkey_new_ec_p256(struct arena *a, struct pkey **out, struct err *e)
{
	*out = NULL;
	return made(EVP_EC_gen("P-256"), a, out, e);
}

/* Without this OpenSSL would ask on the terminal. */
static int no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

int pkey_from_pem(struct bytes pem, struct arena *a, struct pkey **out, struct err *e)
{
	EVP_PKEY *k;
	BIO *in;

	*out = NULL;
	if (pem.n > MAX_PEM)
		return err_set(e, ERR_BAD_INPUT, "private key: more than %d bytes",
			MAX_PEM);
	in = ossl_bio(pem);
	k = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	BIO_free(in);
	if (k == NULL)
		return ossl_err(e, ERR_BAD_INPUT,
			"private key: not a PEM key without a password");
	*out = ossl_pkey(k, a);
	if (ossl_check_key(k, e) < 0)
		return err_wrap(e, "private key");
	return 0;
}

char *pkey_pem(const struct pkey *k, struct arena *a)
{
	BIO *out = ossl_bio_new();
	struct bytes pem;

	if (PEM_write_bio_PKCS8PrivateKey(out, k->k, NULL, NULL, 0, NULL, NULL) != 1)
		abort();
	pem = ossl_bio_bytes(out, a);
	BIO_free(out);
	return arena_str(a, pem);
}

bool pkey_matches(const struct pkey *k, const struct cert *c)
{
	const EVP_PKEY *public = X509_get0_pubkey(c->x);
	bool same = public != NULL && EVP_PKEY_eq(public, k->k) == 1;

	ERR_clear_error();
	return same;
}
