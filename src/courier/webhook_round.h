#ifndef MOORING_COURIER_WEBHOOK_ROUND_H
#define MOORING_COURIER_WEBHOOK_ROUND_H

#include "courier/courier.h"
#include "courier/sending.h"

/* What is on its way to webhooks, by one thread. */
struct webhooks {
	struct courier *courier;
	const struct conf *conf;	/* of this round */
	struct fetch_many *many;	/* NULL: nothing can be sent now */
	struct sending *first;
	bool take;		/* new ones */
};

/*
 * Settles what has ended and claims what is due, all in one transaction, and
 * starts that; reads only when there is neither. *again is set when there may
 * be more to claim at once; else *due says when (0: nothing waits, or
 * something on its way must end first).
 */
int webhook_round(struct webhooks *w, int64_t now, bool *again, int64_t *due,
	struct err *e);

#endif
