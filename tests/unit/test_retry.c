/* Back-off of webhooks: the table of what is due when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "courier/retry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1700000000
#define FRESH (NOW - 60)
#define AGED (NOW - 72 * 3600)

static void kinds(void **state)
{
	static const struct {
		int status;
		enum retry_kind kind;
	} rows[] = {
		{ 200, RETRY_TAKEN }, { 0, RETRY_DOWN }, { 429, RETRY_DOWN },
		{ 502, RETRY_DOWN }, { 503, RETRY_DOWN }, { 504, RETRY_DOWN },
		{ 201, RETRY_REFUSED }, { 204, RETRY_REFUSED },
		{ 302, RETRY_REFUSED }, { 400, RETRY_REFUSED },
		{ 404, RETRY_REFUSED }, { 500, RETRY_REFUSED },
		{ 100, RETRY_REFUSED }, { 999, RETRY_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(retry_kind_of(rows[i].status), rows[i].kind);
}

/* random 0: the whole delay. */
static void delays(void **state)
{
	static const struct {
		enum retry_kind kind;
		uint32_t attempts, failures;
		int64_t held;	/* how long, the last time */
		unsigned asked;
		int64_t lane, hold;
	} rows[] = {
		/* down: the lane waits for its webhook, not for itself */
		{ RETRY_DOWN, 0, 0, 0, 0, 2, 2 },
		{ RETRY_DOWN, 50, 0, 0, 0, 2, 2 },
		{ RETRY_DOWN, 0, 9, 0, 0, 2, 2 },
		{ RETRY_DOWN, 0, 1, 2, 0, 4, 4 },
		{ RETRY_DOWN, 0, 6, 100, 0, 200, 200 },
		{ RETRY_DOWN, 0, 8, 200, 0, 300, 300 },
		{ RETRY_DOWN, 0, UINT32_MAX, 3600, 0, 300, 300 },
		{ RETRY_DOWN, 0, 0, 0, 90, 90, 90 },
		{ RETRY_DOWN, 0, 8, 300, 90, 300, 300 },
		{ RETRY_DOWN, 0, 0, 0, UINT32_MAX, 3600, 3600 },
		/* refused: the lane alone, unless it goes on and on */
		{ RETRY_REFUSED, 0, 0, 0, 0, 2, 0 },
		{ RETRY_REFUSED, 4, 9, 300, 0, 32, 0 },
		{ RETRY_REFUSED, 0, 10, 0, 0, 2, 2 },
		{ RETRY_REFUSED, 0, 12, 4, 0, 2, 8 },
		{ RETRY_REFUSED, 0, 500, 60, 0, 2, 60 },
		{ RETRY_REFUSED, 10, 0, 0, 0, 2048, 0 },
		{ RETRY_REFUSED, 11, 0, 0, 0, 3600, 0 },
		{ RETRY_REFUSED, UINT32_MAX - 1, 0, 0, 0, 3600, 0 },
		{ RETRY_REFUSED, 0, 0, 0, 90, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct retry_in in = { .kind = rows[i].kind,
			.attempts = rows[i].attempts,
			.failures = rows[i].failures,
			.hold_until = NOW - 5,
			.last_failed = NOW - 5 - rows[i].held,
			.asked = rows[i].asked,
			.created = FRESH, .bury_hours = 72, .now = NOW };
		struct retry_out out;

		retry_decide(&in, &out);
		assert_false(out.bury);
		assert_int_equal(out.due - NOW, rows[i].lane);
		assert_int_equal(out.hold_until - NOW, rows[i].hold);
		assert_true(out.failures == (rows[i].failures == UINT32_MAX ?
			UINT32_MAX : rows[i].failures + 1));
	}
}

static void spread(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t r = 0; r < 1000; r++) {
		struct retry_in in = { .kind = RETRY_REFUSED, .attempts = 5,
			.created = FRESH, .bury_hours = 72, .now = NOW,
			.random = r * 2654435761u };
		struct retry_out out;

		retry_decide(&in, &out);
		least = out.due < least ? out.due : least;
		most = out.due > most ? out.due : most;
	}
	assert_int_equal(least, NOW + 32);
	assert_int_equal(most, NOW + 64);
}

/* What else fails while it is held counts for its lane alone. */
static void held(void **state)
{
	struct retry_in in = { .kind = RETRY_DOWN, .failures = 3,
		.hold_until = NOW + 9, .last_failed = NOW + 1,
		.created = FRESH, .bury_hours = 72,
		.now = NOW };
	struct retry_out out;

	(void)state;
	retry_decide(&in, &out);
	assert_int_equal(out.failures, 3);
	assert_int_equal(out.hold_until, NOW + 9);
	assert_int_equal(out.due, NOW + 9);
	in.hold_until = NOW;
	in.last_failed = NOW - 8;
	retry_decide(&in, &out);
	assert_int_equal(out.failures, 4);
	assert_int_equal(out.hold_until, NOW + 16);
}

static void buries(void **state)
{
	static const struct {
		int64_t created;
		uint32_t attempts;
		bool bury;
	} rows[] = {
		{ AGED, 2, true }, { AGED, 100, true }, { AGED - 1, 2, true },
		{ AGED + 1, 100, false },
		{ AGED, 0, false }, { AGED, 1, false },
		{ NOW + 100, 100, false },	/* the clock went back */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int kind = RETRY_REFUSED; kind <= RETRY_DOWN; kind++) {
			struct retry_in in = { .kind = (enum retry_kind)kind,
				.attempts = rows[i].attempts,
				.created = rows[i].created,
				.bury_hours = 72, .now = NOW };
			struct retry_out out;

			retry_decide(&in, &out);
			assert_int_equal(out.bury, rows[i].bury);
			assert_int_equal(out.due == 0, rows[i].bury);
		}
}

static void parallel(void **state)
{
	(void)state;
	assert_int_equal(retry_parallel(0, 16), 16);
	assert_int_equal(retry_parallel(2, 16), 16);
	assert_int_equal(retry_parallel(3, 16), 1);
	assert_int_equal(retry_parallel(UINT32_MAX, 16), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds), cmocka_unit_test(delays),
		cmocka_unit_test(spread), cmocka_unit_test(held),
		cmocka_unit_test(buries), cmocka_unit_test(parallel),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
