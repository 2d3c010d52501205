/* Which devices are to be asked for a renewal now: the courier's sweep. */
#include "admin/op_renew.h"

#include "admin/op_ca.h"
#include "base/log.h"

#define DAY 86400
#define PAGE 500

struct marking {
	uint64_t num;
	struct bytes renewal;
};

static int mark_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct marking *m = arg;

	return store_secret_put(tx, m->num, STORE_RENEWAL, m->renewal, e);
}

/* It is not looked at again before renew_again_days have passed. */
static int pass_over(const struct op *op, const struct enrollment *en,
	const struct err *why, struct arena *a, struct err *e)
{
	struct renewal r = { .started = op->now };
	struct marking m = { en->num, renewal_encode(&r, a) };

	log_msg(LOG_WARN, "renewal", "its certificate ends soon, and it cannot "
		"be asked to renew: %s", why->msg);
	return store_write(op->store, mark_tx, &m, e);
}

/* Also one that did renew: a certificate that lives shorter than renew_days
 * would else be renewed without end. */
static int renew_one(const struct op *op, const struct op_expiring *x,
	struct arena *a, size_t *n, struct err *e)
{
	int64_t again = (int64_t)op->conf->renew_again_days * DAY;
	struct op_renewing done;
	struct err why = ERR_INIT;

	if (x->en->state != ENROLLMENT_ENABLED ||
		(x->asked != 0 && op->now - x->asked < again))
		return 0;
	if (op_renew(op, bytes_str(arena_printf(a, "@%llu",
		(unsigned long long)x->en->num)), true, a, &done, &why) == 0) {
		++*n;
		return 0;
	}
	if (why.kind == ERR_CONFLICT)
		return pass_over(op, x->en, &why, a, e);
	*e = why;
	return -1;
}

int op_renew_due(const struct op *op, size_t limit, struct arena *a, size_t *n,
	struct err *e)
{
	struct arena *page = arena_new();
	struct op_expirings x = { 0 };
	struct bytes cursor = { NULL, 0 };
	int rc = 0;

	*n = 0;
	do {
		rc = op_ca_expiring(op, op->conf->renew_days, cursor, PAGE,
			page, &x, e);
		for (size_t i = 0; rc == 0 && i < x.n && *n < limit; i++)
			rc = renew_one(op, &x.list[i], page, n, e);
		cursor.p = NULL;
		if (rc == 0 && x.next.p != NULL)
			cursor = arena_bytes(a, x.next);
		arena_reset(page);
	} while (rc == 0 && cursor.p != NULL && *n < limit);
	arena_free(page);
	return rc;
}
