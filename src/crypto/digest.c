/* SHA-256 and HMAC. A digest that cannot be computed is out of memory. */
#include "crypto/digest.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "base/enc.h"
#include "crypto/ossl.h"

void digest_sha256(struct bytes in, unsigned char out[DIGEST_LEN])
{
	if (EVP_Digest(in.p, in.n, out, NULL, ossl_sha256(), NULL) != 1)
		abort();
}

void digest_parts(const struct bytes *parts, size_t n, unsigned char out[DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char len[8];

	if (ctx == NULL || EVP_DigestInit_ex(ctx, ossl_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < n; i++) {
		enc_be64(len, parts[i].n);
		if (EVP_DigestUpdate(ctx, len, sizeof(len)) != 1 ||
			EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
			abort();
	}
	if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

void digest_hmac_sha256(struct bytes key, struct bytes in,
	unsigned char out[DIGEST_LEN])
{
	/* HMAC() takes NULL for "no data yet", and fails. */
	const void *k = key.n > 0 ? (const void *)key.p : "";
	const void *d = in.n > 0 ? (const void *)in.p : "";

	if (key.n > INT_MAX ||
		HMAC(ossl_sha256(), k, (int)key.n, d, in.n, out, NULL) == NULL)
		abort();
}

bool digest_equal(struct bytes a, struct bytes b)
{
	unsigned char x[DIGEST_LEN], y[DIGEST_LEN];

	digest_sha256(a, x);
	digest_sha256(b, y);
	return CRYPTO_memcmp(x, y, DIGEST_LEN) == 0;
}
