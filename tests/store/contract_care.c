/* Transactions, touches, figures. */
#include "contract.h"

#include "store/store_admin.h"

static void test_abort_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_device("A"), *got;
	struct store_tx *tx = world_write(w);
	struct command c = world_command("C");
	enum store_queued how;
	bool created;
	uint64_t first;

	OK(store_enrollment_put(tx, &en, &w->err));
	OK(store_secret_put(tx, en.num, STORE_PUSH_TOKEN, bytes_str("t"),
	    &w->err));
	OK(store_command_put(tx, &c, &created, &w->err));
	OK(store_target_add(tx, &en, "C", NULL, w->now, &how, &w->err));
	first = en.num;
	world_abort(w);
	tx = world_read(w);
	OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
	assert_null(got);
	world_end(w);
	assert_null(world_target(w, first, "C"));
	assert_null(world_next(w, first, true));
	world_check(w);
}

/* A reader sees one moment, whatever is written meanwhile. */
static void test_snapshots(void **state)
{
	struct world *w = *state;
	struct store_tx *before = world_read(w), *tx;
	struct enrollment *got, en = world_device("A");
	uint64_t n;

	tx = world_write(w);
	OK(store_enrollment_put(tx, &en, &w->err));
	/* A writer sees its own. */
	OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
	assert_non_null(got);
	OK(store_enrollment_count(before, &n, &w->err));
	assert_int_equal(n, 0);
	world_commit(w);
	OK(store_enrollment_find(before, &en.id, w->arena, &got, &w->err));
	assert_null(got);
	OK(store_enrollment_count(before, &n, &w->err));
	assert_int_equal(n, 0);
	world_end(w);
	tx = world_read(w);
	OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
	assert_non_null(got);
	world_end(w);
}

static void test_no_writing_while_reading(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct command c = world_command("C");
	struct store_cert cert = { .device = 0 };
	unsigned char key[DIGEST_LEN] = { 0 };
	struct bytes v = bytes_str("x");
	struct token token = { .name = "x" };
	struct audit audit = { .who = "x", .op = "x" };
	enum store_queued queued;
	enum store_answer answer;
	struct store_tx *tx;
	struct err *e = &w->err;
	unsigned count;
	size_t n;
	bool b;

	world_add(w, &en, "C", NULL);
	tx = world_read(w);
	FAILS(store_enrollment_put(tx, &en, e), ERR_INTERNAL);
	FAILS(store_secret_put(tx, 1, STORE_PUSH_TOKEN, v, e), ERR_INTERNAL);
	FAILS(store_secret_del(tx, 1, STORE_PUSH_TOKEN, e), ERR_INTERNAL);
	FAILS(store_cert_put(tx, key, &cert, e), ERR_INTERNAL);
	FAILS(store_command_put(tx, &c, &b, e), ERR_INTERNAL);
	FAILS(store_target_add(tx, &en, "C", NULL, 1, &queued, e),
	    ERR_INTERNAL);
	FAILS(store_queue_settle(tx, 1, false, 1, e), ERR_INTERNAL);
	FAILS(store_target_park(tx, 1, "C", 1, e), ERR_INTERNAL);
	FAILS(store_queue_unpark(tx, 1, e), ERR_INTERNAL);
	FAILS(store_target_sent(tx, 1, "C", 1, &b, e), ERR_INTERNAL);
	FAILS(store_target_answer(tx, 1, "C", TARGET_ERROR, v, 1, &answer, e),
	    ERR_INTERNAL);
	FAILS(store_target_requeue(tx, &en, "C", 1, e), ERR_INTERNAL);
	FAILS(store_queue_cancel(tx, 1, 1, 1, &n, e), ERR_INTERNAL);
	FAILS(store_sweep(tx, 1, 0, 1, &n, e), ERR_INTERNAL);
	FAILS(store_guard_refuse(tx, key, 1, e), ERR_INTERNAL);
	FAILS(store_guard_arm(tx, 1, "x", e), ERR_INTERNAL);
	FAILS(store_guard_release(tx, 1, e), ERR_INTERNAL);
	FAILS(store_allow_put(tx, STORE_ALLOW_UDID, v, 1, e), ERR_INTERNAL);
	FAILS(store_allow_del(tx, STORE_ALLOW_UDID, v, &b, e), ERR_INTERNAL);
	FAILS(store_unreadable(tx, key, key, v, 1, &count, e), ERR_INTERNAL);
	FAILS(store_token_put(tx, &token, key, e), ERR_INTERNAL);
	FAILS(store_audit_add(tx, &audit, e), ERR_INTERNAL);
	FAILS(store_audit_sweep(tx, 1, 1, 1, &n, e), ERR_INTERNAL);
	FAILS(store_inventory_put(tx, 1, INVENTORY_DEVICE, 1, v, e),
	    ERR_INTERNAL);
	FAILS(store_enrollment_remove(tx, en.num, 1, &b, e), ERR_INTERNAL);
	world_end(w);
	assert_int_equal(world_target(w, en.num, "C")->state, TARGET_READY);
}

static int transaction_inside(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct err inner = ERR_INIT;

	(void)tx;
	if (store_write(w->st, transaction_inside, w, &inner) == 0 ||
	    inner.kind != ERR_INTERNAL ||
	    store_read(w->st, transaction_inside, w, &inner) == 0)
		return err_set(e, ERR_CONFLICT, "it worked");
	return 0;
}

static void test_no_transaction_inside_of_one(void **state)
{
	struct world *w = *state;

	OK(store_write(w->st, transaction_inside, w, &w->err));
	OK(store_read(w->st, transaction_inside, w, &w->err));
}

static int64_t last_seen(struct world *w, uint64_t num)
{
	struct store_tx *tx = world_read(w);
	struct enrollment *en, **list;
	size_t n;

	OK(store_enrollment_get(tx, num, w->arena, &en, &w->err));
	OK(store_enrollment_list(tx, num - 1, 1, w->arena, &list, &n,
	    &w->err));
	world_end(w);
	assert_int_equal(list[0]->last_seen, en->last_seen);
	return en->last_seen;
}

static void test_touches(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct target *t;

	world_add(w, &en, "C", NULL);
	store_touch_seen(w->st, en.num, w->now + 5);
	store_touch_seen(w->st, en.num, w->now + 3);
	store_touch_seen(w->st, en.num + 7, w->now);	/* nobody */
	store_touch_delivered(w->st, en.num, "C", w->now + 1);
	store_touch_delivered(w->st, en.num, "C", w->now + 2);
	store_touch_delivered(w->st, en.num, "none", w->now);
	/* A process sees its own, written or not. */
	assert_int_equal(last_seen(w, en.num), w->now + 5);
	for (int i = 0; i < 2; i++) {
		t = world_target(w, en.num, "C");
		assert_int_equal(t->deliveries, 2);
		assert_int_equal(t->first_delivered, w->now + 1);
		assert_int_equal(t->last_delivered, w->now + 2);
		/* With the next commit, or at close. */
		if (i == 0) {
			world_close(w);
			world_open(w);
		}
	}
	assert_int_equal(last_seen(w, en.num), w->now + 5);
	store_touch_delivered(w->st, en.num, "C", w->now + 9);
	world_answer(w, en.num, "C", TARGET_ACKNOWLEDGED, "");
	store_touch_delivered(w->st, en.num, "C", w->now + 10);
	assert_int_equal(world_target(w, en.num, "C")->deliveries, 4);
	assert_int_equal(world_target(w, en.num, "C")->state,
	    TARGET_ACKNOWLEDGED);
	world_check(w);
}

static void test_everything_is_there_after_reopening(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A"), *got;
	struct store_tx *tx;

	world_add(w, &en, "C", NULL);
	world_close(w);
	world_open(w);
	tx = world_read(w);
	OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
	assert_int_equal(got->num, en.num);
	world_end(w);
	assert_string_equal(world_next(w, en.num, false), "C");
	assert_int_not_equal(world_enroll(w, "B").num, en.num);
	world_check(w);
}

static void test_info(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct store_info i;

	world_add(w, &en, "1", NULL);
	world_add(w, &en, "2", NULL);
	world_answer(w, en.num, "1", TARGET_ERROR, "");
	OK(store_info(w->st, &i, &w->err));
	assert_int_equal(i.enrollments, 1);
	assert_int_equal(i.commands, 2);
	assert_int_equal(i.queued, 1);
	assert_int_equal(i.finished, 1);
	assert_true(i.used_bytes > 0 && i.used_bytes <= i.map_size);
	assert_true(i.file_bytes > 0);
	assert_true(i.commits >= 4 && i.committed >= 4);
	assert_true(i.readers > 0 && i.max_readers >= 4096);
	assert_int_equal(i.schema, 3);
}

static void test_dead_or_alive(void **state)
{
	struct world *w = *state;

	assert_false(store_is_dead(w->st));
	store_close(NULL);
}

const struct contract_test contract_care[] = {
	CONTRACT(test_abort_leaves_nothing),
	CONTRACT(test_snapshots),
	CONTRACT(test_no_writing_while_reading),
	CONTRACT(test_no_transaction_inside_of_one),
	CONTRACT(test_touches),
	CONTRACT(test_everything_is_there_after_reopening),
	CONTRACT(test_info),
	CONTRACT(test_dead_or_alive),
	{ NULL, NULL },
};
