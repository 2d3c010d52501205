#ifndef MOORING_BASE_STR_H
#define MOORING_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of bytes owned by somebody else: an arena, a literal, a map. May
 * hold NUL. {NULL, 0} is absence where a contract says so. */
struct bytes {
	const unsigned char *p;
	size_t n;
};

/* A view of a C string without its NUL; NULL gives {NULL, 0}. */
struct bytes bytes_str(const char *s);
struct bytes bytes_of(const void *p, size_t n);
bool bytes_eq(struct bytes a, struct bytes b);
/* <0, 0, >0: in the order of their bytes, what is a beginning first. */
int bytes_order(struct bytes a, struct bytes b);
/* Whether b is the text s. */
bool bytes_is(struct bytes b, const char *s);

bool str_eq(const char *a, const char *b);	/* NULL equals only NULL */
bool str_has_prefix(const char *s, const char *prefix);
bool str_has_prefix_nocase(const char *s, const char *prefix);
bool str_has_suffix(const char *s, const char *suffix);

/* Parse the whole of s (decimal, no sign, no blanks) into *out, which is
 * left alone on failure. False for anything else or out of [min, max]. */
bool str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);

/* Valid UTF-8 (RFC 3629), no NUL. */
bool str_is_utf8(const void *p, size_t n);

/* Bytes of the control character, line separator (C0, DEL, C1, U+2028,
 * U+2029) or change of direction (U+202A to U+202E, U+2066 to U+2069) that the
 * UTF-8 text at p starts with, 0 for none: what may not stand in a line for a
 * terminal. */
size_t str_control(const void *p, size_t n);

/* Constant-time equality for secrets; the lengths may leak. */
bool str_secret_eq(struct bytes a, struct bytes b);

#endif
