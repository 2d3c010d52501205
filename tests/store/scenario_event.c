/* Events on their way to webhooks, as scenarios. */
#include "scenario.h"

#include "store/store_event.h"

#define TRY(call) do { if ((call) < 0) return -1; } while (0)
/* In a store that is damaged, anything may be absent. */
#define NEED(p) do { \
	if ((p) == NULL) \
		return err_set(e, ERR_BUSY, "%s is not there", #p); \
} while (0)

static int put_hook(struct store_tx *tx, const char *name, const char *topics,
	uint64_t *num, struct err *e)
{
	struct webhook h = { .name = name, .url = "https://h.example/",
		.key = bytes_str("hmac"), .topics = topics, .idle = true,
		.created = 1 };

	TRY(store_webhook_put(tx, &h, e));
	*num = h.num;
	return 0;
}

static int add(struct store_tx *tx, struct world *w, uint64_t num,
	uint64_t *seq, struct err *e)
{
	struct event ev = { .topic = "mdm.Connect", .uuid = "U",
		.form = EVENT_ACKNOWLEDGE, .created = w->now,
		.enrollment = num, .raw = bytes_str("<plist/>") };
	unsigned n;

	TRY(store_event_add(tx, &ev, w->arena, &n, e));
	*seq = ev.seq;
	return 0;
}

static int claim(struct store_tx *tx, struct world *w, uint64_t hook,
	struct claim **out, struct err *e)
{
	struct claim **all;
	size_t n;

	TRY(store_delivery_claim(tx, hook, w->now, w->now + 60, 1, w->arena,
	    &all, &n, e));
	if (n != 1)
		return err_set(e, ERR_CONFLICT, "nothing to deliver");
	*out = all[0];
	return 0;
}

/* Events 1 to 4 of enrollment 1 and 5 of none, for webhook 1: 1 is buried, 2
 * was delivered, 3 failed once. */
int scenario_prepare_event(struct store_tx *tx, struct world *w,
	struct err *e)
{
	struct webhook_state s = { .failures = 1, .last_error = "no" };
	struct claim *c;
	uint64_t hook, seq;

	TRY(put_hook(tx, "first", "", &hook, e));
	TRY(store_webhook_state_put(tx, hook, &s, e));
	for (int i = 0; i < 4; i++)
		TRY(add(tx, w, 1, &seq, e));
	TRY(add(tx, w, 0, &seq, e));
	for (int i = 0; i < 4; i++) {
		TRY(claim(tx, w, hook, &c, e));
		if (c->enrollment == 0)
			TRY(store_delivery_retry(tx, c, w->now + 50, NULL,
			    e));
		else if (c->seq == 1)
			TRY(store_delivery_bury(tx, c, w->now, "why", e));
		else if (c->seq == 2)
			TRY(store_delivery_done(tx, c, w->now, 0, w->arena,
			    &c, e));
		else
			TRY(store_delivery_retry(tx, c, w->now, "no", e));
	}
	return 0;
}

int scenario_deliver(struct store_tx *tx, void *arg, struct err *e)
{
	struct webhook_state s = { .hold_until = 1 };
	struct world *w = arg;
	uint64_t hook, seq;
	bool b;
	struct claim *c;
	size_t n;

	TRY(put_hook(tx, "second", "mdm.*", &hook, e));
	TRY(store_event_wanted(tx, "mdm.Connect", false, &b, e));
	TRY(add(tx, w, 1, &seq, e));
	TRY(store_delivery_replay(tx, 1, 1, w->now, &b, e));
	TRY(claim(tx, w, 1, &c, e));
	TRY(store_delivery_done(tx, c, w->now, w->now + 60, w->arena, &c, e));
	TRY(store_delivery_retry(tx, c, w->now, "again", e));
	TRY(claim(tx, w, 1, &c, e));
	TRY(store_delivery_bury(tx, c, w->now, "why", e));
	TRY(store_webhook_state_put(tx, 1, &s, e));
	TRY(store_delivery_expire(tx, 1, w->now, w->now, 10, &n, e));
	TRY(store_webhook_del(tx, hook, &b, e));
	TRY(store_event_sweep(tx, w->now + 1, 0, 100, &n, e));
	/* One delivery to the second, and what nobody waits for. */
	return n == 4 ? 0 : err_set(e, ERR_CONFLICT, "%zu were swept", n);
}

int scenario_look_out(struct store_tx *tx, void *arg, struct err *e)
{
	struct delivery_query q = { .state = DELIVERY_WAITING, .limit = 9 };
	struct world *w = arg;
	struct store_outbox info;
	struct webhook_state s;
	struct webhook **hooks, *h;
	struct delivery *d;
	struct bytes next;
	struct event *ev;
	int64_t due;
	size_t n;
	bool b;

	TRY(store_webhook_get(tx, 1, w->arena, &h, e));
	NEED(h);
	TRY(store_webhook_list(tx, w->arena, &hooks, &n, e));
	TRY(store_webhook_state_get(tx, 1, w->arena, &s, e));
	TRY(store_event_wanted(tx, "mdm.Connect", true, &b, e));
	TRY(store_event_get(tx, 3, w->arena, &ev, e));
	NEED(ev);
	TRY(store_delivery_list(tx, &q, w->arena, &d, &n, &next, e));
	q.has_enrollment = true;
	q.enrollment = 1;
	TRY(store_delivery_list(tx, &q, w->arena, &d, &n, &next, e));
	q.state = DELIVERY_BURIED;
	TRY(store_delivery_list(tx, &q, w->arena, &d, &n, &next, e));
	TRY(store_delivery_next_due(tx, 1, &due, e));
	return store_outbox_info(tx, &info, e);
}
