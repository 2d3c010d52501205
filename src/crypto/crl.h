#ifndef MOORING_CRYPTO_CRL_H
#define MOORING_CRYPTO_CRL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

/* Certificate revocation lists (RFC 5280 5), for others: Mooring itself asks
 * its store. */
struct crl_row {
	const char *serial;	/* hexadecimal, as cert_serial_hex gives it */
	int64_t revoked_at;	/* seconds since 1970 */
};
struct crl_request {
	const struct crl_row *rows;	/* each serial once, in any order */
	size_t n;
	int64_t this_update, next_update;
	uint64_t number;	/* grows with each list, 5.2.3 */
};
/* Signed by the CA with SHA-256. ERR_BAD_INPUT: a serial or time that is
 * none, a key that is not the CA's. */
int crl_make(const struct crl_request *rq, const struct cert *ca,
	const struct pkey *ca_key, struct arena *a, struct bytes *der,
	struct err *e);
char *crl_pem(struct bytes der, struct arena *a);

#endif
