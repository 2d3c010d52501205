#ifndef MOORING_AUTH_DEVCACHE_H
#define MOORING_AUTH_DEVCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "store/store.h"

/* What is remembered of a certificate that a device CA issued. Nothing that
 * changes with time: neither whether it is valid now nor whether it is
 * revoked. */
struct devcert {
	unsigned char sha256[DIGEST_LEN];	/* of the DER */
	int64_t not_before, not_after;
	char subject[256];
	char serial[STORE_SERIAL_LEN + 1];	/* "": longer than allowed */
};

/*
 * Trusted certificates by a 32-byte key: SHA-256 of the DER, or of the text
 * in which a web server passes it. At most 65,536 entries (25 MiB when full);
 * old ones give way. An entry counts only for the generation of the CA bundle
 * it was checked against. Safe from any thread.
 */
struct devcache;
struct devcache *devcache_new(void);
void devcache_free(struct devcache *dc);	/* NULL is fine */
bool devcache_get(struct devcache *dc, const unsigned char key[DIGEST_LEN],
	uint64_t generation, struct devcert *out);
void devcache_put(struct devcache *dc, const unsigned char key[DIGEST_LEN],
	uint64_t generation, const struct devcert *c);

#endif
