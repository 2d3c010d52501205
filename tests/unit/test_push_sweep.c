/* push/push_sweep: who stays silent is pushed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "push/push_sweep.h"
#include "pusher_world.h"

static int do_command(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct command cmd = { .uuid = c->uuid != NULL ? c->uuid : "C",
		.request_type = "ProfileList",
		.body = bytes_str("<plist/>"), .created = c->x->now };
	enum store_queued queued;
	struct enrollment *en;

	digest_sha256(cmd.body, cmd.digest);
	if (store_command_put(tx, &cmd, &c->flag, e) != 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (store_enrollment_get(tx, c->num + i, c->x->a, &en,
			e) != 0 || store_target_add(tx, en, cmd.uuid,
			c->options, c->at, &queued, e) != 0)
			return -1;
	return 0;
}

static int do_settle(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_settle(tx, c->num, &c->state, 0, e);
}

static void settle(struct fixture *x, uint64_t num, int64_t sent,
	int64_t dead)
{
	struct call c = { .x = x, .num = num, .state = { .sent = sent,
		.apns_id = "", .dead = dead } };

	WRITE(do_settle, &c);
}

/* Who has a command that may be given later is pushed again then. */
static void test_not_before(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2);
	struct target_options later = { .priority = 100,
		.not_before = clk_now() + 3600 };
	struct call c = { .x = x, .num = num, .n = 1, .at = x->now,
		.options = &later };

	WRITE(do_command, &c);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	assert_int_equal(look(x, num, NULL).job->due, later.not_before);
	assert_int_equal(push(x, num + 1).result, PUSH_TAKEN);
	assert_null(look(x, num + 1, NULL).job);
}

static void sweep(struct fixture *x, int64_t now, uint64_t *after,
	size_t expected)
{
	int64_t oldest;
	size_t added;

	assert_int_equal(push_sweep(x->w->st, &x->conf, now, 1, after, &added,
		&oldest, &x->e), 0);
	assert_int_equal(added, expected);
	assert_int_equal(oldest, x->now - 77);
}

/* A job that waits for a not-before keeps nobody from being pushed again for
 * what was queued before; what is not ready is no reason to push. */
static void test_sweep_not_before(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2), after = 0;
	struct target_options later = { .priority = 100,
		.not_before = clk_now() + 100 * 86400 };
	struct call c = { .x = x, .num = num, .n = 2, .at = x->now - 77,
		.options = &later };
	int64_t now = x->now + 7200;

	WRITE(do_command, &c);
	c.uuid = "D";
	c.options = NULL;
	c.n = 1;
	WRITE(do_command, &c);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	assert_int_equal(push(x, num + 1).result, PUSH_TAKEN);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	sweep(x, now, &after, 1);
	assert_int_equal(look(x, num, NULL).job->due, now);
	assert_int_equal(look(x, num + 1, NULL).job->due, later.not_before);
	sweep(x, now, &after, 0);
}

static void test_sweep(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 20), after = 0;
	struct call c = { .x = x, .num = num, .n = 10, .at = x->now - 77 };
	int64_t now = x->now + 7200;

	WRITE(do_command, &c);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	/* Their tokens came just now. */
	sweep(x, x->now, &after, 0);
	/* Two hours later one was seen, one was pushed, one is dead, one has
	 * a job; the other six are due. */
	store_touch_seen(x->w->st, num + 1, now - 60);
	settle(x, num + 2, now - 60, 0);
	settle(x, num + 3, x->now, x->now);
	add_jobs(x, num + 4, 1);
	sweep(x, now, &after, 4);
	assert_true(after != 0);
	sweep(x, now, &after, 2);
	assert_int_equal(after, 0);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(look(x, num + i, NULL).job != NULL,
			i < 10 && (i < 1 || i > 3));
	assert_int_equal(look(x, num, NULL).job->due, now);
	sweep(x, now, &after, 0);
	assert_int_equal(after, 0);
	/* Never. */
	x->conf.push_again_hours = 0;
	sweep(x, now + 86400, &after, 0);
}

/* One call goes over many pages of queues, to its bound or to the end. */
static void test_sweep_pages(void **state)
{
	struct fixture *x = *state;
	size_t n = 1300, added;
	uint64_t num = enroll(x, TOPIC, 1, n), after = 0;
	struct call c = { .x = x, .num = num, .n = n, .at = x->now - 77 };
	int64_t now = x->now + 7200, oldest;

	WRITE(do_command, &c);
	/* All but the last were seen just now. */
	for (size_t i = 0; i + 1 < n; i++)
		store_touch_seen(x->w->st, num + i, now - 60);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	assert_int_equal(push_sweep(x->w->st, &x->conf, now, 1000, &after,
		&added, &oldest, &x->e), 0);
	assert_int_equal(added, 0);
	assert_int_equal(oldest, c.at);
	assert_int_equal(after, num + 999);
	after = 0;
	assert_int_equal(push_sweep(x->w->st, &x->conf, now, n + 1, &after,
		&added, &oldest, &x->e), 0);
	assert_int_equal(added, 1);
	assert_int_equal(after, 0);
	assert_non_null(look(x, num + n - 1, NULL).job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_not_before), TEST(test_sweep),
		TEST(test_sweep_not_before), TEST(test_sweep_pages),
	};

	return cmocka_run_group_tests(tests, apns_server_start,
		apns_server_stop);
}
