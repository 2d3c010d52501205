/* Stores that are damaged, by accident or by somebody: store_check sees what
 * is wrong, and nothing crashes. Also: what a stolen store gives away. */
#include "scenario.h"

#include <ctype.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "store/lmdb/lmdb_store.h"
#include "store/store_enroll.h"

static int setup(void **state)
{
	struct world *w;
	unsigned char cert[DIGEST_LEN] = { 3 };
	struct enrollment a, user;
	struct store_tx *tx;

	if (world_setup(state) != 0)
		return -1;
	w = *state;
	scenario_prepare(w);
	/* So that no table is empty. */
	for (int i = 4; i < 5; i++)
		OK(store_write(w->st, scenarios[i].fn, w, &w->err));
	tx = world_write(w);
	OK(store_cert_put(tx, cert, &(struct store_cert){ .device = 1, .bound = 1 },
	    &w->err));
	user = a = world_device("A");
	user.parent = 1;
	user.id.kind = ENROLLMENT_USER;
	user.id.user = bytes_str("u");
	OK(store_enrollment_put(tx, &user, &w->err));
	world_commit(w);
	store_touch_seen(w->st, 1, w->now);
	{
		struct command c = world_command("idle");
		bool created;

		tx = world_write(w);
		OK(store_command_put(tx, &c, &created, &w->err));
		world_commit(w);
	}
	world_check(w);
	world_close(w);
	return 0;
}

/* What is done to the first entry of a table. */
enum damage { REMOVE, CUT, FLIP };

static bool damage(struct world *w, const char *table, enum damage how)
{
	unsigned char copy[4096];
	MDB_val k, v;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *c;
	bool done = false;

	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 128);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
	assert_int_equal(mdb_cursor_open(txn, dbi, &c), 0);
	if (mdb_cursor_get(c, &k, &v, MDB_FIRST) != 0)
		fail_msg("%s is empty", table);
	if (how == REMOVE) {
		assert_int_equal(mdb_cursor_del(c, 0), 0);
		done = true;
	} else if (v.mv_size > 1) {
		assert_true(v.mv_size <= sizeof(copy));
		memcpy(copy, v.mv_data, v.mv_size);
		copy[v.mv_size - 1] ^= 0x40;
		v.mv_data = copy;
		v.mv_size -= how == CUT;
		assert_int_equal(mdb_cursor_put(c, &k, &v, MDB_CURRENT), 0);
		done = true;
	}
	mdb_cursor_close(c);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	return done;
}

struct copy_of {
	struct arena *a;
	struct bytes data;
	char path[160];
};

static void keep(struct world *w, struct copy_of *c)
{
	c->a = arena_new();
	snprintf(c->path, sizeof(c->path), "%s/data.mdb", w->path);
	OK(file_read(c->path, (size_t)64 << 20, c->a, &c->data, &w->err));
}

static void bring_back(struct world *w, struct copy_of *c)
{
	OK(file_write(c->path, c->data, 0600, &w->err));
}

static uint64_t faults_now(struct world *w)
{
	uint64_t faults;

	world_open(w);
	OK(store_check(w->st, NULL, NULL, &faults, &w->err));
	/* Whatever was found: it can be read without harm. */
	for (size_t i = 0; i < scenarios_n; i++) {
		struct err e = ERR_INIT;

		if (scenarios[i].reads)
			(void)store_read(w->st, scenarios[i].fn, w, &e);
	}
	world_close(w);
	return faults;
}

/* A table whose entries nothing else needs, or which says little. */
static bool is_lone(const char *table, enum damage how)
{
	static const char *const lone[] = { "meta", "enroll_seen", "secrets",
		"certs", "guard", "allow", "push_states", "inventory",
		"webhook_states", "buried", "accounts" };
	static const char *const loose[] = { "meta", "enroll_seen", "certs",
		"guard", "allow", "enrollments", "commands", "targets",
		"guard_times", "unreadable", "push_certs", "push_jobs",
		"push_states", "audit", "webhooks", "webhook_states",
		"buried" };
	const char *const *t = how == REMOVE ? lone : loose;
	size_t n = how == REMOVE ? sizeof(lone) / sizeof(lone[0]) :
	    sizeof(loose) / sizeof(loose[0]);

	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i], table) == 0)
			return true;
	return false;
}

static void test_check_sees(void **state)
{
	struct world *w = *state;
	struct copy_of good;

	keep(w, &good);
	assert_int_equal(faults_now(w), 0);
	for (int t = 0; t < LMDB_TABLES; t++) {
		const char *name = lmdb_table_name((enum lmdb_table)t);

		for (int how = REMOVE; how <= FLIP; how++) {
			if (t == LMDB_META ||
			    !damage(w, name, (enum damage)how))
				continue;
			if (faults_now(w) == 0 &&
			    !is_lone(name, (enum damage)how))
				fail_msg("%s, damage %d: not seen", name, how);
			bring_back(w, &good);
		}
	}
	arena_free(good.a);
}

/* ---- pages ---- */

/* In a process of its own: it must end by itself, not by a signal. */
static void survives(struct world *w)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct store *st;
		struct err e = ERR_INIT;
		uint64_t faults;

		/* Not cmocka's handlers, which go on with the next test. */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		if (store_open(&w->options, w->now, &st, &e) < 0)
			_exit(1);
		if (store_check(st, NULL, NULL, &faults, &e) < 0)
			_exit(2);
		for (size_t i = 0; i < scenarios_n; i++)
			if (scenarios[i].reads)
				(void)store_read(st, scenarios[i].fn, w, &e);
		store_close(st);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
}

static void test_file_that_was_cut_off(void **state)
{
	struct world *w = *state;
	struct copy_of good;

	keep(w, &good);
	for (size_t n = 0; n < good.data.n; n += 4096) {
		assert_int_equal(truncate(good.path, (off_t)n), 0);
		survives(w);
		bring_back(w, &good);
	}
	arena_free(good.a);
}

/* ---- a stolen store ---- */

static bool contains(struct bytes hay, const char *needle)
{
	return memmem(hay.p, hay.n, needle, strlen(needle)) != NULL;
}

static void search(struct world *w, const char *file, const char *secret)
{
	struct arena *a = arena_new();
	char path[160], *hex, *base64;
	struct bytes all;

	snprintf(path, sizeof(path), "%s/%s", w->path, file);
	OK(file_read(path, (size_t)128 << 20, a, &all, &w->err));
	assert_true(all.n > 0);
	if (contains(all, secret))
		fail_msg("%s holds %s", file, secret);
	hex = enc_hex(a, bytes_str(secret));
	if (contains(all, hex))
		fail_msg("%s holds %s in hex", file, secret);
	for (char *c = hex; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	if (contains(all, hex))
		fail_msg("%s holds %s in HEX", file, secret);
	/* Base64 at each of the three alignments, without its ends. */
	for (size_t skip = 0; skip < 3; skip++) {
		base64 = enc_base64(a, bytes_of(secret + skip,
		    (strlen(secret) - skip) / 3 * 3));
		if (contains(all, base64))
			fail_msg("%s holds %s in base64", file, secret);
	}
	arena_free(a);
}

/* Five secrets. */
static void put_enrolling(struct world *w, struct store_tx *tx, uint64_t num,
	const char *const *secrets)
{
	struct ticket t = { .kind = TICKET_INVITE, .hash = { 99 },
		.grant = { .source = GRANT_OPEN, .account = secrets[0],
		.udid = secrets[0], .facts = bytes_str(secrets[0]) } };
	struct account acc = { .name = "a", .hash = secrets[1] };
	struct issued i = { .serial = "99", .subject = secrets[0],
		.grant = t.grant, .der = bytes_str(secrets[2]) };

	digest_sha256(i.der, i.cert);
	OK(store_ticket_put(tx, &t, &w->err));
	OK(store_account_put(tx, &acc, &w->err));
	OK(store_issued_add(tx, &i, &w->err));
	OK(store_secret_put(tx, num, STORE_PROFILE_FACTS,
	    bytes_str(secrets[3]), &w->err));
	OK(store_secret_put(tx, num, STORE_RENEWAL, bytes_str(secrets[4]),
	    &w->err));
}

static void test_a_stolen_store_gives_nothing_away(void **state)
{
	static const char *const secrets[] = {
		"push-token-A7f3Kq9z", "push-magic-B8g4Lr0y",
		"unlock-token-C9h5Ms1x", "bootstrap-D0i6Nt2w",
		"raw-authenticate-E1j7Ou3v", "raw-token-update-F2k8Pv4u",
		"command-pin-G3l9Qw5t", "result-body-H4m0Rx6s",
		"unreadable-I5n1Sy7r", "push-key-J6o2Tz8q",
		"hook-url-K7p3Ua9p", "hook-key-L8q4Vb0o", "event-M9r5Wc1n",
		"grant-N0s6Xd2m", "password-hash-O1t7Ye3l",
		"issued-der-P2u8Zf4k", "facts-Q3v9Ag5j", "renewal-R4w0Bh6i",
	};
	static const char *const files[] = { "data.mdb", "lock.mdb",
		"schema.lock" };
	unsigned char key[DIGEST_LEN] = { 9 };
	struct world *w = *state;
	struct command c = world_command("S");
	struct webhook hook = { .name = "s", .url = secrets[10],
		.key = bytes_str(secrets[11]), .topics = "" };
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_CHECKIN,
		.udid = secrets[12], .raw = bytes_str(secrets[12]) };
	struct push_cert push = { .topic = "s",
		.cert_pem = bytes_str("c"), .key_pem = bytes_str(secrets[9]) };
	struct enrollment *en;
	enum store_queued how;
	struct store_tx *tx;
	unsigned count;
	bool created;

	world_open(w);
	tx = world_write(w);
	OK(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &en,
	    &w->err));
	for (int s = STORE_PUSH_TOKEN; s <= STORE_RAW_TOKEN_UPDATE; s++)
		OK(store_secret_put(tx, en->num, (enum store_secret)s,
		    bytes_str(secrets[s - 1]), &w->err));
	c.body = bytes_str(secrets[6]);
	OK(store_command_put(tx, &c, &created, &w->err));
	OK(store_target_add(tx, en, "S", NULL, w->now, &how, &w->err));
	for (int i = 0; i < 3; i++)
		OK(store_unreadable(tx, key, key, bytes_str(secrets[8]),
		    w->now, &count, &w->err));
	OK(store_push_cert_put(tx, &push, &w->err));
	OK(store_webhook_put(tx, &hook, &w->err));
	OK(store_event_add(tx, &ev, w->arena, &count, &w->err));
	put_enrolling(w, tx, en->num, &secrets[13]);
	world_commit(w);
	world_answer(w, en->num, "S", TARGET_ACKNOWLEDGED, secrets[7]);
	/* Some are replaced or dropped, so that they lie in freed pages. */
	tx = world_write(w);
	OK(store_secret_put(tx, en->num, STORE_PUSH_TOKEN, bytes_str("new"),
	    &w->err));
	OK(store_secret_del(tx, en->num, STORE_UNLOCK_TOKEN, &w->err));
	world_commit(w);
	for (size_t s = 0; s < sizeof(secrets) / sizeof(secrets[0]); s++)
		for (size_t f = 0; f < 3; f++)
			search(w, files[f], secrets[s]);
	world_close(w);
	for (size_t s = 0; s < sizeof(secrets) / sizeof(secrets[0]); s++)
		search(w, "data.mdb", secrets[s]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_check_sees),
		TEST(test_file_that_was_cut_off),
		TEST(test_a_stolen_store_gives_nothing_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
