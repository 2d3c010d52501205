#ifndef MOORING_ADMIN_OP_PROFILE_H
#define MOORING_ADMIN_OP_PROFILE_H

#include "admin/op_ticket.h"
#include "enroll/enroll_profile.h"

/* An enrollment profile for an operator to hand on, or to look at. */
struct op_profile_new {
	struct op_ticket_new grant;	/* whom its challenge is for */
	/* "BYOD", "ADDE": as account-driven enrollment has it, for
	 * grant.account; NULL: the plain one. */
	const char *mode;
	bool without_signature;
	bool without_challenge;	/* only to look at: nothing is kept */
};
int op_profile_new(const struct op *op, const struct op_profile_new *in,
	struct arena *a, struct enroll_profile *out, struct err *e);

#endif
