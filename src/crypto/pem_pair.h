#ifndef MOORING_CRYPTO_PEM_PAIR_H
#define MOORING_CRYPTO_PEM_PAIR_H

#include "crypto/cert.h"
#include "crypto/pkey.h"

/*
 * A certificate and its private key out of one PEM text: blocks in any order,
 * any text between them, also without a line break ("----------"). The key is
 * RSA or EC, in PKCS#8 or a form of its own, and not encrypted.
 */
#define PEM_PAIR_MAX ((size_t)1 << 20)
struct pem_pair {
	struct cert *cert;	/* the first that the key fits */
	struct pkey *key;
	struct bytes cert_pem;	/* that one, then the others in their order */
	struct bytes key_pem;	/* a secret; PKCS#8 */
};
/* ERR_BAD_INPUT says what is missing or too much, never what stands in the
 * text. */
int pem_pair_read(struct bytes in, struct arena *a, struct pem_pair *out,
	struct err *e);

#endif
