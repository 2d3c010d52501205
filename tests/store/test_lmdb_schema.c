/* A store of another schema: refused, or migrated. */
#include "store_world.h"

#include <lmdb.h>

#include "store/store_admin.h"

static void set_schema(struct world *w, unsigned char schema)
{
	unsigned char be[4] = { 0, 0, 0, schema };
	char name[] = "schema";
	MDB_val k = { 6, name }, v = { 4, be };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 128);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void test_schema(void **state)
{
	struct world *w = *state;
	struct store *st;

	world_close(w);
	set_schema(w, 4);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_CONFLICT);
	assert_non_null(strstr(w->err.msg, "too old"));
	set_schema(w, 1);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_CONFLICT);
	assert_non_null(strstr(w->err.msg, "mooringctl store migrate"));
	set_schema(w, 2);
	FAILS(store_open(&w->options, w->now, &st, &w->err), ERR_CONFLICT);
	set_schema(w, 3);
	world_open(w);
	world_check(w);
}

/* As the first schema was: without what the second added. */
static void make_old(struct world *w)
{
	static const char *const added[] = { "certs_of", "counts" };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	set_schema(w, 1);
	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 128);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		assert_int_equal(mdb_dbi_open(txn, added[i], 0, &dbi), 0);
		assert_int_equal(mdb_drop(txn, dbi, 1), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void test_migrate(void **state)
{
	unsigned char hash[DIGEST_LEN] = { 1 };
	struct store_cert cert = { .bound = 7 };
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A"), user = en;
	struct store_counts counts;
	struct store_tx *tx;
	unsigned from, to;
	bool done;

	cert.device = user.parent = en.num;
	user.num = 0;
	user.id.kind = ENROLLMENT_USER;
	user.id.user = bytes_str("joe");
	tx = world_write(w);
	OK(store_cert_put(tx, hash, &cert, &w->err));
	OK(store_enrollment_put(tx, &user, &w->err));
	world_commit(w);
	FAILS(store_migrate(&w->options, w->now, &from, &to, &w->err),
	    ERR_CONFLICT);
	world_close(w);
	make_old(w);
	OK(store_migrate(&w->options, w->now, &from, &to, &w->err));
	assert_int_equal(from, 1);
	assert_int_equal(to, 3);
	OK(store_migrate(&w->options, w->now, &from, &to, &w->err));
	assert_int_equal(from, 3);
	world_open(w);
	world_check(w);
	tx = world_read(w);
	OK(store_counts(tx, &counts, &w->err));
	world_end(w);
	assert_int_equal(counts.devices[ENROLLMENT_ENABLED], 1);
	assert_int_equal(counts.users[ENROLLMENT_ENABLED], 1);
	/* The index of certificates is there too. */
	tx = world_write(w);
	OK(store_enrollment_remove(tx, user.num, 99, &done, &w->err));
	OK(store_enrollment_remove(tx, en.num, 99, &done, &w->err));
	OK(store_cert_get(tx, hash, &done, &cert, &w->err));
	assert_false(done);
	world_commit(w);
	world_check(w);
	world_close(w);
	set_schema(w, 4);
	FAILS(store_migrate(&w->options, w->now, &from, &to, &w->err),
	    ERR_CONFLICT);
	set_schema(w, 3);
	world_open(w);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_schema),
		TEST(test_migrate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
