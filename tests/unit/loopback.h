#ifndef MOORING_TESTS_LOOPBACK_H
#define MOORING_TESTS_LOOPBACK_H

/* A webhook's receiver on loopback, in a thread of its own: one request at a
 * time, answered as it was told to. */
struct loopback;

struct loopback *loopback_open(void);
void loopback_close(struct loopback *l);
/* Nobody listens any more. */
void loopback_stop(struct loopback *l);
const char *loopback_url(const struct loopback *l);
/* The next n requests get this status; then 200 again. */
void loopback_answer(struct loopback *l, int status, int n);
/* The event_ids that came, in order, with blanks between. */
const char *loopback_seen(struct loopback *l);

#endif
