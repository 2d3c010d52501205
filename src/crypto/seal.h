#ifndef MOORING_CRYPTO_SEAL_H
#define MOORING_CRYPTO_SEAL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Sealing of what is secret at rest: AES-256-GCM, a random 96-bit nonce, the
 * key's id in front, table and key of the record as associated data, so that
 * a sealed value cannot be moved to another record. Sealed form: version
 * (1 byte), key id (4), nonce (12), ciphertext, tag (16).
 *
 * The key ring is a text file, 0600: lines "<key id, 8 hex digits> <64 hex
 * digits>", at most 256; the last line seals, all open. It is read again when
 * a value names a key id that is not known yet and the file is another one by
 * now (rotation while processes run); a bad new ring leaves the old keys in
 * force and raises an alert. Random nonces: one key is good for 2^32 values.
 */
struct seal;

/* Writes a ring with one fresh key; ERR_CONFLICT when the file exists. */
int seal_create(const char *path, struct err *e);
/* ERR_INTERNAL for a ring that is missing, empty or damaged, or readable by
 * others than its owner (names the file and the line, never the key). */
int seal_open(const char *path, struct seal **out, struct err *e);
void seal_close(struct seal *s);	/* wipes the keys; NULL is fine */

/* Both are safe from several threads. Results are in the arena. unbox gives a
 * NUL behind the plain text; what is damaged, was moved to another table or
 * key, or names a key that is not in the ring is ERR_INTERNAL. */
struct bytes seal_box(struct seal *s, const char *table, struct bytes key,
	struct bytes plain, struct arena *a);
int seal_unbox(struct seal *s, const char *table, struct bytes key,
	struct bytes sealed, struct arena *a, struct bytes *plain,
	struct err *e);

#endif
