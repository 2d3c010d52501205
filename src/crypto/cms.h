#ifndef MOORING_CRYPTO_CMS_H
#define MOORING_CRYPTO_CMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

/*
 * CMS SignedData (RFC 5652): DER (BER, which some encoders make, will do) and
 * nothing behind it, exactly one signer, whose certificate is included, RSA
 * (PKCS #1 v1.5 or PSS) or ECDSA, with SHA-1 or SHA-2. What is verified is the
 * signature, not whether the signer is trusted. Otherwise ERR_BAD_INPUT,
 * worded to follow its subject: "is not CMS", "does not match the body", "has
 * two signers".
 */

/* Detached, over `body`, at most 64 KiB: Mdm-Signature. */
int cms_verify_detached(struct bytes der, struct bytes body,
	struct arena *a, struct cert **signer, struct err *e);

/* With the content in it, at most 1 MiB: MachineInfo, signed profiles. */
struct cms_attached {
	struct bytes content;	/* maybe empty, never NULL */
	struct cert *signer;
	struct cert **certs;	/* all that came along, at most 32; the
				 * signer's is among them */
	size_t n_certs;
};
#define CMS_ATTACHED_MAX ((size_t)1 << 20)
int cms_verify_attached(struct bytes der, struct arena *a,
	struct cms_attached *out, struct err *e);

/* The other side of it, DER with SHA-256, never RSASSA-PSS; ERR_BAD_INPUT for
 * a key that is not the certificate's, or not RSA or EC. What a device sends
 * (mooring-device): */
int cms_sign_detached(const struct cert *c, const struct pkey *k,
	struct bytes body, struct arena *a, struct bytes *der,
	struct err *e);
/* Profiles: with the content in it, and the chain (c itself may be in it). */
int cms_sign_attached(const struct cert *c, const struct pkey *k,
	const struct cert *const *chain, size_t n, struct bytes content,
	struct arena *a, struct bytes *der, struct err *e);

#endif
