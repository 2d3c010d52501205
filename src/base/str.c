/* Views of bytes, and the few text helpers libc lacks. */
#include "base/str.h"

#include <string.h>
#include <strings.h>

struct bytes bytes_str(const char *s)
{
	return bytes_of(s, s != NULL ? strlen(s) : 0);
}

struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){ p, n };
}

bool bytes_eq(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int bytes_order(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool bytes_is(struct bytes b, const char *s)
{
	return bytes_eq(b, bytes_str(s));
}

bool str_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return s != NULL && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_has_prefix_nocase(const char *s, const char *prefix)
{
	return s != NULL && strncasecmp(s, prefix, strlen(prefix)) == 0;
}

bool str_has_suffix(const char *s, const char *suffix)
{
	size_t n, m = strlen(suffix);

	if (s == NULL || (n = strlen(s)) < m)
		return false;
	return memcmp(s + n - m, suffix, m) == 0;
}

bool str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s == NULL || *s == '\0')
		return false;
	for (; *s; s++) {
		unsigned d = (unsigned)(unsigned char)*s - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 for none. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 :
		(p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	if (len == 1)
		return p[0] != 0;
	c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < (len == 2 ? 0x80u : len == 3 ? 0x800u : 0x10000u) ||
		c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return len;
}

bool str_is_utf8(const void *p, size_t n)
{
	const unsigned char *s = p;

	while (n > 0) {
		size_t len = utf8_len(s, n);

		if (len == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

size_t str_control(const void *p, size_t n)
{
	const unsigned char *s = p;

	if (n >= 1 && (s[0] < 0x20 || s[0] == 0x7f))
		return 1;
	if (n >= 2 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f)
		return 2;
	/* U+2028 to U+202E, U+2066 to U+2069 */
	if (n >= 3 && s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 &&
		s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)))
		return 3;
	return 0;
}

bool str_secret_eq(struct bytes a, struct bytes b)
{
	unsigned char diff = a.n != b.n;

	for (size_t i = 0; i < a.n && i < b.n; i++)
		diff |= a.p[i] ^ b.p[i];
	return diff == 0;
}
