/* The pusher and its connections: lost, slow, and many pushes at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pusher_world.h"

static void test_loss(void **state)
{
	static const struct {
		const char *action;
		enum push_result result;
		size_t seen;
	} row[] = {
		/* Surely not worked on: again at once. */
		{ "goaway", PUSH_TAKEN, 1 }, { "refuse", PUSH_TAKEN, 1 },
		{ "last", PUSH_TAKEN, 1 },
		/* Who knows: by its job. */
		{ "reset", PUSH_WAITS, 1 }, { "drop", PUSH_WAITS, 0 },
		{ "lose", PUSH_WAITS, 1 },
	};
	struct fixture *x = *state;
	struct push_request rq;
	struct call c;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *topic = arena_printf(x->a, TOPIC ".%zu", i);
		uint64_t num = enroll(x, topic, i, 1);

		put_cert(x, topic);
		apns_server_call("reset", NULL, x->a);
		rule(x, arena_printf(x->a, "{\"next\":1,\"action\":\"%s\"}",
			row[i].action));
		rq = push(x, num);
		c = look(x, num, NULL);
		assert_int_equal(rq.result, row[i].result);
		assert_int_equal(json_len(seen(x)), row[i].seen);
		assert_int_equal(c.state.status, rq.status);
		if (rq.result == PUSH_TAKEN) {
			assert_null(c.job);
			continue;
		}
		assert_int_equal(rq.status, 0);
		assert_int_equal(rq.err.kind, ERR_UPSTREAM);
		assert_string_equal(c.state.reason, rq.err.msg);
		assert_in_range(c.job->due, x->now + 5, clk_now() + 10);
		assert_int_equal(push(x, num).result, PUSH_TAKEN);
	}
}

static void test_restarted_server(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 600);
	struct push_request *rq;

	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	apns_server_call("unlisten", NULL, x->a);
	rq = send(x, num, 600);
	for (size_t i = 0; i < 600; i++) {
		assert_int_equal(rq[i].result, PUSH_WAITS);
		assert_int_equal(rq[i].status, 0);
		assert_non_null(look(x, num + i, NULL).job);
	}
	apns_server_call("listen", NULL, x->a);
	rq = send(x, num, 600);
	for (size_t i = 0; i < 600; i++)
		assert_int_equal(rq[i].result, PUSH_TAKEN);
	assert_int_equal(apns_server_stat("connections"), 2);
}

/* An APNs that can do no more gets new connections, but not one for each
 * push. */
static void test_overloaded(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 400);
	struct push_request *rq;

	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	rule(x, "{\"status\":503,\"reason\":\"ServiceUnavailable\"}");
	rq = send(x, num, 400);
	for (size_t i = 0; i < 400; i++) {
		assert_int_equal(rq[i].result, PUSH_WAITS);
		assert_int_equal(rq[i].status, 503);
	}
	assert_int_equal(json_len(seen(x)), 401);
	assert_true(apns_server_stat("connections") <= 3);
}

/* A caller need not wait for a slow answer; it is written all the same. */
static void test_slow(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2);
	int64_t start = clk_mono_us();
	struct push_request rq = { .enrollment = num, .apns_id = "" };

	rule(x, "{\"next\":1,\"delay\":1.5}");
	add_jobs(x, num, 1);
	pusher_send(x->p, &x->conf, &rq, 1, 100);
	assert_int_equal(rq.result, PUSH_WAITS);
	assert_true(clk_mono_us() - start < 1400000);
	UNTIL(look(x, num, NULL).job == NULL);
	assert_int_equal(look(x, num, NULL).state.status, 200);
	/* What is under way is finished before the end. */
	rule(x, "{\"next\":1,\"delay\":0.5}");
	rq.enrollment = num + 1;
	add_jobs(x, num + 1, 1);
	pusher_send(x->p, &x->conf, &rq, 1, 0);
	UNTIL(json_len(seen(x)) == 2);
	pusher_free(x->p);
	assert_int_equal(look(x, num + 1, NULL).state.status, 200);
	x->p = pusher_new(x->w->st);
}

static void test_same_enrollment(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 1);
	struct push_request rq[20];

	add_jobs(x, num, 1);
	for (size_t i = 0; i < 20; i++)
		rq[i] = (struct push_request){ .enrollment = num,
			.apns_id = "" };
	pusher_send(x->p, &x->conf, rq, 20, 30000);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(rq[i].result, PUSH_TAKEN);
	assert_int_equal(json_len(seen(x)), 1);
	/* Without a job it was pushed by somebody else: that one's outcome. */
	pusher_send(x->p, &x->conf, rq, 1, 30000);
	assert_int_equal(rq[0].result, PUSH_TAKEN);
	assert_int_equal(json_len(seen(x)), 1);
	rq[0].enrollment = 4711;
	pusher_send(x->p, &x->conf, rq, 1, 30000);
	assert_int_equal(rq[0].result, PUSH_FAILED);
}

static void test_no_push_data(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, NULL, 1, 1);
	int64_t hold;

	assert_int_equal(check(x, num, &hold), ERR_NOT_FOUND);
	assert_string_equal(x->e.msg, "push data missing for id");
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	assert_null(look(x, num, NULL).job);
}

#define MANY 10000

static void test_ten_thousand(void **state)
{
	struct fixture *x = *state;
	struct push_request *rq;
	uint64_t num;

	num = enroll(x, TOPIC, 1, MANY);
	rq = arena_zalloc(x->a, MANY * sizeof(*rq));
	add_jobs(x, num, MANY);
	for (size_t i = 0; i < MANY; i++) {
		rq[i].enrollment = num + i;
		rq[i].apns_id = "";
	}
	pusher_send(x->p, &x->conf, rq, MANY, 300000);
	for (size_t i = 0; i < MANY; i++)
		if (rq[i].result != PUSH_TAKEN)
			fail_msg("%zu: %d %s", i, rq[i].result, rq[i].err.msg);
	assert_int_equal(apns_server_stat("requests"), MANY);
	assert_int_equal(apns_server_stat("connections"), 1);
	assert_int_equal(pusher_connections(x->p), 1);
	assert_null(look(x, num + MANY - 1, NULL).job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_loss), TEST(test_restarted_server),
		TEST(test_overloaded), TEST(test_slow),
		TEST(test_same_enrollment), TEST(test_no_push_data),
		TEST(test_ten_thousand),
	};

	return cmocka_run_group_tests(tests, apns_server_start,
		apns_server_stop);
}
