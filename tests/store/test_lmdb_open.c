/* Coming and going: what makes a store, who may open it, how an end that was
 * not clean is seen, compaction. */
#include "store_world.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lmdb/lmdb_fs.h"

static const char *file_in(const struct world *w, const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", w->path, name);
	return path;
}

/* ---- other processes ---- */

struct child {
	pid_t pid;
	int to, from;	/* a byte each way is a step */
};

static void step(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(98);
}

static void await(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(97);
}

static int put_device(struct store_tx *tx, void *arg, struct err *e)
{
	struct enrollment en = world_device(arg);

	return store_enrollment_put(tx, &en, e);
}

/* Opens the store, writes if told to, says so, waits to be told to close. */
static struct child child_open(struct world *w, const char *udid)
{
	char name[16];
	int to[2], from[2];
	struct child c;

	snprintf(name, sizeof(name), "%s", udid != NULL ? udid : "");
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		world_open(w);
		if (udid != NULL &&
		    store_write(w->st, put_device, name, &w->err) < 0)
			_exit(96);
		step(from[1]);
		await(to[0]);
		world_close(w);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	c.to = to[1];
	c.from = from[0];
	await(c.from);
	return c;
}

static void child_end(struct child *c, bool kill_it)
{
	int status;

	if (kill_it)
		kill(c->pid, SIGKILL);
	else
		step(c->to);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	if (!kill_it)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(c->to);
	close(c->from);
}

static struct store_guard guard(struct world *w)
{
	struct store_tx *tx = world_read(w);
	struct store_guard g;

	OK(store_guard_get(tx, w->now, w->arena, &g, &w->err));
	world_end(w);
	return g;
}

/* ---- making ---- */

static void test_files(void **state)
{
	static const char *const names[] = { "data.mdb", "lock.mdb",
		"schema.lock", "ballast" };
	struct world *w = *state;
	struct stat sb;

	assert_int_equal(stat(w->path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0700);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(stat(file_in(w, names[i]), &sb), 0);
		assert_int_equal(sb.st_mode & 07777, 0600);
	}
	assert_int_equal(sb.st_size, 64 << 20);
	assert_true((uint64_t)sb.st_blocks * 512 >= (uint64_t)64 << 20);
	assert_int_equal(stat(file_in(w, "lock.mdb"), &sb), 0);
	assert_true(sb.st_blocks * 512 >= sb.st_size);
}

static void test_make_and_open(void **state)
{
	struct world *w = *state;
	struct store_options o = w->options;
	char other[128];
	struct store *st = w->st;

	FAILS(store_create(&w->options, &w->err), ERR_CONFLICT);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_CONFLICT);
	assert_null(st);
	world_enroll(w, "A");	/* and it still works */
	world_close(w);
	FAILS(store_create(&w->options, &w->err), ERR_CONFLICT);
	world_open(w);
	world_check(w);

	snprintf(other, sizeof(other), "%s/other", w->dir);
	o.dir = other;
	FAILS(store_open(&o, w->now, &st, &w->err), ERR_NOT_FOUND);
	assert_non_null(strstr(w->err.msg, "mooringctl init"));
	assert_int_equal(mkdir(other, 0700), 0);
	FAILS(store_open(&o, w->now, &st, &w->err), ERR_NOT_FOUND);
	OK(store_create(&o, &w->err));
	OK(store_open(&o, w->now, &st, &w->err));	/* two at a time */
	store_close(st);
	o.dir = "/proc/none/store";
	FAILS(store_create(&o, &w->err), ERR_INTERNAL);
}

static void test_no_store(void **state)
{
	static char junk[16384];
	struct world *w = *state;
	struct store *st;
	MDB_env *env;
	int fd;

	world_close(w);
	assert_int_equal(unlink(file_in(w, "data.mdb")), 0);
	/* An environment of LMDB, not of ours. */
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	mdb_env_close(env);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_NOT_FOUND);
	/* Which may become one: so ends a creation that was cut off. */
	OK(store_create(&w->options, &w->err));
	OK(store_open(&w->options, w->now, &st, &w->err));
	store_close(st);
	/* No environment at all. */
	memset(junk, 0x5a, sizeof(junk));
	fd = open(file_in(w, "data.mdb"), O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_BUSY);
}

static void test_network_file_systems(void **state)
{
	static const struct {
		unsigned long type;
		const char *name;
	} rows[] = {
		{ 0x6969, "nfs" }, { 0xff534d42, "cifs" },
		{ 0xfe534d42, "smb2" }, { 0x65735546, "fuse" },
		{ 0x01021997, "9p" }, { 0x5346414f, "afs" },
		{ 0x00c36400, "ceph" },
		{ 0xef53, NULL }, { 0x58465342, NULL },	/* ext4, xfs */
		{ 0x9123683e, NULL }, { 0x01021994, NULL }, /* btrfs, tmpfs */
		{ 0x794c7630, NULL }, { 0x2fc12fc1, NULL }, /* overlay, zfs */
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = lmdb_fs_network(rows[i].type);

		assert_true(str_eq(name, rows[i].name));
		/* As statfs gives it where a long is signed. */
		name = lmdb_fs_network((unsigned long)(long)(int)
		    rows[i].type);
		assert_true(str_eq(name, rows[i].name));
	}
	assert_int_equal(lmdb_fs_check("/tmp", &e), 0);
	assert_int_equal(lmdb_fs_check("/nonexistent", &e), -1);
}

/* ---- ends ---- */

static void test_clean_ends(void **state)
{
	struct world *w = *state;
	struct child a, b;

	world_close(w);
	a = child_open(w, "A");
	b = child_open(w, "B");
	child_end(&a, false);
	world_open(w);
	assert_int_equal(guard(w).armed_until, 0);
	child_end(&b, false);
	world_close(w);
	/* One that only read may die as it likes. */
	a = child_open(w, NULL);
	child_end(&a, true);
	world_open(w);
	assert_int_equal(guard(w).armed_until, 0);
}

static void test_unclean_end(void **state)
{
	struct world *w = *state;
	struct store_guard g;
	struct child a;
	struct enrollment *en;
	struct store_tx *tx;

	world_close(w);
	a = child_open(w, "A");
	child_end(&a, true);
	world_open(w);
	g = guard(w);
	assert_int_equal(g.armed_until, w->now + 24 * 3600);
	assert_string_equal(g.why, "unclean open");
	tx = world_read(w);
	OK(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &en,
	    &w->err));
	world_end(w);
	assert_non_null(en);
	/* It is said once: a clean end is a clean end. */
	OK(store_guard_release(world_write(w), w->now, &w->err));
	world_commit(w);
	world_close(w);
	world_open(w);
	assert_int_equal(guard(w).armed_until, 0);
	world_close(w);

	w->options.guard_hours = 0;
	a = child_open(w, "B");
	child_end(&a, true);
	world_open(w);
	assert_int_equal(guard(w).armed_until, 0);
}

/* Somebody put the data there: it may be older than what devices know. */
static void test_data_put_there_by_hand(void **state)
{
	struct world *w = *state;

	world_enroll(w, "A");
	world_close(w);
	assert_int_equal(unlink(file_in(w, "schema.lock")), 0);
	assert_int_equal(unlink(file_in(w, "lock.mdb")), 0);
	world_open(w);
	assert_int_equal(guard(w).armed_until, w->now + 24 * 3600);
}

static void test_fork(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid;

	world_enroll(w, "A");
	pid = fork();
	if (pid == 0) {
		char udid[] = "B";

		if (store_write(w->st, put_device, udid, &w->err) == 0 ||
		    w->err.kind != ERR_INTERNAL ||
		    store_read(w->st, put_device, udid, &w->err) == 0 ||
		    w->err.kind != ERR_INTERNAL)
			_exit(1);
		store_close(w->st);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	world_enroll(w, "B");
	world_check(w);
}

static int put_big(struct store_tx *tx, void *arg, struct err *e)
{
	static unsigned char big[4 << 20];

	(void)arg;
	return store_secret_put(tx, 1, STORE_RAW_AUTHENTICATE,
	    bytes_of(big, sizeof(big)), e);
}

/* Another process got more map and filled it: this one must come anew. */
static void test_store_that_outgrew_our_map(void **state)
{
	struct world *w = *state;
	struct store_info info;
	int status;
	pid_t pid;

	world_enroll(w, "A");
	world_close(w);
	w->options.map_size = 1 << 20;
	world_open(w);
	pid = fork();
	if (pid == 0) {
		struct world *other = w;

		other->st = NULL;
		other->options.map_size = 64 << 20;
		world_open(other);
		_exit(store_write(other->st, put_big, NULL, &w->err) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	FAILS(store_info(w->st, &info, &w->err), ERR_BUSY);
	assert_true(store_is_dead(w->st));
	world_close(w);
	w->options.map_size = 64 << 20;
	world_open(w);
	OK(store_info(w->st, &info, &w->err));
	assert_false(store_is_dead(w->st));
	world_check(w);
}

/* ---- compaction ---- */

static void test_compact(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	uint64_t before, after;
	struct child a, b;
	char pid[32];
	struct stat sb;
	char *big = calloc(1, 1 << 20);

	memset(big, 'x', (1 << 20) - 1);
	for (int i = 0; i < 3; i++) {
		struct store_tx *tx = world_write(w);

		OK(store_secret_put(tx, en.num, STORE_RAW_AUTHENTICATE,
		    bytes_str(big), &w->err));
		world_commit(w);
	}
	OK(store_secret_del(world_write(w), en.num, STORE_RAW_AUTHENTICATE,
	    &w->err));
	world_commit(w);
	free(big);
	FAILS(store_compact(&w->options, &before, &after, &w->err),
	    ERR_CONFLICT);
	world_close(w);

	a = child_open(w, NULL);
	b = child_open(w, "B");
	FAILS(store_compact(&w->options, &before, &after, &w->err),
	    ERR_CONFLICT);
	snprintf(pid, sizeof(pid), "%ld", (long)a.pid);
	assert_non_null(strstr(w->err.msg, pid));
	snprintf(pid, sizeof(pid), "%ld", (long)b.pid);
	assert_non_null(strstr(w->err.msg, pid));
	child_end(&a, false);
	FAILS(store_compact(&w->options, &before, &after, &w->err),
	    ERR_CONFLICT);
	child_end(&b, false);

	OK(store_compact(&w->options, &before, &after, &w->err));
	assert_true(before > (1 << 20));
	assert_true(after < before / 4);
	assert_int_equal(stat(file_in(w, "data.mdb"), &sb), 0);
	assert_int_equal(sb.st_size, after);
	assert_int_equal(sb.st_mode & 07777, 0600);
	world_open(w);
	assert_int_equal(guard(w).armed_until, 0);
	world_enroll(w, "C");
	world_check(w);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, \
	world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_make_and_open),
		TEST(test_no_store),
		TEST(test_network_file_systems),
		TEST(test_clean_ends),
		TEST(test_unclean_end),
		TEST(test_data_put_there_by_hand),
		TEST(test_fork),
		TEST(test_store_that_outgrew_our_map),
		TEST(test_compact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
