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

/* d or more than half of it. */
static int64_t spread(int64_t d, uint32_t random)
{
	return d - (int64_t)(random % (uint64_t)(d / 2 + 1));
}

/* 2, 4, 8, … */
static int64_t lane_seconds(const struct retry_in *in)
{
	return spread(in->attempts < 11 ? (int64_t)2 << in->attempts :
		LANE_MAX, in->random);
}

/* Twice the last one. A receiver that answers is not held, so one that comes
 * and goes begins anew. */
static int64_t hold_seconds(const struct retry_in *in)
{
	int64_t max = in->kind == RETRY_DOWN ? DOWN_MAX : REFUSED_MAX;
	int64_t asked = in->asked < ASKED_MAX ? in->asked : ASKED_MAX;
	int64_t d = 2;

	if (in->kind == RETRY_REFUSED && in->failures < REFUSED_FREE)
		return 0;
	if (in->hold_until > in->last_failed)
		d = 2 * (in->hold_until - in->last_failed);
	d = spread(d < max ? d : max, in->random);
	return in->kind == RETRY_DOWN && asked > d ? asked : d;
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
		out->due = in->now + lane_seconds(in);
}

unsigned retry_parallel(uint32_t failures, unsigned parallel)
{
	return failures >= PROBE_AFTER ? 1 : parallel;
}
