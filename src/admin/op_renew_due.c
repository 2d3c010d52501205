/* Which devices are to be asked for a renewal now: the courier's sweep. */
#include "admin/op_renew.h"

#include "admin/op_ca.h"
#include "base/log.h"

#define DAY 86400
#define PAGE 500
#define FAILED_MAX 10	/* devices in one sweep, before it gives up */

struct due {
	size_t n;		/* asked */
	unsigned failed;
};

struct marking {
	uint64_t num;
	int64_t now;
	struct arena *a;
};

static int mark_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct marking *m = arg;
	struct renewal r = { 0 };
	struct err unreadable = ERR_INIT;
	struct bytes v;

	if (store_secret_get(tx, m->num, STORE_RENEWAL, m->a, &v, e) < 0)
		return -1;
	/* What was asked for before may still be under way. */
	if (v.p != NULL && renewal_parse(v, m->a, &r, &unreadable) < 0)
		r = (struct renewal){ 0 };
	r.started = m->now;
	return store_secret_put(tx, m->num, STORE_RENEWAL,
		renewal_encode(&r, m->a), e);
}

/* It is not looked at again before renew_again_days have passed. */
static int pass_over(const struct op *op, const struct enrollment *en,
	struct arena *a, struct err *e)
{
	struct marking m = { en->num, op->now, a };

	return store_write(op->store, mark_tx, &m, e);
}

/* Also one that did renew: a certificate that lives shorter than renew_days
 * would else be renewed without end. */
static int renew_one(const struct op *op, const struct op_expiring *x,
	struct arena *a, struct due *d, struct err *e)
{
	int64_t again = (int64_t)op->conf->renew_again_days * DAY;
	struct op_renewing done;
	struct err why = ERR_INIT;

	if (x->en->state != ENROLLMENT_ENABLED ||
		(x->asked != 0 && op->now - x->asked < again))
		return 0;
	if (op_renew(op, bytes_str(arena_printf(a, "@%llu",
		(unsigned long long)x->en->num)), true, a, &done, &why) == 0) {
		d->n++;
		return 0;
	}
	log_msg(LOG_WARN, "renewal", "the certificate of %s ends soon, and it "
		"cannot be asked to renew: %s", op_name(x->en, a), why.msg);
	if (why.kind != ERR_BUSY)
		return pass_over(op, x->en, a, e);
	/* The store's trouble, or that of this one's record. */
	if (++d->failed < FAILED_MAX)
		return 0;
	*e = why;
	return -1;
}

int op_renew_due(const struct op *op, size_t limit, struct arena *a, size_t *n,
	struct err *e)
{
	struct arena *page = arena_new();
	struct op_expirings x = { 0 };
	struct bytes cursor = { NULL, 0 };
	struct due d = { 0 };
	int rc = 0;

	do {
		rc = op_ca_expiring(op, op->conf->renew_days, cursor, PAGE,
			page, &x, e);
		for (size_t i = 0; rc == 0 && i < x.n && d.n < limit; i++)
			rc = renew_one(op, &x.list[i], page, &d, e);
		cursor.p = NULL;
		if (rc == 0 && x.next.p != NULL)
			cursor = arena_bytes(a, x.next);
		arena_reset(page);
	} while (rc == 0 && cursor.p != NULL && d.n < limit);
	arena_free(page);
	*n = d.n;
	return rc;
}
