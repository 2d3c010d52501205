#ifndef MOORING_ADMIN_OP_ENROLLMENT_H
#define MOORING_ADMIN_OP_ENROLLMENT_H

#include "admin/op.h"
#include "store/store_push.h"

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

/* Zero / NULL: any. */
struct op_enrollment_filter {
	enum enrollment_state state;
	enum enrollment_kind kind;
	const char *serial;	/* of a device; its user channels have none */
	int64_t silent_since;	/* enabled, and not seen since then */
};
#define OP_SILENT_DAYS_MAX 36500
/* From the names of a state and a type; each may be NULL. */
int op_enrollment_filter(const char *state, const char *type,
	const char *serial, struct op_enrollment_filter *out, struct err *e);
/* As op_enrollment_list. Looks at 5,000 enrollments at most: a page may have
 * fewer than limit, or none, and still a next one. */
int op_enrollment_find(const struct op *op,
	const struct op_enrollment_filter *f, uint64_t after, size_t limit,
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
	struct push_state push;		/* the last push; sent 0: none yet */
	struct push_job *push_job;	/* that waits; NULL: none */
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

/* 0, or for a user channel ERR_CONFLICT as above; ERR_NOT_FOUND. */
int op_enrollment_is_device(const struct op *op, struct bytes id,
	struct arena *a, struct err *e);

#endif
