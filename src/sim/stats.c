/* Latencies in buckets that grow with the value, as many for 1 ms as for
 * 1 s, so that a long run needs no more memory than a short one. */
#include "sim/stats.h"

#include <stdio.h>
#include <string.h>

#define PER_DOUBLING 64	/* a power of two */

static unsigned bucket_of(uint64_t us)
{
	unsigned shift = 0, b;

	while (us >> shift >= 2 * PER_DOUBLING)
		shift++;
	b = shift * PER_DOUBLING + (unsigned)(us >> shift);
	return b < STATS_BUCKETS ? b : STATS_BUCKETS - 1;
}

static uint64_t bucket_end(unsigned b)
{
	unsigned shift = b < 2 * PER_DOUBLING ? 0 : b / PER_DOUBLING - 1;
	uint64_t first = b - shift * PER_DOUBLING;

	return ((first + 1) << shift) - 1;
}

void stats_exchange(struct stats *s, int status, uint64_t us)
{
	s->exchanges++;
	if (status >= 0 && status < STATS_STATUS_MAX)
		s->status[status]++;
	s->bucket[bucket_of(us)]++;
	if (us > s->max_us)
		s->max_us = us;
}

void stats_add(struct stats *to, const struct stats *from)
{
	to->exchanges += from->exchanges;
	to->broken += from->broken;
	to->connections += from->connections;
	to->commands += from->commands;
	to->sessions += from->sessions;
	for (int i = 0; i < STATS_STATUS_MAX; i++)
		to->status[i] += from->status[i];
	for (int i = 0; i < STATS_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	if (from->max_us > to->max_us)
		to->max_us = from->max_us;
}

uint64_t stats_quantile(const struct stats *s, double part)
{
	uint64_t want = (uint64_t)((double)s->exchanges * part), seen = 0;

	if (s->exchanges == 0)
		return 0;
	if (want == 0)
		want = 1;
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		seen += s->bucket[i];
		if (seen >= want) {
			uint64_t end = bucket_end(i);

			/* All that is longer lies in the last one. */
			return end < s->max_us && i < STATS_BUCKETS - 1 ?
				end : s->max_us;
		}
	}
	return s->max_us;
}

static double per_second(const struct stats *s, uint64_t elapsed_us)
{
	return elapsed_us == 0 ? 0 :
		(double)s->exchanges * 1e6 / (double)elapsed_us;
}

const char *stats_line(const struct stats *s, uint64_t elapsed_us,
	struct arena *a)
{
	char *line = arena_printf(a, "%llu exchanges in %.2f s: %.1f per "
		"second, p50 %.2f ms, p99 %.2f ms, max %.2f ms, "
		"%llu connections, %llu commands, %llu broken;",
		(unsigned long long)s->exchanges, (double)elapsed_us / 1e6,
		per_second(s, elapsed_us),
		(double)stats_quantile(s, 0.5) / 1e3,
		(double)stats_quantile(s, 0.99) / 1e3,
		(double)s->max_us / 1e3, (unsigned long long)s->connections,
		(unsigned long long)s->commands,
		(unsigned long long)s->broken);

	for (int i = 0; i < STATS_STATUS_MAX; i++)
		if (s->status[i] > 0)
			line = arena_printf(a, "%s %d: %llu", line, i,
				(unsigned long long)s->status[i]);
	return line;
}

void stats_json(const struct stats *s, uint64_t elapsed_us, struct json *out,
	struct arena *a)
{
	struct json *by;

	json_set_int(out, "exchanges", (int64_t)s->exchanges);
	json_set_int(out, "elapsed_us", (int64_t)elapsed_us);
	json_set_int(out, "per_second",
		(int64_t)(per_second(s, elapsed_us) + 0.5));
	json_set_int(out, "p50_us", (int64_t)stats_quantile(s, 0.5));
	json_set_int(out, "p99_us", (int64_t)stats_quantile(s, 0.99));
	json_set_int(out, "max_us", (int64_t)s->max_us);
	json_set_int(out, "connections", (int64_t)s->connections);
	json_set_int(out, "sessions", (int64_t)s->sessions);
	json_set_int(out, "commands", (int64_t)s->commands);
	json_set_int(out, "broken", (int64_t)s->broken);
	by = json_set_object(out, "status");
	for (int i = 0; i < STATS_STATUS_MAX; i++)
		if (s->status[i] > 0)
			json_set_int(by, arena_printf(a, "%d", i),
				(int64_t)s->status[i]);
}
