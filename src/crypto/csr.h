#ifndef MOORING_CRYPTO_CSR_H
#define MOORING_CRYPTO_CSR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"

/* Certification requests (PKCS #10, RFC 2986), as SCEP carries them. */
struct csr;	/* immutable; freed with its arena */

/*
 * DER, nothing behind it, at most 64 KiB, its own signature good and by SHA-1
 * or SHA-2 (RSA PKCS #1 v1.5 or ECDSA). The key is RSA of 1024 to 16384 bits
 * with an odd exponent of 3 to 64 bits' length, or EC of 256 bits or more on a
 * named curve. ERR_BAD_INPUT, worded to follow its subject: "has a bad
 * signature"; *weak (may be NULL) tells that it is the algorithm or the key.
 */
int csr_from_der(struct bytes der, struct arena *a, struct csr **out,
	bool *weak, struct err *e);
/* As it came, byte for byte. */
struct bytes csr_der(const struct csr *c, struct arena *a);

/* challengePassword (RFC 2985 5.4.1), PrintableString or UTF8String; NULL:
 * none, or more than one, or it is empty, holds NUL, is no UTF-8, is longer
 * than 255 bytes or of another type. A secret. */
const char *csr_challenge(const struct csr *c, struct arena *a);
/* One line, RFC 2253 order, at most 255 bytes; "" for an empty subject. */
char *csr_subject(const struct csr *c, struct arena *a);
/* The first common name; NULL: none, or it is empty or holds control
 * characters. */
char *csr_common_name(const struct csr *c, struct arena *a);

bool csr_is_rsa(const struct csr *c);
unsigned csr_key_bits(const struct csr *c);
/* Whether the certificate is for this request's key. */
bool csr_matches(const struct csr *c, const struct cert *cert);
/* SHA-256 of the SubjectPublicKeyInfo / of the whole request. */
void csr_key_sha256(const struct csr *c, unsigned char out[DIGEST_LEN]);
void csr_sha256(const struct csr *c, unsigned char out[DIGEST_LEN]);

/* What a device does: a request for this key, signed with SHA-256; challenge
 * may be NULL. */
int csr_new(const struct pkey *k, const char *common_name,
	const char *challenge, struct arena *a, struct bytes *der,
	struct err *e);
/* With a subject of n names, each {short name or dotted OID, value}. */
int csr_new_subject(const struct pkey *k, const char *const (*subject)[2],
	size_t n, const char *challenge, struct arena *a, struct bytes *der,
	struct err *e);

/* As cert_issue, for the key of a request and nothing else of it. */
int cert_issue_csr(const struct cert_request *rq, const struct csr *subject,
	const struct cert *issuer, const struct pkey *issuer_key,
	struct arena *a, struct cert **out, struct err *e);

#endif
