#ifndef MOORING_CRYPTO_PASSWORD_H
#define MOORING_CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Passwords of people: PBKDF2-HMAC-SHA-256 (RFC 8018), as the text
 * "$pbkdf2-sha256$ITERATIONS$SALT$HASH" (base64 without padding). */
#define PASSWORD_MAX 1024	/* bytes */
int password_hash(struct bytes password, struct arena *a, const char **out,
	struct err *e);
/* Takes as long for a wrong password as for the right one; hash NULL: takes
 * as long as for one, false. A hash that cannot be read is false. */
bool password_matches(struct bytes password, const char *hash);

#endif
