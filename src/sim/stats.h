#ifndef MOORING_SIM_STATS_H
#define MOORING_SIM_STATS_H

#include <stdint.h>

#include "base/arena.h"
#include "codec/json.h"

/* Counts and times of exchanges. One per thread, added up at the end. */
#define STATS_STATUS_MAX 600
#define STATS_BUCKETS 2048	/* 64 per doubling: 1.6 % exact */

struct stats {
	uint64_t exchanges;	/* with an HTTP answer */
	uint64_t broken;	/* without one */
	uint64_t connections;	/* made */
	uint64_t commands;	/* answered, NotNow and Error included */
	uint64_t sessions;
	uint64_t status[STATS_STATUS_MAX];
	uint64_t bucket[STATS_BUCKETS];
	uint64_t max_us;
};

void stats_exchange(struct stats *s, int status, uint64_t us);
void stats_add(struct stats *to, const struct stats *from);
/* The time in microseconds that `part` (0 to 1) of all exchanges are not
 * over, to the end of its bucket; 0 when there was none. */
uint64_t stats_quantile(const struct stats *s, double part);

/* The closing line for people, and the same for programs. */
const char *stats_line(const struct stats *s, uint64_t elapsed_us,
	struct arena *a);
void stats_json(const struct stats *s, uint64_t elapsed_us, struct json *out,
	struct arena *a);

#endif
