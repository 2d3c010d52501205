/* The nth verb of a transaction fails: nothing of it was done. */
#include "scenario.h"

#include "fail_engine.h"

static const struct variant forwarded = { "lmdb, forwarded", 3600, true };

static int setup(void **state)
{
	return scenario_setup(state, &forwarded);
}

/* Returns how many verbs it called. */
static unsigned fail_each(struct world *w, const struct scenario *s)
{
	unsigned char before[DIGEST_LEN], after[DIGEST_LEN];
	int rc;

	for (unsigned nth = 1; ; nth++) {
		scenario_digest(w, before);
		fail_engine_arm(w->st, nth);
		rc = (s->reads ? store_read : store_write)(w->st, s->fn, w,
		    &w->err);
		if (!fail_engine_hit(w->st)) {
			OK(rc);
			return nth - 1;
		}
		if (rc == 0)
			fail_msg("%s: call %u failed unseen", s->name, nth);
		assert_int_equal(w->err.kind, ERR_BUSY);
		scenario_digest(w, after);
		if (memcmp(before, after, DIGEST_LEN) != 0)
			fail_msg("%s: half done when call %u fails", s->name,
			    nth);
	}
}

static void run(void **state, size_t i)
{
	unsigned char before[DIGEST_LEN], after[DIGEST_LEN];
	struct world *w = *state;

	scenario_digest(w, before);
	assert_true(fail_each(w, &scenarios[i]) > 0);
	fail_engine_arm(w->st, 0);
	/* It did something in the end, or this test shows nothing. */
	scenario_digest(w, after);
	assert_int_equal(memcmp(before, after, DIGEST_LEN) == 0,
	    scenarios[i].reads);
	world_check(w);
}

static void test_authenticate(void **state)
{
	run(state, 0);
}

static void test_enqueue(void **state)
{
	run(state, 1);
}

static void test_exchange(void **state)
{
	run(state, 2);
}

static void test_retention(void **state)
{
	run(state, 3);
}

static void test_refuse(void **state)
{
	run(state, 4);
}

static void test_look(void **state)
{
	run(state, 5);
}

static void test_push(void **state)
{
	run(state, 6);
}

static void test_administer(void **state)
{
	run(state, 7);
}

static void test_look_after(void **state)
{
	run(state, 8);
}

static void test_deliver(void **state)
{
	run(state, 9);
}

static void test_look_out(void **state)
{
	run(state, 10);
}

static void test_issue(void **state)
{
	run(state, 11);
}

static void test_look_in(void **state)
{
	run(state, 12);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_authenticate),
		TEST(test_enqueue),
		TEST(test_exchange),
		TEST(test_retention),
		TEST(test_refuse),
		TEST(test_look),
		TEST(test_push),
		TEST(test_administer),
		TEST(test_look_after),
		TEST(test_deliver),
		TEST(test_look_out),
		TEST(test_issue),
		TEST(test_look_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
