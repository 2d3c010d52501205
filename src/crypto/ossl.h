#ifndef MOORING_CRYPTO_OSSL_H
#define MOORING_CRYPTO_OSSL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"

/* What the files of this folder share of OpenSSL; nobody else includes it. */
struct cert {
	X509 *x;
	int64_t not_before, not_after;
	unsigned char sha256[DIGEST_LEN];
};
struct pkey {
	EVP_PKEY *k;
};
struct csr {
	X509_REQ *x;
	struct bytes der;
};

/* Sets "what: OpenSSL's reason", empties OpenSSL's error queue; -1. */
int ossl_err(struct err *e, enum err_kind kind, const char *what);

/* Algorithms, fetched once per process: a fetch at each use takes a lock
 * that all threads share. They live as long as the process. */
const EVP_MD *ossl_sha256(void);
const EVP_CIPHER *ossl_aes_256_gcm(void);

/* A BIO that reads b, which must outlive it; aborts for more than 2 GiB. */
BIO *ossl_bio(struct bytes b);
/* A BIO that grows; what was written, copied to the arena (and a NUL). */
BIO *ossl_bio_new(void);
struct bytes ossl_bio_bytes(BIO *b, struct arena *a);

/* Takes x over, whatever comes out; frees it with the arena. */
int ossl_cert(X509 *x, struct arena *a, struct cert **out, struct err *e);
struct pkey *ossl_pkey(EVP_PKEY *k, struct arena *a);

/* One line, RFC 2253 order, at most 255 bytes; "" for an empty name. */
char *ossl_name_line(const X509_NAME *name, struct arena *a);
/* The first part of this kind, as UTF-8; NULL: none, or it is empty or holds
 * control characters. */
char *ossl_name_text(const X509_NAME *name, int nid, struct arena *a);

/* Whether b is one SEQUENCE and nothing behind it: by its outermost length
 * only. BER's open length will do. */
bool ossl_is_sequence(struct bytes b);

/* RSA of 1024 bits or more, or EC of 192 or more: what devices have. */
int ossl_check_key(EVP_PKEY *k, struct err *e);

#endif
