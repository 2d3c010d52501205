/* The sweeps of enrollment. The rules are mdm/await's and admin/op_renew's. */
#include "courier/enroll_sweep.h"

#include "admin/op_renew.h"
#include "base/log.h"
#include "mdm/await.h"
#include "store/store_enroll.h"

#define AT_ONCE 200		/* rows of a transaction: each takes some
				 * pages, also of a store that is full */
#define DAY 86400
#define TICKET_KEPT DAY		/* so that a log line can say "has expired" */
#define RENEWALS_EVERY 600	/* seconds */
#define RENEWALS_LIMIT 100	/* a minute: each costs our CA a signature */

struct turn {
	struct courier *c;
	const struct conf *conf;
	int64_t now;
	struct arena *a;
	size_t n;
};

static int await_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct turn *t = arg;

	return await_release(tx, t->conf, t->now, AT_ONCE, t->a, &t->n, e);
}

static int tickets_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct turn *t = arg;

	return store_ticket_sweep(tx, t->now - TICKET_KEPT, AT_ONCE, &t->n, e);
}

static int issued_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct turn *t = arg;

	return store_issued_sweep(tx, t->now -
		(int64_t)t->conf->issued_days * DAY, AT_ONCE, &t->n, e);
}

/* Small transactions one after the other: others get in between. */
static bool all(struct turn *t, const char *what, store_fn fn)
{
	struct err e = ERR_INIT;
	uint64_t total = 0;

	do {
		if (store_write(t->c->store, fn, t, &e) < 0) {
			log_msg(LOG_WARN, "sweep", "%s: %s", what, e.msg);
			break;
		}
		total += t->n;
		arena_reset(t->a);
	} while (t->n >= AT_ONCE && !t->c->stopping);
	if (total > 0)
		log_msg(LOG_INFO, "swept", "%llu %s",
			(unsigned long long)total, what);
	return total > 0;
}

/* A clock that was set back does not stop the looking. */
static bool is_due(const struct enroll_sweep *s, int64_t now)
{
	return now >= s->renewals_due ||
		s->renewals_due > now + RENEWALS_EVERY;
}

static bool renewals(struct enroll_sweep *s, struct turn *t)
{
	struct op op = { .store = t->c->store, .conf = t->conf,
		.who = "courier", .now = t->now };
	struct err e = ERR_INIT;
	size_t n;

	if (t->conf->renew_days == 0 || !is_due(s, t->now))
		return false;
	if (op_renew_due(&op, RENEWALS_LIMIT, t->a, &n, &e) < 0)
		log_msg(LOG_WARN, "sweep", "renewals: %s", e.msg);
	/* There may be more: on with it in the next minute. */
	if (n < RENEWALS_LIMIT)
		s->renewals_due = t->now + RENEWALS_EVERY;
	if (n > 0)
		log_msg(LOG_INFO, "renewals", "%zu devices are asked to renew "
			"their certificate", n);
	arena_reset(t->a);
	return n > 0;
}

void enroll_sweep(struct enroll_sweep *s, struct courier *c,
	const struct conf *conf, int64_t now, struct arena *a, bool *pushes)
{
	struct turn t = { .c = c, .conf = conf, .now = now, .a = a };
	bool let_go = all(&t, "devices let go from Setup Assistant", await_tx);
	bool asked = renewals(s, &t);

	*pushes = let_go || asked;
	all(&t, "tickets", tickets_tx);
	all(&t, "issued certificates", issued_tx);
}
