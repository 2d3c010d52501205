#ifndef MOORING_COURIER_RETRY_H
#define MOORING_COURIER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of a delivery, and how its webhook is treated next: pure. */

enum retry_kind {
	RETRY_TAKEN,	/* exactly 200 */
	RETRY_REFUSED,	/* another answer: perhaps only of this event */
	RETRY_DOWN,	/* no answer, or 429, 502, 503, 504: of no event */
};
/* status: 0 when no answer came. */
enum retry_kind retry_kind_of(int status);

struct retry_in {
	enum retry_kind kind;
	uint32_t attempts;	/* of this delivery, that failed before */
	int64_t created;	/* of the event */
	uint32_t failures;	/* of the webhook, in a row, before */
	int64_t hold_until, last_failed;	/* of the webhook, before */
	unsigned bury_hours;
	unsigned asked;		/* seconds, by Retry-After; 0: none */
	int64_t now;
	uint32_t random;
};
struct retry_out {
	bool bury;		/* aged, and tried more than once */
	int64_t due;		/* else: the lane's next attempt */
	uint32_t failures;	/* of the webhook, now */
	int64_t hold_until;
};
/* For a failure. Of many that fail while the webhook is held already, as when
 * all that were under way time out, none counts for it again. */
void retry_decide(const struct retry_in *in, struct retry_out *out);

/* Requests at a time: one, while a webhook fails again and again. */
unsigned retry_parallel(uint32_t failures, unsigned parallel);

#endif
