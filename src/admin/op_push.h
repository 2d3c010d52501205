#ifndef MOORING_ADMIN_OP_PUSH_H
#define MOORING_ADMIN_OP_PUSH_H

#include "admin/op.h"
#include "push/pusher.h"

/*
 * Pushing enrollments. First the job is stored, then it is pushed: at once
 * with a pusher, else the courier is woken. What fails for a passing reason
 * is the courier's, and counts as pushed here.
 */
struct op_pushed {
	struct bytes id;	/* in: as the operator typed it */
	uint64_t num;		/* 0: not found */
	const char *apns_id;	/* NULL: no push was asked for */
	bool waits;		/* the courier has it */
	struct err err;		/* ERR_NONE: taken, or waits. ERR_NOT_FOUND
				 * "push data missing for id" for an unknown
				 * enrollment too */
};
/* Any number; at most 500 in one transaction. Returns how many have an err. */
size_t op_push(const struct op *op, struct op_pushed *list, size_t n,
	struct arena *a);

/* In the caller's transaction: adds the job (when it can be pushed: else
 * p->err, and 0; when it is only the topic that cannot, the job waits for
 * that). not_before: when it is worth a push, 0: now. After the commit,
 * op_push_send for all of them. */
int op_push_add(struct store_tx *tx, const struct op *op,
	const struct enrollment *en, int64_t not_before, struct op_pushed *p,
	struct arena *a, struct err *e);
void op_push_send(const struct op *op, struct op_pushed *list, size_t n,
	struct arena *a);

#endif
