#ifndef MOORING_ADMIN_OP_SINGLE_H
#define MOORING_ADMIN_OP_SINGLE_H

#include "admin/op.h"

/*
 * One pending DeviceLock and one pending EraseDevice for each device, so that
 * it is clear which PIN it will have. Pending is what is queued, and what was
 * sent in the enrollment's present generation and has no answer: that one is
 * queued again rather than doubled. The enrollment names the last one of
 * each, so nothing is searched; when a second one was forced, that is the one
 * that counts. Inside a transaction.
 */
/* ERR_CONFLICT names the one that is pending. Never for the same command
 * again, nor for any other RequestType. */
int op_single_check(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const char *request_type, int64_t now,
	struct arena *a, struct err *e);
/* It has been queued. */
int op_single_note(struct store_tx *tx, struct enrollment *en,
	const char *uuid, const char *request_type, struct err *e);

#endif
