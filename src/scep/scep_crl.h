#ifndef MOORING_SCEP_SCEP_CRL_H
#define MOORING_SCEP_SCEP_CRL_H

#include <pthread.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
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

/* The same, made anew when the one before is SCEP_CRL_FRESH seconds old or
 * another CA's. For one store; shared by threads, of which one at a time
 * makes it. cache NULL: made each time. */
#define SCEP_CRL_FRESH 300
struct scep_crl_cache {
	pthread_mutex_t lock;
	unsigned char ca[DIGEST_LEN];
	int64_t made;
	unsigned char *der;	/* NULL: none yet */
	size_t n;
};
#define SCEP_CRL_CACHE_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }
int scep_crl_cached(struct scep_crl_cache *cache, struct store *st,
	const struct cert *ca, const struct pkey *key, int64_t now,
	int64_t valid, struct arena *a, struct bytes *der, struct err *e);
void scep_crl_cache_fini(struct scep_crl_cache *cache);

#endif
