/* Answers, results, requeueing, retention, bodies that cannot be read. */
#include "contract.h"

#include <stdlib.h>

static struct bytes result_of(struct world *w, uint64_t num, uint64_t result)
{
	struct store_tx *tx = world_read(w);
	struct bytes raw;

	OK(store_result_get(tx, num, result, w->arena, &raw, &w->err));
	world_end(w);
	return raw;
}

static void test_answers(void **state)
{
	static const enum target_state answers[] = { TARGET_ACKNOWLEDGED,
		TARGET_ERROR, TARGET_FORMAT_ERROR };
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct store_tx *tx;
	enum store_answer how;
	struct target *t;
	uint64_t result;
	char uuid[4] = "C0";

	for (int i = 0; i < 3; i++, uuid[1]++) {
		world_add(w, &en, uuid, NULL);
		w->now++;
		assert_int_equal(world_answer(w, en.num, uuid, answers[i],
		    "first"), STORE_ANSWERED);
		t = world_target(w, en.num, uuid);
		assert_int_equal(t->state, answers[i]);
		assert_int_equal(t->finished, w->now);
		assert_int_not_equal(t->result, 0);
		result = t->result;
		w->now++;
		assert_int_equal(world_answer(w, en.num, uuid,
		    answers[(i + 1) % 3], "second"), STORE_AGAIN);
		t = world_target(w, en.num, uuid);
		assert_int_equal(t->state, answers[i]);
		assert_int_equal(t->finished, w->now - 1);
		assert_int_equal(t->result, result);
		assert_true(bytes_is(result_of(w, en.num, result), "first"));
	}
	assert_null(result_of(w, en.num, 9999).p);
	assert_null(result_of(w, en.num + 1, result).p);
	assert_int_equal(world_answer(w, en.num, "none", TARGET_ERROR, ""),
	    STORE_UNKNOWN);
	assert_int_equal(world_answer(w, en.num + 1, "C0", TARGET_ERROR, ""),
	    STORE_UNKNOWN);
	tx = world_write(w);
	FAILS(store_target_answer(tx, en.num, "C0", TARGET_CANCELLED,
	    bytes_str(""), w->now, &how, &w->err), ERR_INTERNAL);
	world_abort(w);
	world_check(w);
}

static void send_once(struct world *w, uint64_t num, const char *uuid,
	bool want)
{
	struct store_tx *tx = world_write(w);
	bool moved;

	OK(store_target_sent(tx, num, uuid, w->now, &moved, &w->err));
	world_commit(w);
	assert_int_equal(moved, want);
}

static void test_sent(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options o = { .priority = 100, .dedupe = "erase" };
	struct target *t;

	send_once(w, en.num, "E", false);
	world_add(w, &en, "E", &o);
	send_once(w, en.num, "E", true);
	send_once(w, en.num, "E", false);
	t = world_target(w, en.num, "E");
	assert_int_equal(t->state, TARGET_SENT);
	assert_int_equal(t->deliveries, 1);
	assert_int_equal(t->first_delivered, w->now);
	assert_int_equal(t->finished, w->now);
	assert_null(world_next(w, en.num, true));
	assert_int_equal(world_add(w, &en, "E", &o), STORE_KNOWN);
	/* NotNow: it did not run; its key has been taken meanwhile. */
	assert_int_equal(world_add(w, &en, "F", &o), STORE_QUEUED);
	world_park(w, en.num, "E");
	assert_int_equal(world_target(w, en.num, "E")->state, TARGET_PARKED);
	world_check(w);
	send_once(w, en.num, "E", true);
	w->now++;
	assert_int_equal(world_answer(w, en.num, "E", TARGET_ACKNOWLEDGED,
	    "done"), STORE_ANSWERED);
	t = world_target(w, en.num, "E");
	assert_int_equal(t->deliveries, 2);
	assert_int_equal(t->finished, w->now);
	world_check(w);
}

/* What the device did is what happened. */
static void test_late_answers(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options o = { .priority = 100, .not_after = w->now };
	struct store_tx *tx;
	size_t n;

	world_add(w, &en, "cancelled", NULL);
	tx = world_write(w);
	OK(store_queue_cancel(tx, en.num, 9, w->now, &n, &w->err));
	world_commit(w);
	world_add(w, &en, "expired", &o);
	w->now++;
	assert_null(world_next(w, en.num, false));
	world_add(w, &en, "stuck", NULL);
	for (int i = 0; i < 3; i++)
		store_touch_delivered(w->st, en.num, "stuck", w->now);
	assert_null(world_next(w, en.num, false));
	o = (struct target_options){ .not_before = w->now + 9 };
	world_add(w, &en, "waiting", &o);
	w->now++;
	assert_int_equal(world_answer(w, en.num, "cancelled",
	    TARGET_ACKNOWLEDGED, "x"), STORE_ANSWERED);
	assert_int_equal(world_answer(w, en.num, "expired",
	    TARGET_ACKNOWLEDGED, "x"), STORE_ANSWERED);
	assert_int_equal(world_answer(w, en.num, "stuck",
	    TARGET_ERROR, "x"), STORE_ANSWERED);
	assert_int_equal(world_answer(w, en.num, "waiting",
	    TARGET_ACKNOWLEDGED, "x"), STORE_ANSWERED);
	assert_int_equal(world_target(w, en.num, "cancelled")->finished,
	    w->now);
	world_check(w);
}

static int requeue(struct world *w, const struct enrollment *en,
	const char *uuid)
{
	struct store_tx *tx = world_write(w);
	int rc = store_target_requeue(tx, en, uuid, w->now, &w->err);
	struct err why = w->err;

	if (rc == 0) {
		world_commit(w);
	} else {
		world_abort(w);
		w->err = why;
	}
	return rc;
}

static void test_requeue(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target_options o = { .priority = 50, .dedupe = "k",
		.not_after = w->now + 5 };
	struct target *t;
	uint64_t result;

	FAILS(requeue(w, &en, "C"), ERR_NOT_FOUND);
	world_add(w, &en, "C", &o);
	FAILS(requeue(w, &en, "C"), ERR_CONFLICT);
	store_touch_delivered(w->st, en.num, "C", w->now);
	world_park(w, en.num, "C");
	world_answer(w, en.num, "C", TARGET_ERROR, "no");
	result = world_target(w, en.num, "C")->result;
	w->now += 10;
	en.generation++;
	OK(requeue(w, &en, "C"));
	t = world_target(w, en.num, "C");
	assert_int_equal(t->state, TARGET_READY);
	assert_int_equal(t->priority, 50);
	assert_int_equal(t->deliveries, 0);
	assert_int_equal(t->notnow, 0);
	assert_int_equal(t->first_delivered, 0);
	assert_int_equal(t->finished, 0);
	assert_int_equal(t->queued, w->now);
	assert_int_equal(t->generation, en.generation);
	assert_string_equal(world_next(w, en.num, false), "C");
	/* What it said then is kept until it says something else. */
	assert_int_equal(t->result, result);
	assert_true(bytes_is(result_of(w, en.num, result), "no"));
	world_check(w);
	world_answer(w, en.num, "C", TARGET_ACKNOWLEDGED, "yes");
	assert_null(result_of(w, en.num, result).p);
	assert_true(bytes_is(result_of(w, en.num,
	    world_target(w, en.num, "C")->result), "yes"));
	/* Its key is pending with another. */
	o.not_after = 0;
	world_add(w, &en, "D", &o);
	FAILS(requeue(w, &en, "C"), ERR_CONFLICT);
	assert_int_equal(world_target(w, en.num, "C")->state,
	    TARGET_ACKNOWLEDGED);
	world_check(w);
}

static size_t sweep_to(struct world *w, int64_t before, uint64_t max,
	size_t limit)
{
	struct store_tx *tx = world_write(w);
	size_t n;

	OK(store_sweep(tx, before, max, limit, &n, &w->err));
	world_commit(w);
	return n;
}

static size_t sweep(struct world *w, int64_t before, size_t limit)
{
	return sweep_to(w, before, 0, limit);
}

static bool has_command(struct world *w, const char *uuid)
{
	struct store_tx *tx = world_read(w);
	struct command *c;

	OK(store_command_get(tx, uuid, w->arena, &c, &w->err));
	world_end(w);
	return c != NULL;
}

/* By count, however young. */
static void test_sweep_to_a_count(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A");

	for (int i = 0; i < 5; i++) {
		char uuid[2] = { (char)('0' + i), '\0' };

		world_add(w, &a, uuid, NULL);
		world_answer(w, a.num, uuid, TARGET_ERROR, "r");
		w->now++;
	}
	world_add(w, &a, "queued", NULL);
	assert_int_equal(sweep_to(w, 0, 5, 10), 0);
	assert_int_equal(sweep_to(w, 0, 3, 1), 1);
	assert_int_equal(sweep_to(w, 0, 3, 10), 1);
	assert_null(world_target(w, a.num, "1"));
	assert_non_null(world_target(w, a.num, "2"));
	assert_string_equal(world_next(w, a.num, false), "queued");
	world_check(w);
}

static void test_sweep(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	struct command unused = world_command("unused");
	struct store_tx *tx;
	uint64_t result;
	bool created;

	world_add(w, &a, "C", NULL);
	world_add(w, &b, "C", NULL);
	world_add(w, &a, "D", NULL);
	world_answer(w, a.num, "C", TARGET_ACKNOWLEDGED, "r");
	result = world_target(w, a.num, "C")->result;
	w->now += 10;
	world_answer(w, a.num, "D", TARGET_ACKNOWLEDGED, "r");
	assert_int_equal(sweep(w, w->now - 10, 10), 0);
	assert_int_equal(sweep(w, w->now, 10), 1);
	assert_null(world_target(w, a.num, "C"));
	assert_null(result_of(w, a.num, result).p);
	assert_true(has_command(w, "C"));	/* B still has it */
	world_check(w);
	world_answer(w, b.num, "C", TARGET_ERROR, "r");
	assert_int_equal(sweep(w, w->now + 1, 1), 1);
	assert_int_equal(sweep(w, w->now + 1, 1), 1);
	assert_int_equal(sweep(w, w->now + 1, 1), 0);
	assert_false(has_command(w, "C"));
	assert_false(has_command(w, "D"));
	/* A body that never got a target. */
	tx = world_write(w);
	OK(store_command_put(tx, &unused, &created, &w->err));
	world_commit(w);
	world_check(w);
	assert_int_equal(sweep(w, unused.created, 10), 0);
	assert_int_equal(sweep(w, unused.created + 1, 10), 1);
	assert_false(has_command(w, "unused"));
	/* Gone, so the UUID may mean something else now. */
	unused.body = bytes_str("<plist>another</plist>");
	tx = world_write(w);
	OK(store_command_put(tx, &unused, &created, &w->err));
	assert_true(created);
	world_commit(w);
	world_check(w);
}

static unsigned unreadable(struct world *w, int body, int cert)
{
	unsigned char b[DIGEST_LEN] = { 0 }, c[DIGEST_LEN] = { 0 };
	struct store_tx *tx = world_write(w);
	unsigned count = 0;

	memcpy(b, &body, sizeof(body));
	memcpy(c, &cert, sizeof(cert));
	OK(store_unreadable(tx, b, c, bytes_str("<plist"), w->now, &count,
	    &w->err));
	world_commit(w);
	return count;
}

static void test_unreadable(void **state)
{
	struct world *w = *state;

	for (unsigned i = 1; i < 6; i++)
		assert_int_equal(unreadable(w, 1, 1), i);
	assert_int_equal(unreadable(w, 1, 2), 1);
	assert_int_equal(unreadable(w, 2, 1), 1);
	assert_int_equal(unreadable(w, 1, 1), 6);
	world_check(w);
}

static void test_unreadable_is_bounded(void **state)
{
	struct world *w = *state;
	struct store_tx *tx;
	unsigned count;

	assert_int_equal(unreadable(w, 5000, 1), 1);
	assert_int_equal(unreadable(w, 5001, 1), 1);
	tx = world_write(w);
	for (int i = 0; i < 999; i++) {
		unsigned char b[DIGEST_LEN] = { 0 }, c[DIGEST_LEN] = { 0 };

		memcpy(b, &i, sizeof(i));
		OK(store_unreadable(tx, b, c, bytes_str("x"), w->now, &count,
		    &w->err));
	}
	world_commit(w);
	/* The oldest went, the one after it stayed. */
	assert_int_equal(unreadable(w, 5001, 1), 2);
	assert_int_equal(unreadable(w, 5000, 1), 1);
	world_check(w);
}

/* By their size too: any certificate can send large ones. */
static void test_unreadable_bodies_are_bounded(void **state)
{
	struct world *w = *state;
	size_t n = (size_t)15 << 20;
	char *large = calloc(1, n);
	struct store_info info;

	for (unsigned i = 0; i < 6; i++) {
		unsigned char b[DIGEST_LEN] = { 1, (unsigned char)i }, c[DIGEST_LEN] = { 0 };
		unsigned count;

		for (unsigned k = 1; k <= 3; k++) {
			OK(store_unreadable(world_write(w), b, c, bytes_of(large, n),
			    w->now, &count, &w->err));
			world_commit(w);
			assert_int_equal(count, k);
		}
	}
	free(large);
	OK(store_info(w->st, &info, &w->err));
	assert_in_range(info.used_bytes, 3 * n, 5 * n);
	world_check(w);
}

const struct contract_test contract_answer[] = {
	CONTRACT(test_answers),
	CONTRACT(test_sent),
	CONTRACT(test_late_answers),
	CONTRACT(test_requeue),
	CONTRACT(test_sweep),
	CONTRACT(test_sweep_to_a_count),
	CONTRACT(test_unreadable),
	CONTRACT(test_unreadable_is_bounded),
	CONTRACT(test_unreadable_bodies_are_bounded),
	{ NULL, NULL },
};
