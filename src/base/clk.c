/* The clocks. */
#include "base/clk.h"

#include <stdio.h>
#include <time.h>

int64_t clk_now(void)
{
	return (int64_t)time(NULL);
}

int64_t clk_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void clk_text(int64_t t, char out[CLK_TEXT_LEN + 1])
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL ||
		strftime(out, CLK_TEXT_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, CLK_TEXT_LEN + 1, "?");
}
