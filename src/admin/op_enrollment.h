#ifndef MOORING_ADMIN_OP_ENROLLMENT_H
#define MOORING_ADMIN_OP_ENROLLMENT_H

#include "admin/op.h"

/* Enrollments: looking at them, and ending or refusing management. `id` is
 * what an operator typed: an id text or "@NUMBER". */

struct op_enrollments {
	struct enrollment **list;
	size_t n;
	uint64_t next;		/* `after` of the next page; 0: no more */
};
/* By number, from `after` (exclusive). */
int op_enrollment_list(const struct op *op, uint64_t after, size_t limit,
	struct arena *a, struct op_enrollments *out, struct err *e);

#define OP_SHOWN_MAX 1000	/* user channels, queued commands */
struct op_enrollment {
	struct enrollment *en;
	struct enrollment *device;	/* a user channel's; else NULL */
	struct enrollment **channels;	/* a device's user channels, at most */
	size_t n_channels;		/* OP_SHOWN_MAX */
	bool push_token, unlock_token, bootstrap_token;	/* is stored */
	size_t queued;			/* OP_SHOWN_MAX: or more */
	struct store_cert cert;		/* when en->has_cert */
};
int op_enrollment_show(const struct op *op, struct bytes id,
	struct arena *a, struct op_enrollment *out, struct err *e);

struct op_changed {
	struct enrollment *en;		/* as it is now */
	enum enrollment_state was;
	bool changed;			/* false: it was so already */
	size_t cancelled;		/* commands */
};
/*
 * A device only: for a user channel ERR_CONFLICT names its device.
 * block: the device is refused from its next contact on and may not enroll
 * again. Queues stay as they are, so unblock undoes it wholly.
 * unmanage: the device is told at its next contact that it is not managed;
 * its user channels are disabled, all their queues cancelled. It may enroll
 * again. A blocked device is ERR_CONFLICT.
 */
int op_enrollment_block(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e);
int op_enrollment_unblock(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e);
int op_enrollment_unmanage(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e);

#endif
