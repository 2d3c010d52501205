#ifndef MOORING_ADMIN_OP_QUEUE_H
#define MOORING_ADMIN_OP_QUEUE_H

#include "admin/op_push.h"

/* The queue of one enrollment. */

struct op_queue {
	struct enrollment *en;
	struct target **list;	/* in the order of delivery */
	size_t n;
	struct bytes next;	/* cursor of the next page; {NULL, 0}: none */
};
int op_queue_list(const struct op *op, struct bytes id, struct bytes cursor,
	size_t limit, struct arena *a, struct op_queue *out,
	struct err *e);
/* The same with the commands themselves. */
#define OP_QUEUE_BYTES ((size_t)32 << 20)
struct op_queue_query {
	struct bytes id, cursor;
	bool by_offset;		/* pass over so many, instead of a cursor */
	uint64_t offset;
	size_t limit;
};
struct op_queue_bodies {
	struct op_queue queue;
	struct command **commands;	/* queue.n of them */
};
/* A page ends early where its bodies come to more than OP_QUEUE_BYTES; by
 * offset, where nobody would notice, that is ERR_TOO_LARGE. */
int op_queue_bodies(const struct op *op, const struct op_queue_query *q,
	struct arena *a, struct op_queue_bodies *out, struct err *e);

/* Cancels all that is queued now; *n counts. */
int op_queue_clear(const struct op *op, struct bytes id, struct arena *a,
	struct enrollment **en, size_t *n, struct err *e);
/* A finished command is queued again. ERR_CONFLICT when it is queued, the
 * enrollment takes no commands, or has another DeviceLock or EraseDevice
 * pending. push: its push is stored with it; NULL: no push. */
int op_queue_requeue(const struct op *op, struct bytes id, const char *uuid,
	struct arena *a, struct enrollment **en, struct op_pushed *push,
	struct err *e);

/* One command out of the queue. ERR_NOT_FOUND when the enrollment never had
 * it, ERR_CONFLICT when it is finished. */
int op_queue_remove(const struct op *op, struct bytes id, const char *uuid,
	struct arena *a, struct enrollment **en, struct err *e);

/* By number, in bounded transactions; adds to *n. Each is "queue.clear" in the
 * audit log. For other ops. */
int op_queue_cancel(const struct op *op, uint64_t num, size_t *n,
	struct err *e);
/* Whether what is queued now can ever be delivered: ERR_CONFLICT says why
 * not (left, unmanaged, blocked: a new enrollment starts with an empty
 * queue). Inside a transaction. */
int op_queue_takes(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, struct err *e);

#endif
