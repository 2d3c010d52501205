#ifndef MOORING_CRYPTO_DIGEST_H
#define MOORING_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define DIGEST_LEN 32	/* SHA-256 */

void digest_sha256(struct bytes in, unsigned char out[DIGEST_LEN]);
/* SHA-256 over several pieces, each preceded by its length as a big-endian
 * u64, so that ("ab","c") and ("a","bc") differ. */
void digest_parts(const struct bytes *parts, size_t n,
	unsigned char out[DIGEST_LEN]);
void digest_hmac_sha256(struct bytes key, struct bytes in,
	unsigned char out[DIGEST_LEN]);
/* Whether two secrets are the same, in a time that tells nothing of where they
 * differ. */
bool digest_equal(struct bytes a, struct bytes b);

#endif
