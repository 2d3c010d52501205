/* Encodings of bytes as text, and big-endian integers. */
#include "base/enc.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void enc_hex_to(char *out, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = hex_digits[b[i] >> 4];
		*out++ = hex_digits[b[i] & 15];
	}
	*out = '\0';
}

char *enc_hex(struct arena *a, struct bytes b)
{
	char *s = arena_alloc(a, 2 * b.n + 1);

	enc_hex_to(s, b.p, b.n);
	return s;
}

static int hex_value(char c)
{
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c != '\0' ? strchr(hex_digits, c) : NULL;
	return at != NULL ? (int)(at - hex_digits) : -1;
}

bool enc_unhex(struct arena *a, const char *s, struct bytes *out)
{
	size_t n = strlen(s);
	unsigned char *p = arena_alloc(a, n / 2 + 1);

	if (n % 2 != 0)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		int hi = hex_value(s[2 * i]), lo = hex_value(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		p[i] = (unsigned char)(hi << 4 | lo);
	}
	*out = bytes_of(p, n / 2);
	return true;
}

static const char b64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *to_base64(struct arena *a, struct bytes b, const char *set, bool pad)
{
	char *s = arena_alloc(a, (b.n + 2) / 3 * 4 + 1), *t = s;

	for (size_t i = 0; i < b.n; i += 3) {
		size_t left = b.n - i;
		uint32_t v = (uint32_t)b.p[i] << 16 |
			(left > 1 ? (uint32_t)b.p[i + 1] << 8 : 0) |
			(left > 2 ? b.p[i + 2] : 0);

		*t++ = set[v >> 18];
		*t++ = set[v >> 12 & 63];
		if (left > 1)
			*t++ = set[v >> 6 & 63];
		else if (pad)
			*t++ = '=';
		if (left > 2)
			*t++ = set[v & 63];
		else if (pad)
			*t++ = '=';
	}
	*t = '\0';
	return s;
}

char *enc_base64(struct arena *a, struct bytes b)
{
	return to_base64(a, b, b64, true);
}

char *enc_base64url(struct arena *a, struct bytes b)
{
	return to_base64(a, b, b64url, false);
}

static int b64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool enc_unbase64(struct arena *a, struct bytes s, bool blanks, struct bytes *out)
{
	unsigned char *p = arena_alloc(a, s.n / 4 * 3 + 3);
	size_t n = 0, chars = 0, pads = 0;
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];
		int d;

		if (blanks && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		d = c == '=' ? 0 : b64_value(c);
		if (d < 0 || (pads > 0 && c != '='))
			return false;
		pads += c == '=';
		v = v << 6 | (uint32_t)d;
		if (++chars % 4 != 0)
			continue;
		/* Padding only ends the text, and its unused bits are zero. */
		if (pads > 2 || (pads == 1 && (v & 0xff)) || (pads == 2 && (v & 0xffff)))
			return false;
		p[n++] = (unsigned char)(v >> 16);
		if (pads < 2)
			p[n++] = (unsigned char)(v >> 8);
		if (pads < 1)
			p[n++] = (unsigned char)v;
		v = 0;
	}
	if (chars % 4 != 0)
		return false;
	*out = bytes_of(p, n);
	return true;
}

bool enc_unpercent(struct arena *a, struct bytes s, struct bytes *out)
{
	unsigned char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi, lo;

		if (s.p[i] != '%') {
			p[n++] = s.p[i];
			continue;
		}
		if (s.n - i < 3 || (hi = hex_value((char)s.p[i + 1])) < 0 ||
			(lo = hex_value((char)s.p[i + 2])) < 0)
			return false;
		p[n++] = (unsigned char)(hi << 4 | lo);
		i += 2;
	}
	p[n] = '\0';
	*out = bytes_of(p, n);
	return true;
}

char *enc_percent(struct arena *a, struct bytes s)
{
	char *t = arena_alloc(a, 3 * s.n + 1), *start = t;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (b64_value(c) >= 0 && c != '+' && c != '/')
			*t++ = (char)c;
		else if (c == '-' || c == '.' || c == '_' || c == '~')
			*t++ = (char)c;
		else {
			*t++ = '%';
			*t++ = "0123456789ABCDEF"[c >> 4];
			*t++ = "0123456789ABCDEF"[c & 15];
		}
	}
	*t = '\0';
	return start;
}

void enc_be64(unsigned char out[8], uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (unsigned char)v;
}

uint64_t enc_unbe64(const unsigned char in[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}

void enc_be32(unsigned char out[4], uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		out[i] = (unsigned char)v;
}

uint32_t enc_unbe32(const unsigned char in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}
