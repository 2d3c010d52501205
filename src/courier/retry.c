/* Back-off of deliveries and webhooks. What is under way is not known here. */
#include "courier/retry.h"

#define LANE_MAX 3600
#define DOWN_MAX 300	/* held longer, it would be slow to come back */
#define REFUSED_MAX 60
#define ASKED_MAX 3600
#define REFUSED_FREE 10	/* refusals in a row that are not held */
#define BURY_ATTEMPTS 3	/* at least: also of what a dead receiver kept
			 * waiting, and of what is replayed */
#define PROBE_AFTER 3

enum retry_kind retry_kind_of(int status)
{
	switch (status) {
	case 200:
		return RETRY_TAKEN;
	case 0:
	case 429:
	case 502:
	case 503:
	case 504:
		return RETRY_DOWN;
	default:
		return RETRY_REFUSED;
	}
}

/* 2, 4, 8, … up to max, somewhere in the upper half of that. */
static int64_t backoff(uint32_t n, unsigned max, uint32_t random)
{
	uint64_t d = n < 20 ? (uint64_t)2 << n : max;

	d = d < max ? d : max;
	return (int64_t)(d - random % (d / 2 + 1));
}

static int64_t hold_seconds(const struct retry_in *in)
{
	int64_t asked = in->asked < ASKED_MAX ? in->asked : ASKED_MAX;
	int64_t d;

	if (in->kind == RETRY_DOWN) {
		d = backoff(in->failures, DOWN_MAX, in->random);
		return d > asked ? d : asked;
	}
	if (in->failures < REFUSED_FREE)
		return 0;
	return backoff(in->failures - REFUSED_FREE, REFUSED_MAX, in->random);
}

void retry_decide(const struct retry_in *in, struct retry_out *out)
{
	int64_t age = in->now - in->created;

	*out = (struct retry_out){ .failures = in->failures,
		.hold_until = in->hold_until };
	if (in->hold_until <= in->now) {
		out->failures = in->failures < UINT32_MAX ?
			in->failures + 1 : in->failures;
		out->hold_until = in->now + hold_seconds(in);
	}
	if (age >= (int64_t)in->bury_hours * 3600 &&
		in->attempts + 1 >= BURY_ATTEMPTS)
		out->bury = true;
	else if (in->kind == RETRY_DOWN)
		out->due = out->hold_until;
	else
		out->due = in->now + backoff(in->attempts, LANE_MAX,
			in->random);
}

unsigned retry_parallel(uint32_t failures, unsigned parallel)
{
	return failures >= PROBE_AFTER ? 1 : parallel;
}
