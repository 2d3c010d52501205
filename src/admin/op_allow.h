#ifndef MOORING_ADMIN_OP_ALLOW_H
#define MOORING_ADMIN_OP_ALLOW_H

#include "admin/op.h"

/* The allowlist: devices that may enroll while enrollment = allowlist, by
 * serial number or UDID, compared byte for byte. */

#define OP_ALLOW_MAX 1000	/* items in one call: one transaction */
struct op_allow {
	enum store_allow kind;
	struct bytes value;	/* 1 to ENROLLMENT_ID_MAX bytes, no NUL */
	bool changed;		/* out: was not there before / was there */
};
/* All or none. */
int op_allow_add(const struct op *op, struct op_allow *items, size_t n,
	struct err *e);
int op_allow_remove(const struct op *op, struct op_allow *items, size_t n,
	struct err *e);

struct op_allowed {
	struct store_allowed *list;
	size_t n;
	struct bytes next;	/* cursor of the next page; {NULL, 0}: none */
};
int op_allow_list(const struct op *op, struct bytes cursor, size_t limit,
	struct arena *a, struct op_allowed *out, struct err *e);

#endif
