#ifndef MOORING_TESTS_STORE_OUTBOX_VERBS_H
#define MOORING_TESTS_STORE_OUTBOX_VERBS_H

/* The verbs of store_event.h, each in a transaction of its own. */

#include "contract.h"
#include "store/store_event.h"

/* ---- webhooks ---- */

static inline struct webhook hook_of(const char *name, const char *topics)
{
	return (struct webhook){ .name = name, .url = "https://a.example/hook",
		.key = bytes_str("key"), .topics = topics, .idle = true,
		.created = 5 };
}

static inline uint64_t hook(struct world *w, const char *name,
	const char *topics)
{
	struct webhook h = hook_of(name, topics);

	OK(store_webhook_put(world_write(w), &h, &w->err));
	world_commit(w);
	return h.num;
}

static inline struct webhook *get_hook(struct world *w, uint64_t num)
{
	struct webhook *h;

	OK(store_webhook_get(world_read(w), num, w->arena, &h, &w->err));
	world_end(w);
	return h;
}

static inline void del_hook(struct world *w, uint64_t num, bool want)
{
	bool was;

	OK(store_webhook_del(world_write(w), num, &was, &w->err));
	world_commit(w);
	assert_int_equal(was, want);
}

/* ---- events ---- */

/* Returns its seq; 0: nobody takes it. */
static inline uint64_t add(struct world *w, uint64_t num, const char *topic,
	unsigned takers)
{
	struct event ev = { .topic = topic, .form = EVENT_CHECKIN,
		.created = w->now, .enrollment = num,
		.raw = bytes_str("<plist/>") };
	unsigned n;

	OK(store_event_add(world_write(w), &ev, w->arena, &n, &w->err));
	world_commit(w);
	assert_int_equal(n, takers);
	return ev.seq;
}

static inline struct event *get(struct world *w, uint64_t seq)
{
	struct event *ev;

	OK(store_event_get(world_read(w), seq, w->arena, &ev, &w->err));
	world_end(w);
	return ev;
}

static inline struct store_outbox info(struct world *w)
{
	struct store_outbox o;

	OK(store_outbox_info(world_read(w), &o, &w->err));
	world_end(w);
	return o;
}

/* ---- deliveries ---- */

static inline size_t claim(struct world *w, uint64_t hook, size_t limit,
	struct claim ***out)
{
	size_t n;

	OK(store_delivery_claim(world_write(w), hook, w->now, w->now + 60,
	    limit, w->arena, out, &n, &w->err));
	world_commit(w);
	return n;
}

static inline struct claim *claim_one(struct world *w, uint64_t hook)
{
	struct claim **c;

	assert_int_equal(claim(w, hook, 10, &c), 1);
	return c[0];
}

static inline struct claim *done(struct world *w, const struct claim *c,
	bool go_on)
{
	struct claim *next;

	OK(store_delivery_done(world_write(w), c, w->now, go_on ?
	    w->now + 60 : 0, w->arena, &next, &w->err));
	world_commit(w);
	return next;
}

static inline void retry(struct world *w, const struct claim *c, int64_t due,
	const char *why)
{
	OK(store_delivery_retry(world_write(w), c, due, why, &w->err));
	world_commit(w);
}

static inline void bury(struct world *w, const struct claim *c, const char *why)
{
	OK(store_delivery_bury(world_write(w), c, w->now, why, &w->err));
	world_commit(w);
}

/* A page of deliveries, as "webhook/seq" texts. */
static inline const char *list(struct world *w, struct delivery_query q,
	struct delivery **out)
{
	struct bytes next;
	char *text = arena_strdup(w->arena, "");
	struct delivery *d;
	size_t n;

	if (q.limit == 0)
		q.limit = 100;
	do {
		OK(store_delivery_list(world_read(w), &q, w->arena, &d, &n,
		    &next, &w->err));
		world_end(w);
		assert_true(n <= q.limit);
		for (size_t i = 0; i < n; i++)
			text = arena_printf(w->arena, "%s %u/%u", text,
			    (unsigned)d[i].webhook, (unsigned)d[i].seq);
		q.cursor = next;
	} while (next.p != NULL);
	if (out != NULL)
		*out = d;
	return text;
}

#endif
