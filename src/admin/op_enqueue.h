#ifndef MOORING_ADMIN_OP_ENQUEUE_H
#define MOORING_ADMIN_OP_ENQUEUE_H

#include "admin/op_push.h"

/*
 * Commands into queues. A raw command is a property list: a dict with
 * Command, a dict with RequestType. XML with a CommandUUID is kept byte for
 * byte; a binary one, and one that lacks its CommandUUID (it is made), is
 * written anew as XML.
 *
 * ERR_BAD_INPUT names the key that is wrong; ERR_TOO_LARGE: over max_body.
 * Unless unchecked, its keys are held against Apple's schema (command_check.h).
 */
struct op_command {
	const char *uuid;
	bool uuid_made;
	const char *request_type;
	bool once;		/* delivered once, then stands as sent */
	struct bytes body;
	const char *warning;	/* one line; NULL: none */
};
int op_command_read(const struct op *op, struct bytes in, bool unchecked,
	struct arena *a, struct op_command *out, struct err *e);

/* The same from JSON (codec/pl_json.h): the dict with RequestType, or the one
 * around it. uuid, unless NULL, becomes its CommandUUID. */
struct json;
int op_command_json(const struct op *op, const struct json *in,
	const char *uuid, bool unchecked, struct arena *a,
	struct op_command *out, struct err *e);

/* How it is to be queued. */
struct op_enqueue_options {
	struct target_options target;
	bool push;	/* each target that has no err is pushed too */
	bool force;	/* a second pending DeviceLock or EraseDevice too */
	const char *what;	/* in the audit log; NULL: "enqueue" */
	/* In the transaction that queues a target, for each that is queued;
	 * its error is that of the store. NULL: nothing. */
	int (*also)(struct store_tx *tx, const struct enrollment *en,
		void *arg, struct err *e);
	void *arg;
};
/* ERR_BAD_INPUT when it could never be delivered, or its dedupe key is empty
 * or over 256 bytes. */
int op_enqueue_check(const struct op *op, const struct op_enqueue_options *o,
	struct err *e);

/* What became of one target. */
struct op_target {
	struct bytes id;	/* in: as the operator typed it */
	uint64_t num;		/* 0: not found */
	struct bytes id_text;
	enum store_queued queued;	/* when err.kind is ERR_NONE */
	struct err err;
	/* NULL: no push was asked for, or there is an err. A push that fails
	 * (push->err) leaves the command queued. */
	struct op_pushed *push;
};
/*
 * One body, any number of targets, at most 500 in one transaction. Returns
 * how many have an err: one target's trouble is no other's, and what was
 * queued before the store got into trouble stays queued. A target that
 * would never be delivered is ERR_CONFLICT, and so is a second pending
 * DeviceLock or EraseDevice (op_single.h), unless forced. Nothing is stored when there is
 * no target for it. The push of a target is stored with it, in the same
 * transaction, and leaves after the commit.
 */
size_t op_enqueue(const struct op *op, const struct op_command *command,
	const struct op_enqueue_options *o, struct op_target *targets, size_t n,
	struct arena *a);

/* "queued", "known", "duplicate". */
const char *op_queued_name(enum store_queued q);

#endif
