#ifndef MOORING_ADMIN_OP_AUDIT_H
#define MOORING_ADMIN_OP_AUDIT_H

#include "admin/op.h"
#include "store/store_admin.h"

/* Who did what to which enrollment, the latest first. Writing is op.h's. */
struct op_audit_query {
	struct bytes id;	/* {NULL, 0}: of all */
	uint64_t before;	/* seq, exclusive; 0: from the latest */
	size_t limit;
};
struct op_audit_page {
	struct audit **list;
	struct bytes *id_text;	/* of each one's enrollment; p NULL: of none,
				 * or it was removed */
	size_t n;
	uint64_t next;		/* `before` of the next page; 0: no more */
};
int op_audit_list(const struct op *op, const struct op_audit_query *q,
	struct arena *a, struct op_audit_page *out, struct err *e);

#endif
