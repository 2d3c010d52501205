#ifndef MOORING_COURIER_SENDING_H
#define MOORING_COURIER_SENDING_H

#include "net/fetch_many.h"
#include "store/store_event.h"

/* One claimed delivery on its way to its webhook: the request, and what came
 * back of it. */
struct sending {
	struct sending *next;	/* in the order of their start */
	struct arena *a;	/* of all here */
	struct claim *claim;
	struct fetch_many *many;
	const char *hook;	/* the webhook's name, for logs */
	unsigned follows;	/* how many of its lane went before it, under
				 * one lease */
	size_t bytes;		/* that it holds in memory */
	enum { SENDING_OUT, SENDING_ENDED, SENDING_GIVEN_BACK } state;
	/* ended */
	int status;		/* 0: no answer came */
	unsigned asked;		/* by Retry-After, seconds */
	const char *why;	/* one line, not of the receiver's words */
};

/* Takes over the arena that the claim lives in. It may have ended when this
 * returns: a request that cannot be made, an event that cannot be read. When
 * it ends later, fetch_many_run returns. */
struct sending *sending_start(struct fetch_many *m, const struct webhook *w,
	struct claim *claim, struct arena *a, unsigned follows);
void sending_free(struct sending *s);

#endif
