/* admin/op_query and op_queue_bodies: pages by cursor and by offset over more
 * than one transaction. */
#include "admin/op_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_enqueue.h"
#include "admin/op_queue.h"
#include "admin_world.h"

#define DEVICES 1300	/* and a user channel of each tenth */

/* ---- enrollments ---- */

static int fill_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct admin_world *w = arg;

	for (unsigned i = 0; i < DEVICES; i++) {
		struct enrollment en = { .id.kind = ENROLLMENT_DEVICE,
			.state = i % 4 == 0 ? ENROLLMENT_LEFT :
				ENROLLMENT_ENABLED };
		struct enrollment user = { .id.kind = ENROLLMENT_USER,
			.state = ENROLLMENT_ENABLED };

		en.id.device = bytes_str(arena_printf(w->a, "D%u", i));
		en.serial = arena_printf(w->a, "S%u", i);
		if (store_enrollment_put(tx, &en, e) < 0 ||
			store_secret_put(tx, en.num, STORE_UNLOCK_TOKEN,
				en.id.device, e) < 0)
			return -1;
		if (i % 10 != 0)
			continue;
		user.id.device = en.id.device;
		user.id.user = bytes_str("U");
		user.parent = en.num;
		user.user_short_name = arena_printf(w->a, "u%u", i);
		if (store_enrollment_put(tx, &user, e) < 0)
			return -1;
	}
	return 0;
}

static void fill(struct admin_world *w)
{
	static bool done;

	if (!done && store_write(w->op.store, fill_tx, w, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	done = true;
}

/* How many there are, seen page by page in both ways: each once, in the same
 * order. */
static size_t count(struct admin_world *w, struct op_query q, size_t limit)
{
	struct op_query_page page, same;
	struct op_query by_offset;
	uint64_t last = 0;
	size_t n = 0;

	q.limit = limit;
	do {
		OK(op_query(&w->op, &q, w->a, &page, &w->err));
		assert_true(page.n <= limit);
		assert_true(page.n == limit || page.next == 0);
		by_offset = q;
		by_offset.after = 0;
		by_offset.offset = n;
		OK(op_query(&w->op, &by_offset, w->a, &same, &w->err));
		assert_int_equal(same.n, page.n);
		for (size_t i = 0; i < page.n; i++) {
			assert_true(page.list[i].en->num > last);
			last = page.list[i].en->num;
			assert_int_equal(same.list[i].en->num, last);
		}
		n += page.n;
		q.after = page.next;
	} while (page.next != 0);
	return n;
}

static void test_all(void **state)
{
	struct admin_world *w = *state;
	const struct op_query q = { 0 };

	fill(w);
	assert_int_equal(count(w, q, 10000), DEVICES + DEVICES / 10);
	assert_int_equal(count(w, q, 499), DEVICES + DEVICES / 10);
	assert_int_equal(count(w, q, (DEVICES + DEVICES / 10) / 2),
		DEVICES + DEVICES / 10);
}

static void test_filters(void **state)
{
	struct admin_world *w = *state;
	struct bytes serials[] = { bytes_str("S99"), bytes_str("S1290"),
		bytes_str("S10"), bytes_str("none") };
	struct bytes names[] = { bytes_str("u1290"), bytes_str("u20") };
	struct bytes ids[] = { bytes_str("D7"), bytes_str("D10:U"),
		bytes_str("D7"), bytes_str("nobody"), bytes_str(""),
		bytes_str("D1299") };
	const struct {
		struct op_query q;
		size_t n;
	} rows[] = {
		{ { .kinds = 1u << ENROLLMENT_DEVICE }, DEVICES },
		{ { .kinds = 1u << ENROLLMENT_USER }, DEVICES / 10 },
		{ { .kinds = 1u << ENROLLMENT_SHARED_IPAD }, 0 },
		{ { .has_enabled = true, .kinds = 1u << ENROLLMENT_DEVICE },
			DEVICES / 4 },
		{ { .has_enabled = true, .enabled = true },
			DEVICES - DEVICES / 4 + DEVICES / 10 },
		{ { .serials = serials, .n_serials = 4 }, 5 },
		{ { .serials = serials, .n_serials = 4,
			.kinds = 1u << ENROLLMENT_USER }, 2 },
		{ { .user_short_names = names, .n_user_short_names = 2 }, 2 },
		{ { .ids = ids, .n_ids = 6 }, 3 },
		{ { .ids = ids, .n_ids = 6, .serials = serials,
			.n_serials = 4 }, 1 },
		{ { .ids = ids + 3, .n_ids = 2 }, 0 },
	};

	fill(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(count(w, rows[i].q, 2000), rows[i].n);
		if (rows[i].n < 10)
			assert_int_equal(count(w, rows[i].q, 1), rows[i].n);
		else
			assert_int_equal(count(w, rows[i].q, 77), rows[i].n);
	}
}

static void test_what_is_asked_for(void **state)
{
	struct admin_world *w = *state;
	struct bytes serial = bytes_str("S20");
	struct op_query q = { .serials = &serial, .n_serials = 1, .limit = 5 };
	struct op_query_page page;

	fill(w);
	OK(op_query(&w->op, &q, w->a, &page, &w->err));
	assert_int_equal(page.n, 2);
	assert_string_equal(page.list[1].serial, "S20");
	assert_null(page.list[0].unlock_token.p);
	assert_null(page.list[0].device_cert.p);
	q.unlock_token = true;
	OK(op_query(&w->op, &q, w->a, &page, &w->err));
	assert_true(bytes_is(page.list[0].unlock_token, "D20"));
	assert_true(bytes_is(page.list[1].unlock_token, "D20"));
	assert_null(page.list[0].device_cert.p);
	q.after = UINT64_MAX;
	OK(op_query(&w->op, &q, w->a, &page, &w->err));
	assert_int_equal(page.n, 0);
}

/* ---- a queue ---- */

#define QUEUED 25
static void queue(struct admin_world *w, const char *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		admin_enqueue(w, id, arena_printf(w->a, "%s-%02zu", id, i),
			"ProfileList");
}

static void test_queue_bodies(void **state)
{
	struct admin_world *w = *state;
	struct op_queue_query q = { .id = bytes_str("qb"), .limit = 10 };
	struct op_queue_bodies out;
	size_t n = 0;

	admin_device(w, "qb");
	queue(w, "qb", QUEUED);
	do {
		OK(op_queue_bodies(&w->op, &q, w->a, &out, &w->err));
		for (size_t i = 0; i < out.queue.n; i++, n++) {
			assert_string_equal(out.commands[i]->uuid,
				arena_printf(w->a, "qb-%02zu", n));
			assert_string_equal(out.queue.list[i]->uuid,
				out.commands[i]->uuid);
		}
		q.cursor = out.queue.next;
	} while (q.cursor.p != NULL);
	assert_int_equal(n, QUEUED);
	q.by_offset = true;
	for (q.offset = 0; q.offset < QUEUED + 3; q.offset++) {
		size_t left = q.offset < QUEUED ? QUEUED - q.offset : 0;

		OK(op_queue_bodies(&w->op, &q, w->a, &out, &w->err));
		assert_int_equal(out.queue.n, left < 10 ? left : 10);
		if (left > 0)
			assert_string_equal(out.commands[0]->uuid, arena_printf(
				w->a, "qb-%02zu", (size_t)q.offset));
	}
	q.id = bytes_str("nobody");
	FAILS(ERR_NOT_FOUND, op_queue_bodies(&w->op, &q, w->a, &out,
		&w->err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_all), EACH(test_filters),
		EACH(test_what_is_asked_for), EACH(test_queue_bodies),
	};

	return cmocka_run_group_tests_name("op_query", tests, admin_setup,
		admin_teardown);
}
