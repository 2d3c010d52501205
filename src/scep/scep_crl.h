#ifndef MOORING_SCEP_SCEP_CRL_H
#define MOORING_SCEP_SCEP_CRL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/store_enroll.h"

struct cert;
struct pkey;

/* The revocation list of our CA (crypto/crl.h), for others: what is revoked
 * of what is remembered as issued (store_issued_*), not what came from other
 * CAs. valid: seconds until the next one. Read page by page, so that a long
 * list holds up nobody. */
#define SCEP_CRL_MAX 100000	/* rows; more is ERR_TOO_LARGE */
int scep_crl(struct store *st, const struct cert *ca, const struct pkey *key,
	int64_t now, int64_t valid, struct arena *a, struct bytes *der,
	struct err *e);

#endif
