#ifndef MOORING_COURIER_ENROLL_SWEEP_H
#define MOORING_COURIER_ENROLL_SWEEP_H

#include "base/arena.h"
#include "base/err.h"
#include "courier/courier.h"

/*
 * What enrollment leaves to be done: devices that waited in Setup Assistant
 * for long enough are let go, those whose certificate ends soon are asked to
 * renew it, tickets and issued certificates that are long over are forgotten.
 */
struct enroll_sweep {
	int64_t renewals_due;	/* when they are looked at next; starts at 0 */
};
/* Each of it once; one that fails holds up none of the others (it is logged).
 * *pushes: something is to be pushed now. */
void enroll_sweep(struct enroll_sweep *s, struct courier *c,
	const struct conf *conf, int64_t now, struct arena *a, bool *pushes);

#endif
