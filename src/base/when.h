#ifndef MOORING_BASE_WHEN_H
#define MOORING_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* The last one that is written with four digits of a year, as RFC 3339 has
 * it: 9999-12-31T23:59:59Z. */
#define WHEN_MAX INT64_C(253402300799)

/* Whether a year has that month and the month that day. */
bool when_is_day(int year, int month, int day);

/* A moment as an operator types it: RFC 3339 ("2026-11-22T13:52:00Z",
 * "…+01:00", fractions are dropped) or from now on ("+90s", "+30m", "+1h",
 * "+7d"). False for anything else, and for what is not a date or is out of
 * (0, WHEN_MAX]. */
bool when_parse(const char *s, int64_t now, int64_t *out);

#endif
