#ifndef MOORING_PUSH_PUSH_SWEEP_H
#define MOORING_PUSH_PUSH_SWEEP_H

#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/* Pushes again to enrollments whose queue is not empty and that stayed
 * silent for push_again_hours since their last push and last contact: adds
 * jobs, at most push_again_limit a call. Looks at about `most` queues, in
 * small transactions. Goes on where the last call ended (*after, 0 at first
 * and when it came to the end). *oldest: when the longest waiting next
 * command of those looked at was queued, 0: none. After an error *after,
 * *added and *oldest say what was done before it. */
int push_sweep(struct store *st, const struct conf *conf, int64_t now,
	size_t most, uint64_t *after, size_t *added, int64_t *oldest,
	struct err *e);

#endif
