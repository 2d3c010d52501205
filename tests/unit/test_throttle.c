/* auth/throttle: who has to wait, and how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "auth/throttle.h"

#define S INT64_C(1000000)
#define A "192.0.2.1"
#define B "192.0.2.2"

static struct throttle *t;

static int setup(void **state)
{
	(void)state;
	t = throttle_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	throttle_free(t);
	return 0;
}

/* n failures at once; whether the last of them began a refusal. */
static bool fail_n(const char *addr, int n, int64_t now)
{
	bool began = false;

	for (int i = 0; i < n; i++)
		began = throttle_failed(t, addr, now);
	return began;
}

static void test_free_ones(void **state)
{
	(void)state;
	assert_int_equal(throttle_wait(t, A, 0), 0);
	assert_false(fail_n(A, THROTTLE_FREE - 1, 5 * S));
	assert_int_equal(throttle_wait(t, A, 5 * S), 0);
	assert_true(fail_n(A, 1, 5 * S));
	assert_int_equal(throttle_wait(t, A, 5 * S), 1);
	assert_int_equal(throttle_wait(t, A, 6 * S - 1), 1);
	assert_int_equal(throttle_wait(t, A, 6 * S), 0);
	assert_int_equal(throttle_wait(t, B, 5 * S), 0);
}

static void test_only_within_a_minute(void **state)
{
	(void)state;
	/* One in 7 s: never 10 of them within a minute. */
	for (int64_t i = 0; i < 100; i++) {
		assert_false(throttle_failed(t, A, i * 7 * S));
		assert_int_equal(throttle_wait(t, A, i * 7 * S), 0);
	}
	/* One in 6 s: the tenth comes 54 s after the first. */
	for (int64_t i = 0; i < 10; i++)
		assert_int_equal(throttle_failed(t, B, i * 6 * S), i == 9);
}

static void test_doubled_up_to_a_minute(void **state)
{
	static const unsigned waits[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	int64_t now = 0;

	(void)state;
	fail_n(A, THROTTLE_FREE - 1, now);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_int_equal(throttle_failed(t, A, now), i == 0);
		assert_int_equal(throttle_wait(t, A, now), waits[i]);
		now += (int64_t)waits[i] * S;
		assert_int_equal(throttle_wait(t, A, now), 0);
	}
	for (int i = 0; i < 100; i++)
		throttle_failed(t, A, now);
	assert_int_equal(throttle_wait(t, A, now), 60);
}

static void test_forgotten(void **state)
{
	const int64_t later = 10 * 60 * S;

	(void)state;
	fail_n(A, THROTTLE_FREE + 3, 0);
	assert_false(throttle_failed(t, A, later));
	assert_false(fail_n(A, THROTTLE_FREE - 2, later));
	assert_true(fail_n(A, 1, later));
	assert_int_equal(throttle_wait(t, A, later), 1);
	/* Not so a moment earlier. */
	fail_n(B, THROTTLE_FREE, 0);
	throttle_failed(t, B, later - 1);
	assert_int_equal(throttle_wait(t, B, later - 1), 2);
}

static void test_who_is_one(void **state)
{
	static const struct {
		const char *fails, *asks;
		bool same;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "192.0.2.7", "::ffff:192.0.2.7", true },
		{ "::ffff:192.0.2.7", "::ffff:192.0.2.8", false },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "127.0.0.1", "::1", false },
		{ NULL, "", true },
		{ NULL, "unix:/run/x", true },
		{ "192.0.2.7, 192.0.2.8", "nonsense", true },
		{ NULL, "127.0.0.1", false },
		{ NULL, "0.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t now = (int64_t)i * 3600 * S;

		fail_n(rows[i].fails, THROTTLE_FREE, now);
		if ((throttle_wait(t, rows[i].asks, now) > 0) != rows[i].same)
			fail_msg("row %zu", i);
	}
}

/* However many come: bounded, the newest are known, and nobody has to wait
 * for what others did. */
static void test_many(void **state)
{
	char addr[32];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(addr, sizeof(addr), "10.%d.%d.%d", i >> 16,
			i >> 8 & 255, i & 255);
		assert_int_equal(throttle_wait(t, addr, i), 0);
		assert_true(fail_n(addr, THROTTLE_FREE, i));
		assert_int_equal(throttle_wait(t, addr, i), 1);
	}
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(test_free_ones), EACH(test_only_within_a_minute),
		EACH(test_doubled_up_to_a_minute), EACH(test_forgotten),
		EACH(test_who_is_one), EACH(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
