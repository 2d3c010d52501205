#ifndef MOORING_AUTH_THROTTLE_H
#define MOORING_AUTH_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How long an address has to wait after failures. After THROTTLE_FREE of them
 * within a minute it is refused for a second, twice as long after each
 * further one, THROTTLE_MAX_S at most; ten minutes without a failure forget
 * all of it. IPv6 counts by /64, since one host has that many addresses; what
 * is no address (a Unix socket) counts as one. At most 4,096 are remembered,
 * the quietest give way. Safe from any thread. Times: clk_mono_us.
 */
#define THROTTLE_FREE 10
#define THROTTLE_MAX_S 60

struct throttle;
struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);	/* NULL is fine */

/* Whole seconds, rounded up; 0: it may try. addr may be NULL. */
unsigned throttle_wait(struct throttle *t, const char *addr, int64_t mono_us);
/* Counts a failure. True when the address is refused from now on and was not
 * before: worth a log line. */
bool throttle_failed(struct throttle *t, const char *addr, int64_t mono_us);

#endif
