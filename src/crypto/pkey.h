#ifndef MOORING_CRYPTO_PKEY_H
#define MOORING_CRYPTO_PKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct cert;
struct pkey;	/* a private key; freed with its arena */

int pkey_new_rsa(unsigned bits, struct arena *a, struct pkey **out,
	struct err *e);
int pkey_new_ec_p256(struct arena *a, struct pkey **out, struct err *e);
int pkey_from_pem(struct bytes pem, struct arena *a, struct pkey **out,
	struct err *e);
char *pkey_pem(const struct pkey *k, struct arena *a);	/* PKCS#8 */
/* Whether the certificate's public key is this key's. */
bool pkey_matches(const struct pkey *k, const struct cert *c);

/*
 * Certificates of our own making. issuer NULL = self-signed. Serial random,
 * SHA-256. Each profile has the extensions its users need (RFC 5280):
 */
enum cert_profile {
	CERT_DEVICE_CA,	/* CA, digitalSignature keyEncipherment keyCertSign
			 * cRLSign, as SCEP clients need */
	CERT_SERVER_CA,	/* CA for the try-out TLS certificate */
	CERT_SERVER,	/* serverAuth; SAN = host (DNS or IP), localhost,
			 * 127.0.0.1, ::1 */
	CERT_DEVICE,	/* clientAuth, digitalSignature keyEncipherment */
};
struct cert_request {
	enum cert_profile profile;
	const char *common_name;	/* 1 to 64 characters */
	const char *host;	/* CERT_SERVER only */
	int64_t not_before, not_after;	/* seconds since 1970 */
	const char *organization, *unit;	/* the same; NULL: none */
};
int cert_issue(const struct cert_request *rq, const struct pkey *subject_key,
	const struct cert *issuer, const struct pkey *issuer_key,
	struct arena *a, struct cert **out, struct err *e);

#endif
