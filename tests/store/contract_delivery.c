/* Deliveries of events to webhooks. */
#include "outbox_verbs.h"

static bool replay(struct world *w, uint64_t hook, uint64_t seq)
{
	bool queued;

	OK(store_delivery_replay(world_write(w), hook, seq, w->now, &queued,
	    &w->err));
	world_commit(w);
	return queued;
}

static int64_t next_due(struct world *w, uint64_t hook)
{
	int64_t due;

	OK(store_delivery_next_due(world_read(w), hook, &due, &w->err));
	world_end(w);
	return due;
}

static void test_delivery_order(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), seq[4];
	struct claim **c, **none, *next;
	int64_t start = w->now;

	assert_int_equal(next_due(w, h), 0);
	assert_int_equal(claim(w, h, 10, &c), 0);
	seq[0] = add(w, 1, "mdm.Connect", 1);
	w->now++;
	seq[1] = add(w, 2, "mdm.Connect", 1);
	seq[2] = add(w, 1, "mdm.Connect", 1);
	seq[3] = add(w, 1, "mdm.CheckOut", 1);
	assert_true(seq[0] < seq[1] && seq[1] < seq[2] && seq[2] < seq[3]);
	assert_int_equal(next_due(w, h), start);
	assert_int_equal(info(w).oldest, start);
	world_check(w);

	/* Two lanes, one delivery of each at a time. */
	assert_int_equal(claim(w, h, 10, &c), 2);
	assert_int_equal(c[0]->seq, seq[0]);
	assert_int_equal(c[0]->webhook, h);
	assert_int_equal(c[0]->enrollment, 1);
	assert_int_equal(c[0]->attempts, 0);
	assert_string_equal(c[0]->event->topic, "mdm.Connect");
	assert_true(bytes_is(c[0]->event->raw, "<plist/>"));
	assert_int_equal(c[1]->seq, seq[1]);
	assert_true(c[0]->lease != 0 && c[0]->lease != c[1]->lease);
	assert_int_equal(claim(w, h, 10, &none), 0);
	assert_int_equal(next_due(w, h), w->now + 60);

	/* The lane goes on under its lease. */
	next = done(w, c[0], true);
	assert_int_equal(next->seq, seq[2]);
	assert_int_equal(next->lease, c[0]->lease);
	world_check(w);
	assert_null(done(w, c[1], true));
	assert_int_equal(info(w).waiting, 2);
	assert_int_equal(info(w).oldest, start + 1);
	/* Or is given up, due now. */
	assert_null(done(w, next, false));
	next = claim_one(w, h);
	assert_int_equal(next->seq, seq[3]);
	assert_string_equal(next->event->topic, "mdm.CheckOut");
	assert_null(done(w, next, true));
	assert_int_equal(next_due(w, h), 0);
	assert_int_equal(info(w).waiting, 0);
	assert_int_equal(info(w).events, 4);
	assert_int_equal(info(w).oldest, 0);
	world_check(w);
}

static void test_delivery_claim_limits(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), other = hook(w, "b", "mooring.*");
	struct webhook_state s = { .hold_until = w->now + 10 };
	struct webhook *got;
	struct claim **c, **none;

	for (uint64_t i = 1; i <= 5; i++)
		add(w, i, "mdm.Connect", 1);
	assert_int_equal(claim(w, other, 10, &c), 0);
	assert_int_equal(next_due(w, other), 0);
	assert_int_equal(claim(w, h, 2, &c), 2);
	assert_int_equal(claim(w, h, 2, &c), 2);
	assert_int_equal(claim(w, h, 2, &c), 1);
	assert_int_equal(claim(w, h + 7, 2, &none), 0);	/* no such webhook */
	assert_int_equal(next_due(w, h + 7), 0);

	/* Held: nothing until then, not even the rest of a lane. */
	add(w, c[0]->enrollment, "mdm.Connect", 1);
	OK(store_webhook_state_put(world_write(w), h, &s, &w->err));
	world_commit(w);
	assert_null(done(w, c[0], true));
	assert_int_equal(claim(w, h, 10, &c), 0);
	assert_int_equal(next_due(w, h), w->now + 10);
	w->now += 10;
	claim_one(w, h);

	/* Paused: takes events, is given none. */
	got = get_hook(w, h);
	got->paused = true;
	OK(store_webhook_put(world_write(w), got, &w->err));
	world_commit(w);
	add(w, 9, "mdm.Connect", 1);
	w->now += 100;
	assert_int_equal(claim(w, h, 10, &c), 0);
	assert_int_equal(next_due(w, h), 0);
	got->paused = false;
	OK(store_webhook_put(world_write(w), got, &w->err));
	world_commit(w);
	assert_int_equal(claim(w, h, 10, &c), 6);
	world_check(w);
}

static void test_delivery_leases(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), first, second;
	struct claim *old, *new;

	first = add(w, 1, "mdm.Connect", 1);
	second = add(w, 1, "mdm.Connect", 1);
	old = claim_one(w, h);
	w->now += 60;
	new = claim_one(w, h);	/* the lease has passed */
	assert_int_equal(new->seq, first);
	assert_int_not_equal(new->lease, old->lease);

	/* What another's claim says is not heard ... */
	retry(w, old, w->now + 900, "no");
	bury(w, old, "no");
	assert_int_equal(info(w).buried, 0);
	assert_int_equal(next_due(w, h), w->now + 60);
	/* ... but for what was delivered. */
	assert_null(done(w, old, true));
	assert_int_equal(info(w).waiting, 1);
	world_check(w);
	new = done(w, new, true);
	assert_int_equal(new->seq, second);

	/* The lease ran out, yet nobody else came: it is still ours. */
	w->now += 1000;
	assert_null(done(w, new, true));
	assert_int_equal(info(w).waiting, 0);
	assert_null(done(w, new, true));
	retry(w, new, w->now, "late");
	bury(w, new, "late");
	assert_int_equal(info(w).buried, 0);
	world_check(w);
}

static void test_delivery_retry(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", "");
	struct delivery_query q = { .state = DELIVERY_WAITING };
	struct delivery *d;
	struct claim **none;
	struct claim *c;

	add(w, 1, "mdm.Connect", 1);
	add(w, 1, "mdm.Connect", 1);
	retry(w, claim_one(w, h), w->now + 5, "status 500");
	assert_int_equal(claim(w, h, 10, &none), 0);
	assert_int_equal(next_due(w, h), w->now + 5);
	list(w, q, &d);
	assert_int_equal(d[0].attempts, 1);
	assert_int_equal(d[0].due, w->now + 5);
	assert_string_equal(d[0].why, "status 500");
	assert_int_equal(d[1].attempts, 0);
	assert_int_equal(d[1].due, 0);
	assert_null(d[1].why);
	w->now += 5;
	c = claim_one(w, h);
	assert_int_equal(c->attempts, 1);
	/* Not its receiver's fault: not counted. */
	retry(w, c, w->now, NULL);
	c = claim_one(w, h);
	assert_int_equal(c->attempts, 1);
	/* The next one begins anew. */
	c = done(w, c, true);
	assert_int_equal(c->attempts, 0);
	world_check(w);
}

static void test_delivery_bury_and_replay(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), first, second, third;
	struct delivery_query q = { .state = DELIVERY_BURIED };
	struct claim **none, *c;
	struct delivery *d;
	bool queued;

	first = add(w, 1, "mdm.Connect", 1);
	second = add(w, 1, "mdm.Connect", 1);
	third = add(w, 1, "mdm.Connect", 1);
	retry(w, claim_one(w, h), w->now, "no answer");
	bury(w, claim_one(w, h), "status 500");
	assert_int_equal(info(w).buried, 1);
	assert_int_equal(info(w).waiting, 2);
	world_check(w);
	list(w, q, &d);
	assert_int_equal(d[0].seq, first);
	assert_int_equal(d[0].enrollment, 1);
	assert_int_equal(d[0].attempts, 2);
	assert_int_equal(d[0].buried, w->now);
	assert_string_equal(d[0].why, "status 500");
	assert_string_equal(d[0].topic, "mdm.Connect");
	assert_string_equal(d[0].uuid, get(w, first)->uuid);

	/* The lane goes on; what is replayed comes before what is younger. */
	c = claim_one(w, h);
	assert_int_equal(c->seq, second);
	assert_true(replay(w, h, first));
	assert_false(replay(w, h, first));
	assert_false(replay(w, h, third));
	assert_int_equal(info(w).buried, 0);
	assert_int_equal(claim(w, h, 10, &none), 0);
	world_check(w);
	c = done(w, c, true);
	assert_int_equal(c->seq, first);
	assert_int_equal(c->attempts, 0);
	c = done(w, c, true);
	assert_int_equal(c->seq, third);
	retry(w, c, w->now + 900, "no");
	/* One that was delivered, into a lane that waits. */
	assert_true(replay(w, h, second));
	c = claim_one(w, h);
	assert_int_equal(c->seq, second);
	/* Into a lane that another has; then he gives it back. */
	assert_true(replay(w, h, first));
	retry(w, c, w->now, "no");
	c = claim_one(w, h);
	assert_int_equal(c->seq, first);
	assert_int_equal(c->attempts, 0);
	assert_null(done(w, c, false));
	world_check(w);

	FAILS(store_delivery_replay(world_write(w), h, third + 1, w->now,
	    &queued, &w->err), ERR_NOT_FOUND);
	world_abort(w);
	FAILS(store_delivery_replay(world_write(w), h + 1, third, w->now,
	    &queued, &w->err), ERR_NOT_FOUND);
	world_abort(w);
	/* To a webhook that came later. */
	assert_true(replay(w, hook(w, "late", "mooring.*"), first));
	assert_int_equal(info(w).waiting, 3);
	world_check(w);
}

static size_t expire(struct world *w, uint64_t hook, int64_t before,
	size_t limit)
{
	size_t n;

	OK(store_delivery_expire(world_write(w), hook, before, w->now, limit,
	    &n, &w->err));
	world_commit(w);
	return n;
}

/* What a receiver that is gone has kept waiting. */
static void test_delivery_expire(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), other = hook(w, "b", ""), third;
	struct delivery_query q = { .state = DELIVERY_BURIED, .webhook = h };
	struct claim **cs;
	struct delivery *d;

	assert_int_equal(expire(w, h, w->now + 1, 10), 0);
	add(w, 1, "mdm.Connect", 2);
	add(w, 2, "mdm.Connect", 2);
	add(w, 1, "mdm.Connect", 2);
	assert_int_equal(claim(w, h, 1, &cs), 1);
	assert_int_equal(cs[0]->enrollment, 1);
	retry(w, cs[0], w->now + 100, "no answer");
	w->now += 100;
	third = add(w, 1, "mdm.Connect", 2);
	/* Nothing is older than the oldest. */
	assert_int_equal(expire(w, h, w->now - 100, 10), 0);
	assert_int_equal(expire(w, h, w->now, 1), 1);
	world_check(w);
	/* Somebody has the head of the other lane: it stays. */
	assert_int_equal(claim(w, h, 1, &cs), 1);
	assert_int_equal(cs[0]->enrollment, 2);
	assert_int_equal(expire(w, h, w->now, 10), 1);
	assert_null(done(w, cs[0], true));
	world_check(w);
	list(w, q, &d);
	assert_int_equal(d[0].attempts, 1);
	assert_string_equal(d[0].why, "no answer");
	assert_int_equal(d[1].attempts, 0);
	assert_non_null(d[1].why);
	/* The lane goes on with what is left; the other webhook has all. */
	assert_int_equal(claim_one(w, h)->seq, third);
	assert_int_equal(claim(w, h, 10, &cs), 0);
	assert_int_equal(claim(w, other, 10, &cs), 2);
	assert_int_equal(info(w).buried, 2);
	assert_int_equal(info(w).waiting, 5);
	assert_true(replay(w, h, d[0].seq));
	world_check(w);
}

static void test_delivery_list(void **state)
{
	struct world *w = *state;
	struct delivery_query q = { .state = DELIVERY_WAITING };
	struct delivery *d;
	struct bytes next;
	size_t n;

	/* Webhooks 1, 2, 3; events 1 to 6 of enrollments 1 and 2. */
	assert_int_equal(hook(w, "a", ""), 1);
	assert_int_equal(hook(w, "b", "mdm.CheckOut"), 2);
	assert_int_equal(hook(w, "c", ""), 3);
	for (uint64_t i = 1; i <= 6; i++)
		assert_int_equal(add(w, 1 + i % 2, i % 3 == 0 ?
		    "mdm.CheckOut" : "mdm.Connect", i % 3 == 0 ? 3 : 2), i);
	for (q.limit = 1; q.limit < 16; q.limit++)
		assert_string_equal(list(w, q, NULL), " 1/1 3/1 1/2 3/2 1/3 "
		    "2/3 3/3 1/4 3/4 1/5 3/5 1/6 2/6 3/6");
	q.limit = 2;
	q.webhook = 2;
	assert_string_equal(list(w, q, NULL), " 2/3 2/6");
	q.has_enrollment = true;
	q.enrollment = 1;
	assert_string_equal(list(w, q, NULL), " 2/6");
	q.webhook = 0;
	assert_string_equal(list(w, q, NULL), " 1/2 3/2 1/4 3/4 1/6 2/6 3/6");
	q.webhook = 9;
	assert_string_equal(list(w, q, NULL), "");
	q.webhook = 0;
	q.state = DELIVERY_BURIED;
	assert_string_equal(list(w, q, NULL), "");
	for (uint64_t h = 1; h <= 3; h += 2) {
		struct claim **c;

		assert_int_equal(claim(w, h, 2, &c), 2);
		bury(w, c[0], "w");
		bury(w, c[1], "w");
	}
	assert_string_equal(list(w, q, NULL), " 1/2 3/2");
	q.has_enrollment = false;
	q.limit = 1;
	assert_string_equal(list(w, q, NULL), " 1/1 3/1 1/2 3/2");
	q.cursor = bytes_str("no cursor of ours");
	FAILS(store_delivery_list(world_read(w), &q, w->arena, &d, &n, &next,
	    &w->err), ERR_BAD_INPUT);
	world_end(w);
	q.cursor = bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	OK(store_delivery_list(world_read(w), &q, w->arena, &d, &n, &next,
	    &w->err));
	world_end(w);
	assert_int_equal(n, 0);
	world_check(w);
}

const struct contract_test contract_delivery[] = {
	CONTRACT(test_delivery_order),
	CONTRACT(test_delivery_claim_limits),
	CONTRACT(test_delivery_leases),
	CONTRACT(test_delivery_retry),
	CONTRACT(test_delivery_bury_and_replay),
	CONTRACT(test_delivery_expire),
	CONTRACT(test_delivery_list),
	{ NULL, NULL },
};
