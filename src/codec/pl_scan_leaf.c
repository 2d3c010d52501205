/* The texts of XML leaves that are not text: data, numbers, dates. */
#include "codec/pl_scan_leaf.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Drops a sign; true if it was a minus. */
static bool take_sign(struct bytes *s)
{
	bool minus = s->n > 0 && s->p[0] == '-';

	if (minus || (s->n > 0 && s->p[0] == '+'))
		*s = bytes_of(s->p + 1, s->n - 1);
	return minus;
}

static size_t take_digits(struct bytes *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	*s = bytes_of(s->p + n, s->n - n);
	return n;
}

bool pl_leaf_is_data(struct bytes s)
{
	size_t chars = 0, pads = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i], low = c | 0x20;

		if (is_blank(c))
			continue;
		if (c == '=')
			pads++;
		else if (pads > 0 || !((low >= 'a' && low <= 'z') ||
			(c >= '0' && c <= '9') || c == '+' || c == '/'))
			return false;
		chars++;
	}
	return chars % 4 == 0 && pads <= 2;
}

bool pl_leaf_is_integer(struct bytes s)
{
	uint64_t v = 0, max;
	unsigned base = 10;
	bool minus;

	s = trim(s);
	minus = take_sign(&s);
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x') {
		base = 16;
		s = bytes_of(s.p + 2, s.n - 2);
	}
	if (s.n == 0 || (base == 10 && s.n > 1 && s.p[0] == '0'))
		return false;
	max = minus ? (uint64_t)1 << 63 : UINT64_MAX;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i], low = c | 0x20;
		unsigned d = c >= '0' && c <= '9' ? c - (unsigned)'0' :
			low >= 'a' && low <= 'f' ? low - 'a' + 10u : 99;

		if (d >= base || v > (max - d) / base)
			return false;
		v = v * base + d;
	}
	return true;
}

bool pl_leaf_is_real(struct bytes s)
{
	static const char *const words[] = { "nan", "inf", "infinity" };
	size_t digits;

	s = trim(s);
	if (s.n > 128)
		return false;
	take_sign(&s);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (s.n == strlen(words[i]) &&
			strncasecmp((const char *)s.p, words[i], s.n) == 0)
			return true;
	digits = take_digits(&s);
	if (s.n > 0 && s.p[0] == '.') {
		s = bytes_of(s.p + 1, s.n - 1);
		digits += take_digits(&s);
	}
	if (digits == 0)
		return false;
	if (s.n > 0 && (s.p[0] | 0x20) == 'e') {
		s = bytes_of(s.p + 1, s.n - 1);
		take_sign(&s);
		if (take_digits(&s) == 0)
			return false;
	}
	return s.n == 0;
}

bool pl_leaf_is_date(struct bytes s)
{
	/* 9 is any digit */
	static const char form[] = "9999-99-99T99:99:99Z";
	unsigned month, day, hour, minute, second;

	s = trim(s);
	if (s.n != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '9' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i])
			return false;
#define TWO(i) (10u * (s.p[i] - '0') + (s.p[(i) + 1] - '0'))
	month = TWO(5), day = TWO(8);
	hour = TWO(11), minute = TWO(14), second = TWO(17);
#undef TWO
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 &&
		minute <= 59 && second <= 60;
}
