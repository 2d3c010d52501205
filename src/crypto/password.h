#ifndef MOORING_CRYPTO_PASSWORD_H
#define MOORING_CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Passwords of people: PBKDF2-HMAC-SHA-256 (RFC 8018), kept as the text
 * "$pbkdf2-sha256$ITERATIONS$SALT$HASH", the last two in hexadecimal. Each
 * of these takes a good part of a second. */
#define PASSWORD_MAX 1024	/* bytes */

const char *password_hash(struct bytes password, struct arena *a);
/* As slow for a wrong password as for the right one, and for hash NULL
 * (there is no such user), which is false. False too: a hash that cannot be
 * read, a password that is longer than PASSWORD_MAX. */
bool password_matches(struct bytes password, const char *hash);

#endif
