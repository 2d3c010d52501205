#ifndef MOORING_BASE_WHEN_H
#define MOORING_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* A moment as an operator types it: RFC 3339 ("2026-11-22T13:52:00Z",
 * "…+01:00", fractions are dropped) or from now on ("+90s", "+30m", "+1h",
 * "+7d"). False for anything else, and for what is not a date. */
bool when_parse(const char *s, int64_t now, int64_t *out);

#endif
