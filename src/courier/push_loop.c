/* Takes what waits to be pushed and hands it to the pusher, who settles it.
 * What the pusher cannot decide stays leased, and is due again. */
#include "courier/courier.h"

#include "base/clk.h"
#include "base/log.h"
#include "store/store_push.h"

#define AT_ONCE 500
#define LEASE 60	/* seconds */

struct pass {
	struct arena *arena;
	int64_t now, due;
	struct push_job *jobs;
	size_t n;
};

static int due_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct pass *p = arg;

	return store_push_next_due(tx, &p->due, e);
}

static int claim_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct pass *p = arg;

	return store_push_claim(tx, p->now, p->now + LEASE, AT_ONCE,
		p->arena, &p->jobs, &p->n, e);
}

static void send(struct courier *c, struct pass *p)
{
	const struct conf *conf = conf_acquire(c->conf, p->now);
	struct push_request *rq = arena_zalloc(p->arena, p->n * sizeof(*rq));

	for (size_t i = 0; i < p->n; i++) {
		rq[i].enrollment = p->jobs[i].enrollment;
		rq[i].apns_id = p->jobs[i].apns_id;
	}
	pusher_send(c->pusher, conf, rq, p->n, COURIER_DRAIN_MS);
	conf_release(c->conf, conf);
}

/* Whether there may be more at once; *due: when there is, if not. */
static bool pass(struct courier *c, struct arena *a, int64_t *due)
{
	struct pass p = { .arena = a, .now = clk_now() };
	struct err e = ERR_INIT;

	*due = 0;
	if (store_read(c->store, due_tx, &p, &e) == 0) {
		*due = p.due;
		if (p.due == 0 || p.due > p.now)
			return false;
		if (store_write(c->store, claim_tx, &p, &e) == 0) {
			send(c, &p);
			return p.n > 0;
		}
	}
	log_msg(LOG_WARN, "pushes", "%s", e.msg);
	c->failed = true;
	*due = 0;
	return false;
}

void *push_loop(void *arg)
{
	struct courier *c = arg;
	struct arena *a = arena_new();
	uint64_t seen = 0;

	while (!c->stopping) {
		int64_t due;
		bool more = pass(c, a, &due);

		arena_reset(a);
		if (more)
			continue;
		if (c->once)
			break;
		courier_wait(c, &seen, courier_ms_until(due, clk_now()));
	}
	arena_free(a);
	return NULL;
}
