/* Preloaded into a program: its time of day is CLOCK_AHEAD seconds ahead. */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *out)
{
	const char *ahead = getenv("CLOCK_AHEAD");
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ahead != NULL)
		ts.tv_sec += (time_t)strtoll(ahead, NULL, 10);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
