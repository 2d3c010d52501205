#ifndef MOORING_BASE_ENC_H
#define MOORING_BASE_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* Lower-case hex of b, in the arena. */
char *enc_hex(struct arena *a, struct bytes b);
/* Writes 2*n digits and a NUL to out. */
void enc_hex_to(char *out, const void *p, size_t n);
/* Either case; false for odd length or another character. */
bool enc_unhex(struct arena *a, const char *s, struct bytes *out);

/* RFC 4648 section 4, padded, no line breaks. */
char *enc_base64(struct arena *a, struct bytes b);
/* Strict: full padding, no other characters, unless `blanks`, which skips
 * spaces, tabs, CR and LF. */
bool enc_unbase64(struct arena *a, struct bytes s, bool blanks,
	struct bytes *out);
/* RFC 4648 section 5, unpadded. */
char *enc_base64url(struct arena *a, struct bytes b);

/* RFC 3986 percent-decoding ('+' stays '+'). False for a bad escape. */
bool enc_unpercent(struct arena *a, struct bytes s, struct bytes *out);
/* Escapes all but unreserved characters. */
char *enc_percent(struct arena *a, struct bytes s);

/* Big-endian integers in keys and records. */
void enc_be64(unsigned char out[8], uint64_t v);
uint64_t enc_unbe64(const unsigned char in[8]);
void enc_be32(unsigned char out[4], uint32_t v);
uint32_t enc_unbe32(const unsigned char in[4]);

#endif
