/* Moments as text. */
#include "base/when.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"

#define FROM_NOW_MAX ((uint64_t)3650 * 86400)

static bool from_now(const char *s, int64_t now, int64_t *out)
{
	size_t n = strlen(s);
	char digits[16];
	uint64_t unit, v;

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, s, n - 1);
	digits[n - 1] = '\0';
	switch (s[n - 1]) {
	case 's':
		unit = 1;
		break;
	case 'm':
		unit = 60;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'd':
		unit = 86400;
		break;
	default:
		return false;
	}
	if (!str_u64(digits, 1, FROM_NOW_MAX / unit, &v))
		return false;
	*out = now + (int64_t)(v * unit);
	return true;
}

/* Exactly n digits, and what follows them; *s moves behind both. */
static bool take(const char **s, size_t n, const char *then, int min, int max,
	int *out)
{
	int v = 0;

	for (size_t i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		v = v * 10 + (**s - '0');
	}
	if (v < min || v > max || !str_has_prefix(*s, then))
		return false;
	*s += strlen(then);
	*out = v;
	return true;
}

static bool zone(const char *s, int *seconds)
{
	int h, m, sign = *s == '-' ? -1 : 1;

	*seconds = 0;
	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return true;
	if (*s != '+' && *s != '-')
		return false;
	s++;
	if (!take(&s, 2, ":", 0, 23, &h) || !take(&s, 2, "", 0, 59, &m) ||
		*s != '\0')
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

/* timegm would make 3 March of 31 February. */
bool when_is_day(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
		day <= (month == 2 && leap ? 29 : days[month - 1]);
}

static bool rfc3339(const char *s, int64_t *out)
{
	struct tm tm = { 0 };
	int year, mon, mday, offset;
	time_t t;

	if (!take(&s, 4, "-", 1970, 9999, &year) ||
		!take(&s, 2, "-", 1, 12, &mon) ||
		!take(&s, 2, "", 1, 31, &mday) ||
		!when_is_day(year, mon, mday) ||
		(*s != 'T' && *s != 't' && *s != ' '))
		return false;
	s++;
	if (!take(&s, 2, ":", 0, 23, &tm.tm_hour) ||
		!take(&s, 2, ":", 0, 59, &tm.tm_min) ||
		!take(&s, 2, "", 0, 60, &tm.tm_sec))
		return false;
	if (*s == '.' && isdigit((unsigned char)s[1]))
		for (s++; isdigit((unsigned char)*s);)
			s++;
	if (!zone(s, &offset))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = mon - 1;
	tm.tm_mday = mday;
	t = timegm(&tm);
	*out = (int64_t)t - offset;
	return *out > 0 && *out <= WHEN_MAX;
}

bool when_parse(const char *s, int64_t now, int64_t *out)
{
	return *s == '+' ? from_now(s + 1, now, out) : rfc3339(s, out);
}
