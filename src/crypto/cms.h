#ifndef MOORING_CRYPTO_CMS_H
#define MOORING_CRYPTO_CMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

/*
 * Detached CMS SignedData (RFC 5652), as in Mdm-Signature: DER, exactly one
 * signer, whose certificate is included, RSA or ECDSA. Verifies the
 * signature over `body`, not the certificate's chain. ERR_BAD_INPUT with a
 * plain line otherwise.
 */
int cms_verify_detached(struct bytes der, struct bytes body,
	struct arena *a, struct cert **signer, struct err *e);

/* The other side of it: what a device sends (mooring-device). */
int cms_sign_detached(const struct cert *c, const struct pkey *k,
	struct bytes body, struct arena *a, struct bytes *der,
	struct err *e);

#endif
