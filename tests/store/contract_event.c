/* The outbox of events for webhooks. */
#include "outbox_verbs.h"

/* ---- events ---- */

static bool wanted(struct world *w, const char *topic, bool idle)
{
	bool out;

	OK(store_event_wanted(world_read(w), topic, idle, &out, &w->err));
	world_end(w);
	return out;
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
	CONTRACT(test_event_wanted),
	CONTRACT(test_event_fields),
	CONTRACT(test_event_large),
	CONTRACT(test_event_sweep),
	CONTRACT(test_event_sweep_after_webhook),
	CONTRACT(test_event_writes_in_a_read),
	{ NULL, NULL },
};
