#ifndef MOORING_ADMIN_OP_TICKET_H
#define MOORING_ADMIN_OP_TICKET_H

#include "admin/op.h"
#include "model/grant.h"

/* Challenges and invites made by an operator. */
struct op_ticket_new {
	const char *serial, *udid;	/* NULL: any device */
	const char *account;		/* NULL */
	int64_t ttl;	/* seconds, 60 to 366 days; 0: a challenge's of the
			 * settings, an invite's OP_INVITE_TTL */
};
#define OP_TICKET_TTL_MIN 60
#define OP_TICKET_TTL_MAX (INT64_C(366) * 86400)
#define OP_INVITE_TTL (INT64_C(7) * 86400)
/* ERR_BAD_INPUT names what cannot be. */
int op_ticket_check(const struct op_ticket_new *in, struct err *e);
/* *text is a secret, shown this once. */
int op_challenge_new(const struct op *op, const struct op_ticket_new *in,
	struct arena *a, const char **text, struct ticket **out,
	struct err *e);
/* *url: the link to the enrollment profile, with the secret in it. */
int op_invite_new(const struct op *op, const struct op_ticket_new *in,
	struct arena *a, const char **url, struct ticket **out,
	struct err *e);
int op_ticket_list(const struct op *op, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next, struct err *e);
/* By the start of its hash in hexadecimal, 8 digits or more. ERR_NOT_FOUND,
 * ERR_CONFLICT when it fits several. With an invite go the challenges of the
 * profiles that were fetched by it. *out (may be NULL): what it was. */
int op_ticket_revoke(const struct op *op, enum ticket_kind kind,
	const char *hash, struct arena *a, struct ticket **out,
	struct err *e);
/* "active", "used", "expired". */
const char *op_ticket_state(const struct ticket *t, int64_t now);
/* Whom it is for: "serial S, UDID U", or "any device". */
const char *op_ticket_for(const struct grant *g, struct arena *a);

#endif
