#ifndef MOORING_CRYPTO_CMS_PARTS_H
#define MOORING_CRYPTO_CMS_PARTS_H

#include <stdbool.h>

#include <openssl/cms.h>

#include "crypto/cert.h"
#include "crypto/ossl.h"

/*
 * What the CMS files of this folder share; nobody else includes it. Errors
 * are ERR_BAD_INPUT, worded to follow their subject: "is not CMS".
 */
#define CMS_MAX_CERTS 32

/* Sets why, empties OpenSSL's error queue; -1. */
int cms_refuse(struct err *e, const char *why);

/* One ContentInfo and nothing behind it; freed with the arena. */
int cms_parse(struct bytes in, size_t max, struct arena *a,
	CMS_ContentInfo **out, struct err *e);
struct bytes cms_der(CMS_ContentInfo *cms, struct arena *a);

/* That it is SignedData with exactly one signer; not to be freed. */
int cms_one_signer(CMS_ContentInfo *cms, CMS_SignerInfo **out,
	struct err *e);
/* The signer's certificate out of the message, its key not looked at yet
 * (ossl_check_key); not to be freed. */
int cms_signer_cert(CMS_ContentInfo *cms, CMS_SignerInfo *si, X509 **out,
	struct err *e);
int cms_signer_digest(CMS_SignerInfo *si);	/* NID */

/* All certificates in it, as they came, at most CMS_MAX_CERTS. */
int cms_certs(CMS_ContentInfo *cms, struct arena *a, struct cert ***out,
	size_t *n, struct err *e);

/* RSASSA-PSS is nothing that Apple's devices take. */
bool cms_is_usable_key(const struct pkey *k);

#endif
