#ifndef MOORING_BASE_CLK_H
#define MOORING_BASE_CLK_H

#include <stdint.h>

/* Read in mains, web and courier only; below, time is a parameter. */
int64_t clk_now(void);		/* seconds since 1970, UTC */
int64_t clk_mono_us(void);	/* microseconds, monotonic */

#define CLK_TEXT_LEN 20
/* RFC 3339 UTC, whole seconds: "2026-11-22T13:52:00Z". */
void clk_text(int64_t t, char out[CLK_TEXT_LEN + 1]);

#endif
