#ifndef MOORING_ADMIN_OP_QUERY_H
#define MOORING_ADMIN_OP_QUERY_H

#include "admin/op.h"

/* Enrollments by what they are, in pages: NanoMDM's query. */

struct op_query {
	/* Each: any one of them; n 0: all. All that are set must hold. */
	struct bytes *ids, *serials, *user_short_names;	/* are sorted */
	size_t n_ids, n_serials, n_user_short_names;
	unsigned kinds;		/* 1 << enum enrollment_kind, …; 0: all */
	bool has_enabled, enabled;
	/* What is asked for too. */
	bool device_cert, unlock_token;
	/* From here: the number of an enrollment (exclusive), then so many
	 * that match are passed over. */
	uint64_t after, offset;
	bool by_offset;		/* the next page too will be asked for so */
	size_t limit;
};
struct op_queried {
	struct enrollment *en;
	const char *serial;	/* of the device, of a user channel too */
	struct bytes device_cert;	/* DER; p NULL: not asked for, or not
					 * known */
	struct bytes unlock_token;	/* the same */
};
struct op_query_page {
	struct op_queried *list;	/* by number */
	size_t n;
	uint64_t next;		/* `after` of the next page; 0: no more */
};
#define OP_QUERY_BYTES ((size_t)32 << 20)
/* In transactions of at most 1,000 enrollments. Who asked for secrets stands
 * in the audit log. A page ends early where its certificates and unlock tokens
 * come to OP_QUERY_BYTES; by offset, where a short page would pass for the
 * last one, that is ERR_TOO_LARGE. */
int op_query(const struct op *op, struct op_query *q, struct arena *a,
	struct op_query_page *out, struct err *e);

#endif
