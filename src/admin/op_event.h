#ifndef MOORING_ADMIN_OP_EVENT_H
#define MOORING_ADMIN_OP_EVENT_H

#include "admin/op.h"
#include "store/store_event.h"

/* Events that wait for a webhook's receiver, or were given up for it. */

struct op_delivery {
	struct delivery d;
	const char *webhook;	/* its name; NULL: it was removed */
	struct bytes id_text;	/* of the enrollment; p NULL: of none, or it
				 * was removed */
};
struct op_deliveries {
	struct op_delivery *list;	/* the oldest events first */
	size_t n;
	struct bytes next;	/* cursor of the next page; {NULL, 0}: none */
};
struct op_delivery_query {
	enum delivery_state state;
	const char *webhook;	/* name or "@NUMBER"; NULL: of all */
	struct bytes id;	/* enrollment; {NULL, 0}: of all */
	struct bytes cursor;
	size_t limit;
};
/* ERR_NOT_FOUND: no such webhook or enrollment. */
int op_delivery_list(const struct op *op, const struct op_delivery_query *q,
	struct arena *a, struct op_deliveries *out, struct err *e);

/* Is delivered again, also when it was delivered before; *queued = false: it
 * waits already. ERR_NOT_FOUND: no such event or webhook. */
int op_event_replay(const struct op *op, const char *webhook, uint64_t seq,
	bool *queued, struct arena *a, struct err *e);
/* All that is buried of a webhook, in bounded transactions; *n counts, also
 * when it fails on the way. */
int op_event_replay_all(const struct op *op, const char *webhook, uint64_t *n,
	struct arena *a, struct err *e);

/* The event as a webhook gets it: with what the device sent, which may be a
 * secret. ERR_NOT_FOUND. */
int op_event_show(const struct op *op, uint64_t seq, struct arena *a,
	struct event **out, char **json, struct err *e);

#endif
