/* Durability and group commit: what was acknowledged survives SIGKILL at any
 * moment; writers that wait together share a commit; one that fails is
 * rolled back alone. */
#include "store_world.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 16

/* ---- SIGKILL ---- */

/* What a writer says on the pipe once it was told that it is stored. */
struct acknowledged {
	uint32_t thread, n;
};

struct writer {
	struct world *w;
	uint32_t thread;
	int fd;
	struct enrollment en;
	pthread_t id;
	uint32_t n;
};

static void udid_of(uint32_t thread, char out[16])
{
	snprintf(out, 16, "D%u", thread);
}

static void uuid_of(uint32_t thread, uint32_t n, char out[32])
{
	snprintf(out, 32, "C%u.%u", thread, n);
}

static int add(struct store_tx *tx, void *arg, struct err *e)
{
	struct writer *me = arg;
	enum store_queued how;
	enum store_answer answer;
	struct command c;
	char uuid[32];
	bool created;

	if (me->en.num == 0 && store_enrollment_put(tx, &me->en, e) < 0)
		return -1;
	uuid_of(me->thread, me->n, uuid);
	c = world_command(uuid);
	if (store_command_put(tx, &c, &created, e) < 0 ||
	    store_target_add(tx, &me->en, uuid, NULL, me->w->now, &how,
	    e) < 0)
		return -1;
	if (me->n % 2 == 0)
		return 0;
	return store_target_answer(tx, me->en.num, uuid, TARGET_ACKNOWLEDGED,
	    bytes_str(uuid), me->w->now, &answer, e);
}

static void *write_for_ever(void *arg)
{
	struct writer *me = arg;
	char udid[16];

	udid_of(me->thread, udid);
	me->en = world_device(udid);
	for (;; me->n++) {
		struct acknowledged a = { me->thread, me->n };
		struct err e = ERR_INIT;

		if (store_write(me->w->st, add, me, &e) < 0) {
			fprintf(stderr, "%s\n", e.msg);
			_exit(1);
		}
		if (write(me->fd, &a, sizeof(a)) != (ssize_t)sizeof(a))
			_exit(2);
	}
	return NULL;
}

static void child(struct world *w, int fd, uint32_t first)
{
	struct writer writers[8];

	world_open(w);
	for (uint32_t i = 0; i < 8; i++) {
		writers[i] = (struct writer){ .w = w, .thread = first + i,
			.fd = fd };
		if (pthread_create(&writers[i].id, NULL, write_for_ever,
		    &writers[i]) != 0)
			_exit(3);
	}
	pause();
	_exit(4);
}

static void expect_stored(struct world *w, const struct acknowledged *a)
{
	struct store_tx *tx = world_read(w);
	struct enrollment *en;
	struct bytes raw;
	struct target *t;
	char name[32];

	udid_of(a->thread, name);
	OK(store_enrollment_lookup(tx, bytes_str(name), w->arena, &en,
	    &w->err));
	assert_non_null(en);
	uuid_of(a->thread, a->n, name);
	OK(store_target_get(tx, en->num, name, w->arena, &t, &w->err));
	if (t == NULL)
		fail_msg("%s was acknowledged and is not there", name);
	assert_int_equal(t->state, a->n % 2 == 0 ? TARGET_READY :
	    TARGET_ACKNOWLEDGED);
	if (a->n % 2 != 0) {
		OK(store_result_get(tx, en->num, t->result, w->arena, &raw,
		    &w->err));
		assert_true(bytes_is(raw, name));
	}
	world_end(w);
}

static void test_sigkill(void **state)
{
	static struct acknowledged got[4096];
	struct world *w = *state;

	world_close(w);
	for (uint32_t round = 0; round < 3; round++) {
		size_t n = 0, want = 40 + 50 * round;
		int fds[2];
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0)
			child(w, fds[1], 100 * round);
		close(fds[1]);
		/* Once somebody else has it open: he goes on at once. */
		if (round == 1)
			world_open(w);
		while (n < 4096 && read(fds[0], &got[n], sizeof(got[0])) ==
		    (ssize_t)sizeof(got[0]))
			if (++n == want)
				kill(pid, SIGKILL);
		close(fds[0]);
		waitpid(pid, NULL, 0);
		assert_true(n >= want);
		if (round == 1)
			world_enroll(w, "survivor");
		else
			world_open(w);
		for (size_t i = 0; i < n; i++)
			expect_stored(w, &got[i]);
		world_check(w);
		world_close(w);
	}
}

/* ---- groups ---- */

struct member {
	struct world *w;
	int i, rc;
	bool fails;
	struct err err;
	pthread_t id;
};

static int allow(struct store_tx *tx, void *arg, struct err *e)
{
	struct member *m = arg;
	char serial[16];

	snprintf(serial, sizeof(serial), "S%d", m->i);
	if (store_allow_put(tx, STORE_ALLOW_SERIAL, bytes_str(serial), 1,
	    e) < 0)
		return -1;
	return m->fails ? err_set(e, ERR_CONFLICT, "%s", serial) : 0;
}

static void *write_once(void *arg)
{
	struct member *m = arg;

	m->rc = store_write(m->w->st, allow, m, &m->err);
	return NULL;
}

static bool allowed(struct world *w, int i)
{
	struct store_tx *tx = world_read(w);
	char serial[16];
	bool has;

	snprintf(serial, sizeof(serial), "S%d", i);
	OK(store_allow_has(tx, STORE_ALLOW_SERIAL, bytes_str(serial), &has,
	    &w->err));
	world_end(w);
	return has;
}

static void test_one_group(void **state)
{
	struct world *w = *state;
	struct member m[THREADS];
	struct store_info before, now;

	OK(store_info(w->st, &before, &w->err));
	/* The one who has the lock; behind him all the others. */
	(void)world_write(w);
	for (int i = 0; i < THREADS; i++) {
		m[i] = (struct member){ .w = w, .i = i, .fails = i % 4 == 1 };
		assert_int_equal(pthread_create(&m[i].id, NULL, write_once,
		    &m[i]), 0);
	}
	do {
		sched_yield();
		OK(store_info(w->st, &now, &w->err));
	} while (now.waiting < THREADS);
	world_commit(w);
	for (int i = 0; i < THREADS; i++)
		pthread_join(m[i].id, NULL);
	OK(store_info(w->st, &now, &w->err));
	/* Two commits in all, and those that failed failed alone. */
	assert_int_equal(now.commits - before.commits, 2);
	assert_int_equal(now.committed - before.committed,
	    1 + THREADS - THREADS / 4);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(m[i].rc, m[i].fails ? -1 : 0);
		assert_int_equal(allowed(w, i), !m[i].fails);
		if (m[i].fails) {
			assert_int_equal(m[i].err.kind, ERR_CONFLICT);
			assert_int_equal(atoi(m[i].err.msg + 1), i);
		}
	}
	world_check(w);
}

static void test_all_of_a_group_fail(void **state)
{
	struct world *w = *state;
	struct member m[3];
	struct store_info now;

	(void)world_write(w);
	for (int i = 0; i < 3; i++) {
		m[i] = (struct member){ .w = w, .i = i, .fails = true };
		pthread_create(&m[i].id, NULL, write_once, &m[i]);
	}
	do {
		sched_yield();
		OK(store_info(w->st, &now, &w->err));
	} while (now.waiting < 3);
	/* And so does the one they wait for. */
	world_abort(w);
	for (int i = 0; i < 3; i++) {
		pthread_join(m[i].id, NULL);
		assert_int_equal(m[i].rc, -1);
		assert_false(allowed(w, i));
	}
	world_enroll(w, "A");
	world_check(w);
}

static void *write_many(void *arg)
{
	struct member *m = arg;

	for (int n = 0; n < 25 && m->rc == 0; n++, m->i += THREADS)
		m->rc = store_write(m->w->st, allow, m, &m->err);
	return NULL;
}

static void test_fewer_commits_than_writes(void **state)
{
	struct world *w = *state;
	struct member m[THREADS];
	struct store_info before, after;
	uint64_t commits;

	OK(store_info(w->st, &before, &w->err));
	for (int i = 0; i < THREADS; i++) {
		m[i] = (struct member){ .w = w, .i = i };
		pthread_create(&m[i].id, NULL, write_many, &m[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(m[i].id, NULL);
		assert_int_equal(m[i].rc, 0);
	}
	OK(store_info(w->st, &after, &w->err));
	commits = after.commits - before.commits;
	print_message("# %d writes in %llu commits\n", THREADS * 25,
	    (unsigned long long)commits);
	assert_int_equal(after.committed - before.committed, THREADS * 25);
	assert_true(commits < THREADS * 25);
	for (int i = 0; i < THREADS * 25; i++)
		assert_true(allowed(w, i));
	world_check(w);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, \
	world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sigkill),
		TEST(test_one_group),
		TEST(test_all_of_a_group_fail),
		TEST(test_fewer_commits_than_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
