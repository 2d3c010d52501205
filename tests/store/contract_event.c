/* Webhooks, and the outbox of events for them. */
#include "contract.h"

#include "store/store_event.h"

/* ---- webhooks ---- */

static struct webhook hook_of(const char *name, const char *topics)
{
	return (struct webhook){ .name = name, .url = "https://a.example/hook",
		.key = bytes_str("key"), .topics = topics, .idle = true,
		.created = 5 };
}

static uint64_t hook(struct world *w, const char *name, const char *topics)
{
	struct webhook h = hook_of(name, topics);

	OK(store_webhook_put(world_write(w), &h, &w->err));
	world_commit(w);
	return h.num;
}

static struct webhook *get_hook(struct world *w, uint64_t num)
{
	struct webhook *h;

	OK(store_webhook_get(world_read(w), num, w->arena, &h, &w->err));
	world_end(w);
	return h;
}

static void del_hook(struct world *w, uint64_t num, bool want)
{
	bool was;

	OK(store_webhook_del(world_write(w), num, &was, &w->err));
	world_commit(w);
	assert_int_equal(was, want);
}

static void test_webhooks(void **state)
{
	struct world *w = *state;
	struct webhook a = hook_of("a", "mdm.*"), **list, *got;
	uint64_t b;
	size_t n;

	assert_null(get_hook(w, 1));
	OK(store_webhook_put(world_write(w), &a, &w->err));
	world_commit(w);
	b = hook(w, "b", "");
	assert_true(a.num != 0 && b != a.num);
	got = get_hook(w, a.num);
	assert_int_equal(got->num, a.num);
	assert_string_equal(got->name, "a");
	assert_string_equal(got->url, "https://a.example/hook");
	assert_string_equal(got->topics, "mdm.*");
	assert_true(bytes_is(got->key, "key"));
	assert_true(got->idle && !got->paused);
	assert_int_equal(got->created, 5);
	assert_string_equal(get_hook(w, b)->topics, "");

	/* Changed: no key, no Idle, paused, another name. */
	a.name = "c";
	a.key = bytes_of(NULL, 0);
	a.idle = false;
	a.paused = true;
	OK(store_webhook_put(world_write(w), &a, &w->err));
	world_commit(w);
	got = get_hook(w, a.num);
	assert_string_equal(got->name, "c");
	assert_null(got->key.p);
	assert_true(!got->idle && got->paused);
	a.name = "b";
	FAILS(store_webhook_put(world_write(w), &a, &w->err), ERR_CONFLICT);
	world_abort(w);

	OK(store_webhook_list(world_read(w), w->arena, &list, &n, &w->err));
	world_end(w);
	assert_int_equal(n, 2);
	assert_int_equal(list[0]->num, a.num);
	assert_int_equal(list[1]->num, b);
	assert_true(bytes_is(list[1]->key, "key"));
	assert_string_equal(list[0]->url, "https://a.example/hook");
	del_hook(w, a.num, true);
	del_hook(w, a.num, false);
	assert_null(get_hook(w, a.num));
	a.name = "a";
	FAILS(store_webhook_put(world_write(w), &a, &w->err), ERR_NOT_FOUND);
	world_abort(w);
	/* A number is not used again. */
	assert_true(hook(w, "d", "") > b);
	world_check(w);
}

static void test_webhook_limits(void **state)
{
	struct world *w = *state;
	struct webhook h = hook_of("", "");
	char name[200], many[16];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	h.name = name;
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	h.name = "x";
	h.url = NULL;
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	for (int i = 0; i < STORE_WEBHOOKS_MAX; i++) {
		snprintf(many, sizeof(many), "h%d", i);
		hook(w, many, "");
	}
	h = hook_of("one more", "");
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_CONFLICT);
	world_abort(w);
	world_check(w);
}

static void test_webhook_state(void **state)
{
	struct world *w = *state;
	uint64_t a = hook(w, "a", "");
	struct webhook_state s = { .hold_until = 9, .failures = 3,
		.last_ok = 4, .last_failed = 5, .last_error = "500" }, got;

	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_true(got.hold_until == 0 && got.failures == 0 &&
	    got.last_error == NULL);
	OK(store_webhook_state_put(world_write(w), a, &s, &w->err));
	world_commit(w);
	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_true(got.hold_until == 9 && got.failures == 3 &&
	    got.last_ok == 4 && got.last_failed == 5);
	assert_string_equal(got.last_error, "500");
	/* Gone, with it. */
	del_hook(w, a, true);
	OK(store_webhook_state_put(world_write(w), a, &s, &w->err));
	world_commit(w);
	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.hold_until, 0);
	world_check(w);
}

/* ---- events ---- */

static bool wanted(struct world *w, const char *topic, bool idle)
{
	bool out;

	OK(store_event_wanted(world_read(w), topic, idle, &out, &w->err));
	world_end(w);
	return out;
}

/* Returns its seq; 0: nobody takes it. */
static uint64_t add(struct world *w, uint64_t num, const char *topic,
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

static struct event *get(struct world *w, uint64_t seq)
{
	struct event *ev;

	OK(store_event_get(world_read(w), seq, w->arena, &ev, &w->err));
	world_end(w);
	return ev;
}

static struct store_outbox info(struct world *w)
{
	struct store_outbox o;

	OK(store_outbox_info(world_read(w), &o, &w->err));
	world_end(w);
	return o;
}

static void test_event_wanted(void **state)
{
	struct world *w = *state;
	struct webhook quiet = hook_of("quiet", "mdm.Connect");

	assert_false(wanted(w, "mdm.Connect", false));
	assert_int_equal(add(w, 1, "mdm.Connect", 0), 0);
	assert_int_equal(info(w).events, 0);
	quiet.idle = false;
	OK(store_webhook_put(world_write(w), &quiet, &w->err));
	world_commit(w);
	assert_true(wanted(w, "mdm.Connect", false));
	assert_false(wanted(w, "mdm.Connect", true));
	assert_false(wanted(w, "mdm.CheckOut", false));
	hook(w, "loud", "mdm.Connect, mooring.*");
	assert_true(wanted(w, "mdm.Connect", true));
	assert_true(wanted(w, "mooring.guard", false));
	assert_false(wanted(w, "mdm.CheckOut", false));
	assert_true(add(w, 1, "mdm.Connect", 2) > 0);
	assert_true(add(w, 0, "mooring.guard", 1) > 0);
	assert_int_equal(add(w, 1, "mdm.CheckOut", 0), 0);
	assert_int_equal(info(w).events, 2);
	assert_int_equal(info(w).waiting, 3);
	world_check(w);
}

static void test_event_fields(void **state)
{
	struct world *w = *state;
	struct event ev = { .topic = "mdm.TokenUpdate", .uuid = "U",
		.form = EVENT_CHECKIN, .created = 77, .enrollment = 4,
		.idle = true, .status = "Idle", .command_uuid = "C",
		.udid = "UDID", .enrollment_id = "EID",
		.id = bytes_str("UDID:USER"), .parent = bytes_str("UDID"),
		.type = "User", .has_tally = true, .tally = 0,
		.query = "a=b&c", .raw = bytes_of("<\0>", 3) }, *got;
	unsigned n;

	hook(w, "a", "");
	OK(store_event_add(world_write(w), &ev, w->arena, &n, &w->err));
	world_commit(w);
	got = get(w, ev.seq);
	assert_int_equal(got->seq, ev.seq);
	assert_string_equal(got->topic, "mdm.TokenUpdate");
	assert_string_equal(got->uuid, "U");
	assert_int_equal(got->form, EVENT_CHECKIN);
	assert_int_equal(got->created, 77);
	assert_int_equal(got->enrollment, 4);
	assert_true(got->idle);
	assert_string_equal(got->status, "Idle");
	assert_string_equal(got->command_uuid, "C");
	assert_string_equal(got->udid, "UDID");
	assert_string_equal(got->enrollment_id, "EID");
	assert_true(bytes_is(got->id, "UDID:USER"));
	assert_true(bytes_is(got->parent, "UDID"));
	assert_string_equal(got->type, "User");
	assert_true(got->has_tally && got->tally == 0);
	assert_string_equal(got->query, "a=b&c");
	assert_true(bytes_eq(got->raw, bytes_of("<\0>", 3)));

	/* The least, and a uuid of its own. */
	ev = (struct event){ .topic = "mooring.guard", .form = EVENT_OWN,
		.created = 1 };
	OK(store_event_add(world_write(w), &ev, w->arena, &n, &w->err));
	world_commit(w);
	got = get(w, ev.seq);
	assert_int_equal(strlen(got->uuid), 36);
	assert_string_equal(got->uuid, ev.uuid);
	assert_true(got->status == NULL && got->udid == NULL &&
	    got->id.p == NULL && got->parent.p == NULL && !got->has_tally &&
	    got->query == NULL && got->raw.p == NULL && !got->idle);
	assert_null(get(w, ev.seq + 1));
	world_check(w);
}

static void test_event_large(void **state)
{
	static unsigned char raw[3 << 20];
	struct world *w = *state;
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		.created = 1, .raw = bytes_of(raw, sizeof(raw)) };
	unsigned n;

	memset(raw, 'r', sizeof(raw));
	hook(w, "a", "");
	OK(store_event_add(world_write(w), &ev, w->arena, &n, &w->err));
	world_commit(w);
	assert_true(bytes_eq(get(w, ev.seq)->raw, ev.raw));
}

/* ---- deliveries ---- */

static size_t claim(struct world *w, uint64_t hook, size_t limit,
	struct claim ***out)
{
	size_t n;

	OK(store_delivery_claim(world_write(w), hook, w->now, w->now + 60,
	    limit, w->arena, out, &n, &w->err));
	world_commit(w);
	return n;
}

static struct claim *claim_one(struct world *w, uint64_t hook)
{
	struct claim **c;

	assert_int_equal(claim(w, hook, 10, &c), 1);
	return c[0];
}

static struct claim *done(struct world *w, const struct claim *c, bool go_on)
{
	struct claim *next;

	OK(store_delivery_done(world_write(w), c, w->now, go_on ?
	    w->now + 60 : 0, w->arena, &next, &w->err));
	world_commit(w);
	return next;
}

static void retry(struct world *w, const struct claim *c, int64_t due,
	const char *why)
{
	OK(store_delivery_retry(world_write(w), c, due, why, &w->err));
	world_commit(w);
}

static void bury(struct world *w, const struct claim *c, const char *why)
{
	OK(store_delivery_bury(world_write(w), c, w->now, why, &w->err));
	world_commit(w);
}

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

/* A page of deliveries, as "webhook/seq" texts. */
static const char *list(struct world *w, struct delivery_query q,
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

/* ---- retention ---- */

static size_t sweep(struct world *w, int64_t before, uint64_t max,
	size_t limit)
{
	size_t n;

	OK(store_event_sweep(world_write(w), before, max, limit, &n, &w->err));
	world_commit(w);
	world_check(w);
	return n;
}

static void test_event_sweep(void **state)
{
	struct world *w = *state;
	uint64_t h = hook(w, "a", ""), seq[6];
	int64_t start = w->now;
	struct claim *c;

	for (uint64_t i = 0; i < 6; i++, w->now++)
		seq[i] = add(w, 1, "mdm.Connect", 1);
	/* What waits stays. */
	assert_int_equal(sweep(w, w->now + 99, 1, 100), 0);
	c = claim_one(w, h);
	bury(w, c, "why");
	c = claim_one(w, h);
	for (int i = 1; i < 5; i++)
		c = done(w, c, true);
	assert_int_equal(c->seq, seq[5]);
	assert_int_equal(sweep(w, start, 0, 100), 0);
	assert_int_equal(sweep(w, start + 2, 0, 1), 1);
	assert_null(get(w, seq[0]));
	assert_int_equal(info(w).buried, 0);
	assert_int_equal(sweep(w, start + 2, 0, 100), 1);
	assert_null(get(w, seq[1]));
	/* By number: the oldest of those that nothing waits for. */
	assert_int_equal(sweep(w, 0, 2, 100), 1);
	assert_null(get(w, seq[2]));
	assert_non_null(get(w, seq[3]));
	assert_int_equal(sweep(w, 0, 2, 100), 0);
	assert_int_equal(sweep(w, w->now, 0, 100), 2);
	assert_int_equal(info(w).events, 1);
	assert_null(done(w, c, true));
	assert_int_equal(sweep(w, w->now, 0, 100), 1);
	assert_int_equal(info(w).events, 0);
}

static void test_event_sweep_after_webhook(void **state)
{
	struct world *w = *state;
	uint64_t a = hook(w, "a", ""), b = hook(w, "b", ""), seq;
	struct claim *c;

	seq = add(w, 1, "mdm.Connect", 2);
	add(w, 1, "mdm.Connect", 2);
	add(w, 2, "mdm.Connect", 2);
	for (int i = 0; i < 2; i++) {
		struct claim **all;

		assert_int_equal(claim(w, a, 10, &all), 2);
		bury(w, all[0], "why");
		c = all[1];
		retry(w, c, w->now + (i == 0 ? 0 : 900), "w");
	}
	del_hook(w, a, true);
	assert_int_equal(info(w).buried, 2);
	assert_int_equal(info(w).waiting, 4);
	/* A claim on it ends well all the same. */
	assert_null(done(w, c, true));
	assert_string_equal(list(w, (struct delivery_query){
	    .state = DELIVERY_WAITING }, NULL), " 2/1 2/2 2/3");
	for (size_t left = info(w).buried + info(w).waiting - 3; left > 0;
	    left--)
		assert_int_equal(sweep(w, 0, 0, 1), 1);
	assert_int_equal(sweep(w, 0, 0, 100), 0);
	assert_int_equal(info(w).buried, 0);
	assert_int_equal(info(w).waiting, 3);
	assert_non_null(get(w, seq));
	del_hook(w, b, true);
	assert_int_equal(sweep(w, 0, 0, 100), 3);
	assert_int_equal(sweep(w, w->now + 1, 0, 100), 3);
	assert_int_equal(info(w).events, 0);
}

static void test_event_writes_in_a_read(void **state)
{
	struct world *w = *state;
	struct webhook h = hook_of("a", "");
	struct webhook_state s = { .failures = 1 };
	struct event ev = { .topic = "mdm.Connect" };
	struct claim c = { .webhook = 1 }, **cs, *next;
	struct store_tx *tx = world_read(w);
	unsigned takers;
	size_t n;
	bool b;

	FAILS(store_webhook_put(tx, &h, &w->err), ERR_INTERNAL);
	FAILS(store_webhook_del(tx, 1, &b, &w->err), ERR_INTERNAL);
	FAILS(store_webhook_state_put(tx, 1, &s, &w->err), ERR_INTERNAL);
	FAILS(store_event_add(tx, &ev, w->arena, &takers, &w->err),
	    ERR_INTERNAL);
	FAILS(store_event_sweep(tx, 1, 1, 1, &n, &w->err), ERR_INTERNAL);
	FAILS(store_delivery_claim(tx, 1, 1, 1, 1, w->arena, &cs, &n, &w->err),
	    ERR_INTERNAL);
	FAILS(store_delivery_done(tx, &c, 1, 1, w->arena, &next, &w->err),
	    ERR_INTERNAL);
	FAILS(store_delivery_retry(tx, &c, 1, "", &w->err), ERR_INTERNAL);
	FAILS(store_delivery_bury(tx, &c, 1, "", &w->err), ERR_INTERNAL);
	FAILS(store_delivery_replay(tx, 1, 1, 1, &b, &w->err), ERR_INTERNAL);
	FAILS(store_delivery_expire(tx, 1, 1, 1, 1, &n, &w->err),
	    ERR_INTERNAL);
	world_end(w);
}

const struct contract_test contract_event[] = {
	CONTRACT(test_webhooks),
	CONTRACT(test_webhook_limits),
	CONTRACT(test_webhook_state),
	CONTRACT(test_event_wanted),
	CONTRACT(test_event_fields),
	CONTRACT(test_event_large),
	CONTRACT(test_delivery_order),
	CONTRACT(test_delivery_claim_limits),
	CONTRACT(test_delivery_leases),
	CONTRACT(test_delivery_retry),
	CONTRACT(test_delivery_bury_and_replay),
	CONTRACT(test_delivery_expire),
	CONTRACT(test_delivery_list),
	CONTRACT(test_event_sweep),
	CONTRACT(test_event_sweep_after_webhook),
	CONTRACT(test_event_writes_in_a_read),
	{ NULL, NULL },
};
