#ifndef MOORING_CRYPTO_SCEP_CMS_PARTS_H
#define MOORING_CRYPTO_SCEP_CMS_PARTS_H

#include <stdbool.h>

#include "crypto/scep_cms.h"

/* What the scep_cms files share; nobody else includes it. */

/* SCEP's signed attributes (RFC 8894 3.2.1). */
#define SCEP_OID_TYPE "2.16.840.1.113733.1.9.2"
#define SCEP_OID_STATUS "2.16.840.1.113733.1.9.3"
#define SCEP_OID_FAIL "2.16.840.1.113733.1.9.4"
#define SCEP_OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define SCEP_OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define SCEP_OID_TRANSACTION "2.16.840.1.113733.1.9.7"
#define SCEP_OID_FAIL_TEXT "1.3.6.1.5.5.7.24.1"

bool scep_cms_is_digest(int nid);
bool scep_cms_is_cipher(int nid);

/* A message to be signed; m's type, transaction and its tag (0: Printable-
 * String), nonces, digest (0: SHA-256), and for a CertRep status, fail and
 * fail_text are what is written. Without content an empty one is put in:
 * clients that read by PKCS #7 (certmonger) take an absent one for a detached
 * signature whose text they lack. */
int scep_cms_sign(const struct scep_cms *m, struct bytes content,
	const struct cert *c, const struct pkey *k, struct arena *a,
	struct bytes *out, struct err *e);
/* EnvelopedData to one RSA key; cipher 0: AES-128-CBC. */
int scep_cms_envelope(struct bytes content, const struct cert *to,
	int cipher_nid, struct arena *a, struct bytes *out, struct err *e);

#endif
