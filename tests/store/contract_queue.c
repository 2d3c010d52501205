/* Commands, targets, and what the queue offers in which order. */
#include "contract.h"

static void expect(const char *got, const char *want)
{
	if (!str_eq(got, want))
		fail_msg("got %s, expected %s", got != NULL ? got : "nothing",
		    want != NULL ? want : "nothing");
}

static enum target_state state_of(struct world *w, uint64_t num,
	const char *uuid)
{
	struct target *t = world_target(w, num, uuid);

	return t != NULL ? t->state : (enum target_state)0;
}

static void deliver(struct world *w, uint64_t num, const char *uuid, int times)
{
	while (times-- > 0)
		store_touch_delivered(w->st, num, uuid, w->now);
}

static void test_command_bodies(void **state)
{
	struct world *w = *state;
	struct command c = world_command("C1"), *got;
	struct store_tx *tx = world_write(w);
	unsigned char digest[DIGEST_LEN];
	char longest[COMMAND_UUID_MAX + 2];
	bool created;

	c.once = true;
	c.created = 12345;
	OK(store_command_put(tx, &c, &created, &w->err));
	assert_true(created);
	OK(store_command_put(tx, &c, &created, &w->err));
	assert_false(created);
	world_commit(w);

	tx = world_write(w);
	OK(store_command_get(tx, "C1", w->arena, &got, &w->err));
	assert_string_equal(got->uuid, "C1");
	assert_string_equal(got->request_type, "ProfileList");
	assert_true(got->once);
	assert_int_equal(got->created, 12345);
	assert_true(bytes_eq(got->body, c.body));
	digest_sha256(c.body, digest);
	assert_memory_equal(got->digest, digest, DIGEST_LEN);
	OK(store_command_get(tx, "C2", w->arena, &got, &w->err));
	assert_null(got);
	c.body = bytes_str("<plist>another</plist>");
	FAILS(store_command_put(tx, &c, &created, &w->err), ERR_CONFLICT);

	memset(longest, '\xff', sizeof(longest));
	longest[COMMAND_UUID_MAX + 1] = '\0';
	c.uuid = longest;
	FAILS(store_command_put(tx, &c, &created, &w->err), ERR_BAD_INPUT);
	longest[COMMAND_UUID_MAX] = '\0';
	OK(store_command_put(tx, &c, &created, &w->err));
	OK(store_command_get(tx, longest, w->arena, &got, &w->err));
	assert_string_equal(got->uuid, longest);
	c.uuid = "";
	FAILS(store_command_put(tx, &c, &created, &w->err), ERR_BAD_INPUT);
	world_commit(w);
	world_check(w);
}

static void test_order(void **state)
{
	struct world *w = *state;
	uint64_t a, b;
	struct enrollment ea = world_enroll(w, "A"), eb = world_enroll(w, "B");
	const struct target_options urgent = { .priority = 255 },
	    idle = { .priority = 0 };

	a = ea.num;
	b = eb.num;
	expect(world_next(w, a, false), NULL);
	assert_int_equal(world_add(w, &ea, "idle", &idle), STORE_QUEUED);
	assert_int_equal(world_add(w, &ea, "1", NULL), STORE_QUEUED);
	assert_int_equal(world_add(w, &ea, "2", NULL), STORE_QUEUED);
	assert_int_equal(world_add(w, &eb, "2", NULL), STORE_QUEUED);
	assert_int_equal(world_add(w, &ea, "urgent", &urgent), STORE_QUEUED);
	assert_int_equal(world_target(w, a, "1")->priority,
	    COMMAND_PRIORITY_DEFAULT);
	for (int i = 0; i < 2; i++)	/* until it is answered */
		expect(world_next(w, a, false), "urgent");
	expect(world_next(w, b, false), "2");
	world_answer(w, a, "urgent", TARGET_ACKNOWLEDGED, "");
	expect(world_next(w, a, false), "1");
	world_answer(w, a, "1", TARGET_ERROR, "");
	expect(world_next(w, a, false), "2");
	world_answer(w, a, "2", TARGET_FORMAT_ERROR, "");
	expect(world_next(w, a, false), "idle");
	world_answer(w, a, "idle", TARGET_ACKNOWLEDGED, "");
	expect(world_next(w, a, false), NULL);
	expect(world_next(w, b, false), "2");
	world_check(w);
}

static void test_add_again(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct store_tx *tx;
	enum store_queued how;
	size_t n;

	tx = world_write(w);
	FAILS(store_target_add(tx, &en, "none", NULL, w->now, &how, &w->err),
	    ERR_NOT_FOUND);
	world_abort(w);
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_QUEUED);
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_KNOWN);
	world_answer(w, en.num, "C", TARGET_ERROR, "old");
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_KNOWN);
	assert_int_equal(state_of(w, en.num, "C"), TARGET_ERROR);

	/* A new generation may have it anew, answered or cancelled. */
	en.generation++;
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_QUEUED);
	assert_int_equal(state_of(w, en.num, "C"), TARGET_READY);
	assert_int_equal(world_target(w, en.num, "C")->generation,
	    en.generation);
	tx = world_write(w);
	OK(store_queue_cancel(tx, en.num, 10, w->now, &n, &w->err));
	assert_int_equal(n, 1);
	world_commit(w);
	assert_int_equal(state_of(w, en.num, "C"), TARGET_CANCELLED);
	expect(world_next(w, en.num, false), NULL);
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_QUEUED);
	expect(world_next(w, en.num, false), "C");
	/* Still queued from an earlier generation: it moves over. */
	en.generation++;
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_QUEUED);
	assert_int_equal(world_add(w, &en, "C", NULL), STORE_KNOWN);
	world_check(w);
}

static void test_parking(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	uint64_t a = en.num;
	struct store_tx *tx;
	bool parked;

	world_add(w, &en, "1", NULL);
	world_add(w, &en, "2", NULL);
	world_add(w, &en, "3", NULL);
	world_park(w, a, "1");
	assert_int_equal(state_of(w, a, "1"), TARGET_PARKED);
	assert_int_equal(world_target(w, a, "1")->notnow, 1);
	expect(world_next(w, a, false), "2");
	expect(world_next(w, a, true), "1");
	world_park(w, a, "2");
	world_park(w, a, "2");
	assert_int_equal(world_target(w, a, "2")->notnow, 2);
	world_park(w, a, "3");
	expect(world_next(w, a, false), NULL);
	expect(world_next(w, a, true), "1");
	tx = world_write(w);
	OK(store_queue_has_parked(tx, a, &parked, &w->err));
	assert_true(parked);
	OK(store_queue_unpark(tx, a, &w->err));
	OK(store_queue_has_parked(tx, a, &parked, &w->err));
	assert_false(parked);
	world_commit(w);
	/* In their old order. */
	expect(world_next(w, a, false), "1");
	world_answer(w, a, "1", TARGET_ACKNOWLEDGED, "");
	expect(world_next(w, a, false), "2");
	/* What is answered or unknown is not parked. */
	world_park(w, a, "1");
	world_park(w, a, "unknown");
	assert_int_equal(state_of(w, a, "1"), TARGET_ACKNOWLEDGED);
	world_check(w);
}

static int64_t waiting(struct world *w, uint64_t num, int64_t after)
{
	int64_t when;

	OK(store_queue_waiting(world_write(w), num, after, &when, &w->err));
	world_commit(w);
	return when;
}

static void test_not_before(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options later = { .priority = 100,
		.not_before = w->now + 100 };
	struct store_next next;
	struct store_tx *tx;

	assert_int_equal(waiting(w, en.num, 0), 0);
	world_add(w, &en, "later", &later);
	world_add(w, &en, "now", NULL);
	assert_int_equal(state_of(w, en.num, "later"), TARGET_WAITING);
	assert_int_equal(waiting(w, en.num, w->now), w->now + 100);
	assert_int_equal(waiting(w, en.num, w->now + 99), w->now + 100);
	assert_int_equal(waiting(w, en.num, w->now + 100), 0);
	assert_int_equal(waiting(w, en.num + 1, 0), 0);
	world_park(w, en.num, "later");
	assert_int_equal(state_of(w, en.num, "later"), TARGET_WAITING);
	expect(world_next(w, en.num, true), "now");
	world_answer(w, en.num, "now", TARGET_ACKNOWLEDGED, "");
	w->now += 99;
	expect(world_next(w, en.num, true), NULL);
	w->now += 1;
	tx = world_read(w);
	OK(store_queue_next(tx, en.num, false, w->now, w->arena, &next,
	    &w->err));
	world_end(w);
	assert_true(next.settle);
	assert_null(next.command);
	expect(world_next(w, en.num, false), "later");
	assert_int_equal(state_of(w, en.num, "later"), TARGET_READY);
	world_check(w);
}

static void test_not_after(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options soon = { .priority = 100,
		.not_after = w->now + 100 };

	world_add(w, &en, "soon", &soon);
	world_add(w, &en, "parked", &soon);
	world_add(w, &en, "ever", NULL);
	world_park(w, en.num, "parked");
	w->now += 100;
	expect(world_next(w, en.num, false), "soon");
	w->now += 1;
	expect(world_next(w, en.num, false), "ever");
	assert_int_equal(state_of(w, en.num, "soon"), TARGET_EXPIRED);
	assert_int_equal(world_target(w, en.num, "soon")->finished, w->now);
	assert_int_equal(state_of(w, en.num, "parked"), TARGET_PARKED);
	expect(world_next(w, en.num, true), "ever");
	assert_int_equal(state_of(w, en.num, "parked"), TARGET_EXPIRED);
	/* Expired ones may be queued anew in the same generation. */
	soon.not_after = 0;
	assert_int_equal(world_add(w, &en, "soon", &soon), STORE_QUEUED);
	world_check(w);
}

static void test_settle_is_bounded(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options later = { .priority = 100,
		.not_before = w->now + 1 };
	struct store_tx *tx = world_write(w);
	struct store_next next;
	char uuid[16];

	for (int i = 0; i < 150; i++) {
		struct command c = world_command(uuid);
		enum store_queued how;
		bool created;

		snprintf(uuid, sizeof(uuid), "C%03d", i);
		OK(store_command_put(tx, &c, &created, &w->err));
		OK(store_target_add(tx, &en, uuid, &later, w->now, &how,
		    &w->err));
	}
	world_commit(w);
	w->now++;
	tx = world_write(w);
	OK(store_queue_settle(tx, en.num, false, w->now, &w->err));
	OK(store_queue_next(tx, en.num, false, w->now, w->arena, &next,
	    &w->err));
	assert_true(next.settle);
	OK(store_queue_settle(tx, en.num, false, w->now, &w->err));
	OK(store_queue_next(tx, en.num, false, w->now, w->arena, &next,
	    &w->err));
	assert_false(next.settle);
	expect(next.command->uuid, "C000");
	world_commit(w);
	world_check(w);
}

static void test_stuck(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");

	world_add(w, &en, "bad", NULL);
	world_add(w, &en, "good", NULL);
	deliver(w, en.num, "bad", 2);
	expect(world_next(w, en.num, false), "bad");
	assert_int_equal(world_target(w, en.num, "bad")->deliveries, 2);
	deliver(w, en.num, "bad", 1);
	expect(world_next(w, en.num, false), "good");
	assert_int_equal(state_of(w, en.num, "bad"), TARGET_STUCK);
	assert_int_equal(world_add(w, &en, "bad", NULL), STORE_KNOWN);
	/* NotNow is an answer. */
	for (int i = 0; i < 5; i++) {
		deliver(w, en.num, "good", 1);
		world_park(w, en.num, "good");
	}
	deliver(w, en.num, "good", 2);
	expect(world_next(w, en.num, true), "good");
	assert_int_equal(world_target(w, en.num, "good")->deliveries, 7);
	deliver(w, en.num, "good", 1);
	expect(world_next(w, en.num, true), NULL);
	world_check(w);
}

static void test_dedupe(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	struct target_options o = { .priority = 100, .dedupe = "daily" };
	struct target_options short_lived = o;

	assert_int_equal(world_add(w, &a, "1", &o), STORE_QUEUED);
	assert_string_equal(world_target(w, a.num, "1")->dedupe, "daily");
	assert_int_equal(world_add(w, &a, "2", &o), STORE_DUPLICATE);
	assert_null(world_target(w, a.num, "2"));
	assert_int_equal(world_add(w, &b, "2", &o), STORE_QUEUED);
	world_park(w, a.num, "1");
	assert_int_equal(world_add(w, &a, "2", &o), STORE_DUPLICATE);
	world_answer(w, a.num, "1", TARGET_ACKNOWLEDGED, "");
	short_lived.not_after = w->now + 5;
	assert_int_equal(world_add(w, &a, "2", &short_lived), STORE_QUEUED);
	/* One that is past its time is not pending any more. */
	w->now += 6;
	assert_int_equal(world_add(w, &a, "3", &o), STORE_QUEUED);
	assert_int_equal(state_of(w, a.num, "2"), TARGET_EXPIRED);
	/* Nor is one that comes back under a key that is taken. */
	assert_int_equal(world_add(w, &a, "2", &o), STORE_DUPLICATE);
	assert_int_equal(state_of(w, a.num, "2"), TARGET_EXPIRED);
	world_check(w);
}

static void test_cancel(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	struct target_options later = { .priority = 100,
		.not_before = w->now + 1, .dedupe = "k" };
	struct store_tx *tx;
	size_t n;

	world_add(w, &a, "1", NULL);
	world_add(w, &a, "2", NULL);
	world_add(w, &a, "3", &later);
	world_add(w, &b, "1", NULL);
	world_park(w, a.num, "2");
	tx = world_write(w);
	OK(store_queue_cancel(tx, a.num, 2, w->now, &n, &w->err));
	assert_int_equal(n, 2);
	OK(store_queue_cancel(tx, a.num, 2, w->now, &n, &w->err));
	assert_int_equal(n, 1);
	OK(store_queue_cancel(tx, a.num, 2, w->now, &n, &w->err));
	assert_int_equal(n, 0);
	world_commit(w);
	assert_int_equal(state_of(w, a.num, "1"), TARGET_CANCELLED);
	assert_int_equal(state_of(w, a.num, "2"), TARGET_CANCELLED);
	assert_int_equal(state_of(w, a.num, "3"), TARGET_CANCELLED);
	assert_int_equal(world_target(w, a.num, "3")->finished, w->now);
	expect(world_next(w, a.num, true), NULL);
	expect(world_next(w, b.num, true), "1");
	assert_int_equal(world_add(w, &a, "4", &later), STORE_QUEUED);
	world_check(w);
}

static void test_cancel_one(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	struct target_options keyed = { .priority = 100, .dedupe = "k" };
	struct store_tx *tx;
	bool was;

	world_add(w, &a, "1", NULL);
	world_add(w, &a, "2", &keyed);
	world_add(w, &b, "1", NULL);
	tx = world_write(w);
	OK(store_target_cancel(tx, a.num, "2", w->now, &was, &w->err));
	assert_true(was);
	OK(store_target_cancel(tx, a.num, "2", w->now, &was, &w->err));
	assert_false(was);
	OK(store_target_cancel(tx, a.num, "none", w->now, &was, &w->err));
	assert_false(was);
	world_commit(w);
	assert_int_equal(state_of(w, a.num, "2"), TARGET_CANCELLED);
	assert_int_equal(world_target(w, a.num, "2")->finished, w->now);
	expect(world_next(w, a.num, true), "1");
	expect(world_next(w, b.num, true), "1");
	/* Its dedupe key is free again. */
	assert_int_equal(world_add(w, &a, "3", &keyed), STORE_QUEUED);
	world_check(w);
}

/* Gathers all pages; returns how many there were in all. */
static size_t pages(struct world *w, __typeof__(store_queue_list) *list,
	uint64_t num, size_t limit, const char **uuids)
{
	struct store_tx *tx = world_read(w);
	struct bytes cursor = { NULL, 0 };
	struct target **t;
	size_t n, all = 0;

	do {
		OK(list(tx, num, cursor, limit, w->arena, &t, &n, &cursor,
		    &w->err));
		assert_true(n <= limit);
		for (size_t i = 0; i < n; i++)
			uuids[all++] = t[i]->uuid;
	} while (cursor.p != NULL);
	world_end(w);
	return all;
}

static void test_lists(void **state)
{
	static const char *const want[] = { "high", "1", "2", "parked",
		"soon", "late" };
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	struct target_options o = { .priority = 100 };
	const char *got[8];
	struct store_tx *tx;
	struct bytes cursor;
	struct target **t;
	size_t n;

	o.not_before = w->now + 20;
	world_add(w, &a, "late", &o);
	o.not_before = w->now + 10;
	world_add(w, &a, "soon", &o);
	world_add(w, &a, "1", NULL);
	world_add(w, &a, "parked", NULL);
	world_add(w, &a, "2", NULL);
	world_add(w, &b, "2", NULL);
	world_park(w, a.num, "parked");
	o = (struct target_options){ .priority = 101 };
	world_add(w, &a, "high", &o);
	for (size_t limit = 1; limit < 8; limit++) {
		assert_int_equal(pages(w, store_queue_list, a.num, limit, got),
		    6);
		for (size_t i = 0; i < 6; i++)
			assert_string_equal(got[i], want[i]);
	}
	/* History: the latest first. */
	world_answer(w, a.num, "1", TARGET_ACKNOWLEDGED, "");
	world_answer(w, a.num, "2", TARGET_ACKNOWLEDGED, "");
	w->now++;
	world_answer(w, a.num, "high", TARGET_ERROR, "");
	for (size_t limit = 1; limit < 4; limit++) {
		assert_int_equal(pages(w, store_history_list, a.num, limit,
		    got), 3);
		assert_string_equal(got[0], "high");
		assert_string_equal(got[2], "1");
	}
	/* A cursor of another enrollment leads nowhere. */
	tx = world_read(w);
	OK(store_queue_list(tx, a.num, bytes_of(NULL, 0), 1, w->arena, &t, &n,
	    &cursor, &w->err));
	FAILS(store_queue_list(tx, b.num, cursor, 1, w->arena, &t, &n,
	    &cursor, &w->err), ERR_BAD_INPUT);
	FAILS(store_queue_list(tx, b.num, bytes_str("x"), 1, w->arena, &t, &n,
	    &cursor, &w->err), ERR_BAD_INPUT);
	FAILS(store_queue_list(tx, b.num, bytes_of(got, sizeof(got)), 1,
	    w->arena, &t, &n, &cursor, &w->err), ERR_BAD_INPUT);
	world_end(w);
}

static void test_targets_of_a_command(void **state)
{
	struct world *w = *state;
	struct store_tx *tx;
	struct target **t;
	uint64_t after = 0;
	size_t n, all = 0;

	for (int i = 0; i < 5; i++) {
		char udid[8];
		struct enrollment en;

		snprintf(udid, sizeof(udid), "d%d", i);
		en = world_enroll(w, udid);
		world_add(w, &en, "C", NULL);
		world_add(w, &en, udid, NULL);
	}
	tx = world_read(w);
	do {
		OK(store_target_list(tx, "C", after, 2, w->arena, &t, &n,
		    &w->err));
		for (size_t i = 0; i < n; i++, all++) {
			assert_string_equal(t[i]->uuid, "C");
			assert_true(t[i]->enrollment > after);
			after = t[i]->enrollment;
		}
	} while (n > 0);
	assert_int_equal(all, 5);
	OK(store_target_list(tx, "none", 0, 2, w->arena, &t, &n, &w->err));
	assert_int_equal(n, 0);
	world_end(w);
}

const struct contract_test contract_queue[] = {
	CONTRACT(test_command_bodies),
	CONTRACT(test_order),
	CONTRACT(test_add_again),
	CONTRACT(test_parking),
	CONTRACT(test_not_before),
	CONTRACT(test_not_after),
	CONTRACT(test_settle_is_bounded),
	CONTRACT(test_stuck),
	CONTRACT(test_dedupe),
	CONTRACT(test_cancel),
	CONTRACT(test_cancel_one),
	CONTRACT(test_lists),
	CONTRACT(test_targets_of_a_command),
	{ NULL, NULL },
};
