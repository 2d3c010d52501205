#ifndef MOORING_CRYPTO_CMS_H
#define MOORING_CRYPTO_CMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

/*
 * Detached CMS SignedData (RFC 5652), as in Mdm-Signature: at most 64 KiB of
 * DER (BER, which some encoders make, will do) and nothing behind it, exactly
 * one signer, whose certificate is included, RSA (PKCS #1 v1.5 or PSS) or
 * ECDSA, with SHA-1 or SHA-2. Verifies the signature over `body`, not whether
 * the signer is trusted. Otherwise ERR_BAD_INPUT, worded to follow its
 * subject: "is not CMS", "does not match the body", "has two signers".
 */
int cms_verify_detached(struct bytes der, struct bytes body,
	struct arena *a, struct cert **signer, struct err *e);

/* The other side of it: what a device sends (mooring-device). SHA-256. */
int cms_sign_detached(const struct cert *c, const struct pkey *k,
	struct bytes body, struct arena *a, struct bytes *der,
	struct err *e);

#endif
