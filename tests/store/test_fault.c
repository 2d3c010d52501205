/* LMDB itself fails at its nth call, with one code or another (the linker
 * puts these functions in its place): nothing is half done, nothing crashes,
 * and the store goes on when LMDB does. */
#include "scenario.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <sched.h>

static const struct variant quiet = { "lmdb", 3600, false };

static struct {
	unsigned nth, calls;
	int code;
} fault;

static bool now_fails(void)
{
	return fault.nth != 0 && ++fault.calls == fault.nth;
}

#define WRAP(name, params, args) \
	int __real_##name params; \
	int __wrap_##name params; \
	int __wrap_##name params \
	{ \
		return now_fails() ? fault.code : __real_##name args; \
	}

WRAP(mdb_get, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v), (t, d, k, v))
WRAP(mdb_put, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned f),
	(t, d, k, v, f))
WRAP(mdb_del, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v), (t, d, k, v))
WRAP(mdb_stat, (MDB_txn *t, MDB_dbi d, MDB_stat *s), (t, d, s))
WRAP(mdb_cursor_open, (MDB_txn *t, MDB_dbi d, MDB_cursor **c), (t, d, c))
WRAP(mdb_cursor_get, (MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op o),
	(c, k, v, o))
WRAP(mdb_txn_begin, (MDB_env *e, MDB_txn *p, unsigned f, MDB_txn **t),
	(e, p, f, t))
WRAP(mdb_txn_renew, (MDB_txn *t), (t))
WRAP(mdb_env_info, (MDB_env *e, MDB_envinfo *i), (e, i))
WRAP(mdb_env_stat, (MDB_env *e, MDB_stat *s), (e, s))

int __real_mdb_txn_commit(MDB_txn *t);
int __wrap_mdb_txn_commit(MDB_txn *t);

/* A commit that fails has ended the transaction. */
int __wrap_mdb_txn_commit(MDB_txn *t)
{
	if (!now_fails())
		return __real_mdb_txn_commit(t);
	mdb_txn_abort(t);
	return fault.code;
}

static void arm(unsigned nth, int code)
{
	fault.nth = nth;
	fault.calls = 0;
	fault.code = code;
}

static int setup(void **state)
{
	return scenario_setup(state, &quiet);
}

static int teardown(void **state)
{
	arm(0, 0);
	return world_teardown(state);
}

/* Returns how many calls of LMDB it made. */
static unsigned fail_each(struct world *w, const struct scenario *s, int code)
{
	unsigned char before[DIGEST_LEN], after[DIGEST_LEN];
	bool hit;
	int rc;

	scenario_digest(w, before);
	for (unsigned nth = 1; ; nth++) {
		arm(nth, code);
		rc = (s->reads ? store_read : store_write)(w->st, s->fn, w,
		    &w->err);
		hit = fault.calls >= nth;
		arm(0, 0);
		if (!hit) {
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

static void run(void **state, const char *name, int code)
{
	struct world *w = *state;

	for (size_t i = 0; i < scenarios_n; i++) {
		if (strcmp(scenarios[i].name, name) != 0)
			continue;
		assert_true(fail_each(w, &scenarios[i], code) > 10);
		world_check(w);
		return;
	}
	fail_msg("no scenario %s", name);
}

static void test_authenticate(void **state)
{
	run(state, "authenticate", EIO);
}

static void test_enqueue(void **state)
{
	run(state, "enqueue", MDB_MAP_FULL);
}

static void test_exchange(void **state)
{
	run(state, "exchange", MDB_CORRUPTED);
}

static void test_retention(void **state)
{
	run(state, "retention", ENOMEM);
}

static void test_refuse(void **state)
{
	run(state, "refuse", MDB_PAGE_NOTFOUND);
}

static void test_look(void **state)
{
	run(state, "look", EIO);
}

static void test_push(void **state)
{
	run(state, "push", MDB_MAP_FULL);
}

static void test_administer(void **state)
{
	run(state, "administer", EIO);
}

static void test_look_after(void **state)
{
	run(state, "look after", MDB_CORRUPTED);
}

static void test_deliver(void **state)
{
	run(state, "deliver", EIO);
}

static void test_look_out(void **state)
{
	run(state, "look out", MDB_CORRUPTED);
}

static void test_issue(void **state)
{
	run(state, "issue", ENOSPC);
}

static void test_look_in(void **state)
{
	run(state, "look in", EIO);
}

/* ---- touches ---- */

static int nothing(struct store_tx *tx, void *arg, struct err *e)
{
	(void)tx;
	(void)arg;
	(void)e;
	return 0;
}

static void test_touches_wait_for_better_times(void **state)
{
	struct world *w = *state;
	struct enrollment *got;
	struct store_tx *tx;

	for (unsigned nth = 1; nth < 40; nth++) {
		store_touch_seen(w->st, 1, w->now + nth);
		store_touch_delivered(w->st, 1, "ready", w->now + nth);
		arm(nth, EIO);
		if (store_write(w->st, nothing, w, &w->err) < 0)
			assert_int_equal(w->err.kind, ERR_BUSY);
		arm(0, 0);
	}
	world_close(w);
	world_open(w);
	tx = world_read(w);
	OK(store_enrollment_get(tx, 1, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got->last_seen, w->now + 39);
	assert_int_equal(world_target(w, 1, "ready")->deliveries, 39);
	assert_int_equal(world_target(w, 1, "ready")->first_delivered,
	    w->now + 1);
}

/* ---- a process that must end ---- */

static void test_panic(void **state)
{
	struct world *w = *state;

	assert_false(store_is_dead(w->st));
	arm(1, MDB_PANIC);
	FAILS(store_write(w->st, nothing, w, &w->err), ERR_BUSY);
	arm(0, 0);
	assert_true(store_is_dead(w->st));
	FAILS(store_write(w->st, nothing, w, &w->err), ERR_BUSY);
	FAILS(store_read(w->st, nothing, w, &w->err), ERR_BUSY);
}

/* ---- what does not fit beside others ---- */

struct member {
	struct world *w;
	const char *serial;
	unsigned runs;
	int rc;
	pthread_t thread;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t leading;

/* The leader waits here until the test has the others queued. */
static int wait_at_gate(struct store_tx *tx, void *arg, struct err *e)
{
	(void)tx;
	(void)arg;
	(void)e;
	pthread_barrier_wait(&leading);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return 0;
}

static int allow(struct store_tx *tx, void *arg, struct err *e)
{
	struct member *m = arg;

	/* The second of the group meets a transaction that is full. */
	if (m->runs++ == 0 && strcmp(m->serial, "S1") == 0)
		arm(1, MDB_TXN_FULL);
	return store_allow_put(tx, STORE_ALLOW_SERIAL, bytes_str(m->serial), 1,
	    e);
}

static void *leader_thread(void *arg)
{
	struct member *m = arg;
	struct err e = ERR_INIT;

	m->rc = store_write(m->w->st, wait_at_gate, m, &e);
	return NULL;
}

static void *member_thread(void *arg)
{
	struct member *m = arg;
	struct err e = ERR_INIT;

	m->rc = store_write(m->w->st, allow, m, &e);
	return NULL;
}

static void test_transaction_that_is_full(void **state)
{
	static const char *const serials[] = { "S0", "S1", "S2", "S3" };
	struct world *w = *state;
	struct member lead = { .w = w }, m[4];
	struct store_info before, now, after;
	struct store_tx *tx;
	bool has;

	OK(store_info(w->st, &before, &w->err));
	pthread_barrier_init(&leading, NULL, 2);
	pthread_mutex_lock(&gate);
	pthread_create(&lead.thread, NULL, leader_thread, &lead);
	pthread_barrier_wait(&leading);
	for (int i = 0; i < 4; i++) {
		m[i] = (struct member){ .w = w, .serial = serials[i] };
		pthread_create(&m[i].thread, NULL, member_thread, &m[i]);
	}
	do {
		sched_yield();
		OK(store_info(w->st, &now, &w->err));
	} while (now.waiting < 4);
	pthread_mutex_unlock(&gate);
	pthread_join(lead.thread, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(m[i].thread, NULL);
		assert_int_equal(m[i].rc, 0);
	}
	pthread_barrier_destroy(&leading);
	arm(0, 0);
	OK(store_info(w->st, &after, &w->err));
	assert_int_equal(after.committed - before.committed, 5);
	/* The leader, the three that fit, the one alone. */
	assert_int_equal(after.commits - before.commits, 2 + 1);
	tx = world_read(w);
	for (int i = 0; i < 4; i++) {
		OK(store_allow_has(tx, STORE_ALLOW_SERIAL,
		    bytes_str(serials[i]), &has, &w->err));
		assert_true(has);
	}
	world_end(w);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

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
		TEST(test_deliver),
		TEST(test_look_out),
		TEST(test_issue),
		TEST(test_look_in),
		TEST(test_administer),
		TEST(test_look_after),
		TEST(test_touches_wait_for_better_times),
		TEST(test_panic),
		TEST(test_transaction_that_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
