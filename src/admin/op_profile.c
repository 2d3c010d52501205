/* Enrollment profiles made by an operator. */
#include "admin/op_profile.h"

struct making {
	const struct op *op;
	const char *whom;
};

static int audit_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct making *m = arg;

	return op_audit(tx, m->op, "profile.new", 0, NULL, m->whom, e);
}

static int check(const struct op_profile_new *in, struct err *e)
{
	if (op_ticket_check(&in->grant, e) < 0)
		return -1;
	if (in->mode == NULL)
		return 0;
	if (!str_eq(in->mode, "BYOD") && !str_eq(in->mode, "ADDE"))
		return err_set(e, ERR_BAD_INPUT, "mode: use BYOD or ADDE");
	if (in->grant.account == NULL)
		return err_set(e, ERR_BAD_INPUT, "mode: needs an account");
	return 0;
}

int op_profile_new(const struct op *op, const struct op_profile_new *in,
	struct arena *a, struct enroll_profile *out, struct err *e)
{
	struct enroll_context cx = { .store = op->store, .conf = op->conf,
		.now = op->now, .arena = a };
	struct grant g = { .source = GRANT_OPERATOR,
		.serial = in->grant.serial, .udid = in->grant.udid,
		.account = in->grant.account };
	struct making m = { op, op_ticket_for(&g, a) };
	struct enroll_how how = { .without_signature = in->without_signature,
		.without_challenge = in->without_challenge, .also = audit_tx,
		.arg = &m };
	struct profile_facts facts;

	if (check(in, e) < 0 || enroll_facts(&cx, in->mode, g.account, &facts,
		e) < 0 || enroll_profile_make_as(&cx, &g, &facts,
			in->grant.ttl, &how, out, e) < 0)
		return -1;
	if (!in->without_challenge)
		op_log(op, "profile.new", m.whom);
	return 0;
}
