#ifndef MOORING_PUSH_APNS_REPLY_H
#define MOORING_PUSH_APNS_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* What APNs answered and what it means: Apple's table of statuses and
 * reasons, as a pure function. */
enum apns_verdict {
	APNS_TAKEN,
	APNS_TOKEN_DEAD,	/* until a TokenUpdate later than `dead` */
	APNS_TOPIC_STOP,	/* certificate or topic refused: stop, alert */
	APNS_HOLD_TOKEN,	/* 429: back off for this token */
	APNS_RETRY,		/* 5xx: not before 15 minutes, with back-off */
	APNS_RECONNECT,		/* again at once on a new connection */
	APNS_REFUSED,		/* an error of ours: not again, logged */
};
struct apns_reply {
	enum apns_verdict verdict;
	const char *reason;	/* APNs' own word; "HTTP 418" without one;
				 * NULL: taken */
	int64_t dead;		/* APNS_TOKEN_DEAD: seconds since 1970 */
};
/* body: as it came, of any size. now: what `dead` is without a timestamp. */
void apns_reply_read(int status, struct bytes body, int64_t now,
	struct arena *a, struct apns_reply *out);

/* Seconds to wait after so many failures in a row of that kind; random in
 * the upper half, so that a fleet does not come back in one moment. */
unsigned apns_retry_seconds(enum apns_verdict v, unsigned failures,
	uint32_t random);

#endif
