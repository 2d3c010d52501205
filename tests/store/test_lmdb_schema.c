/* A store of another schema: refused, or migrated. */
#include "store_world.h"

#include <lmdb.h>
#include <stdlib.h>

#include "base/file.h"
#include "crypto/cert.h"
#include "store/store_admin.h"
#include "store/store_enroll.h"

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

/* Without these. */
static void drop(struct world *w, const char *const *tables)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 128);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	for (; *tables != NULL; tables++) {
		assert_int_equal(mdb_dbi_open(txn, *tables, 0, &dbi), 0);
		assert_int_equal(mdb_drop(txn, dbi, 1), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

/* As an older schema was: without what came after it. */
static void make_old(struct world *w, unsigned char schema)
{
	static const char *const since_2[] = { "certs_of", "counts", NULL };
	static const char *const since_3[] = { "enroll_awaiting",
		"certs_expiring", "certs_revoked", "tickets", "tickets_due",
		"tickets_of", "issued", "issued_ders", "issued_requests",
		"issued_serials", "issued_expiring", "accounts", NULL };

	set_schema(w, schema);
	drop(w, since_3);
	if (schema < 2)
		drop(w, since_2);
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
	make_old(w, 1);
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

/* ---- 2 to 3 ---- */

static struct bytes der_of(struct world *w, const char *name)
{
	char path[512];
	struct bytes pem, der;

	snprintf(path, sizeof(path), "%s/crypto/%s.pem", getenv("TEST_DATA"),
	    name);
	OK(file_read(path, 65536, w->arena, &pem, &w->err));
	OK(cert_pem_der(pem, w->arena, &der, &w->err));
	return der;
}

/* A device whose certificate, as schema 2 kept it, is `der`; it kept `kept`
 * of it (p NULL: nothing). */
static uint64_t bind(struct world *w, const char *udid, struct bytes der,
	struct bytes kept, struct store_cert c)
{
	unsigned char hash[DIGEST_LEN];
	struct store_tx *tx;

	c.device = world_enroll(w, udid).num;
	digest_sha256(der, hash);
	tx = world_write(w);
	OK(store_cert_put(tx, hash, &c, &w->err));
	if (kept.p != NULL)
		OK(store_secret_put(tx, c.device, STORE_DEVICE_CERT, kept,
		    &w->err));
	world_commit(w);
	return c.device;
}

static struct store_cert cert_of(struct world *w, struct bytes der)
{
	unsigned char hash[DIGEST_LEN];
	struct store_cert c;
	bool found;

	digest_sha256(der, hash);
	OK(store_cert_get(world_read(w), hash, &found, &c, &w->err));
	world_end(w);
	assert_true(found);
	return c;
}

/* The seal's ring lost the key of what was kept. */
static void spoil_secret(struct world *w, uint64_t num)
{
	unsigned char be[9] = { 0, 0, 0, 0, 0, 0, 0, (unsigned char)num,
		STORE_DEVICE_CERT };
	char junk[] = "no longer sealed by a key that we have";
	MDB_val k = { sizeof(be), be }, v = { sizeof(junk), junk };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 128);
	assert_int_equal(mdb_env_open(env, w->path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "secrets", 0, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void expect_dates(struct world *w, struct bytes der)
{
	struct store_cert c = cert_of(w, der);
	struct cert *parsed;

	OK(cert_from_der(der, w->arena, &parsed, &w->err));
	assert_int_equal(c.not_after, cert_not_after(parsed));
	assert_string_equal(c.serial, cert_serial_hex(parsed, w->arena));
}

static void test_migrate_certs(void **state)
{
	static const char *const names[] = { "rsa", "ec", "ec521", "no-eku",
		"no-ku", "both-eku", "any-eku" };
	const struct bytes nothing = { NULL, 0 }, start = { NULL, 0 },
	    junk = bytes_str("no certificate");
	const struct store_cert now = { .bound = 5 },
	    former = { .bound = 5, .former = 6 },
	    revoked = { .bound = 5, .revoked = 7 };
	struct world *w = *state;
	struct store_cert_row *rows;
	struct bytes der[7], next;
	unsigned from, to;
	uint64_t spoiled;
	size_t n;

	for (size_t i = 0; i < 7; i++)
		der[i] = der_of(w, names[i]);
	bind(w, "A", der[0], der[0], now);
	bind(w, "B", der[1], der[1], revoked);
	bind(w, "C", der[2], der[2], former);
	bind(w, "D", der[3], nothing, now);
	bind(w, "E", der[4], der[5], now);	/* of another certificate */
	spoiled = bind(w, "F", der[6], der[6], now);
	bind(w, "G", junk, junk, now);
	world_check(w);
	world_close(w);
	make_old(w, 2);
	spoil_secret(w, spoiled);
	OK(store_migrate(&w->options, w->now, &from, &to, &w->err));
	assert_int_equal(from, 2);
	assert_int_equal(to, 3);
	world_open(w);
	expect_dates(w, der[0]);
	expect_dates(w, der[1]);
	for (size_t i = 2; i < 7; i++)
		if (i != 5)
			assert_int_equal(cert_of(w, der[i]).not_after, 0);
	assert_int_equal(cert_of(w, junk).not_after, 0);
	assert_int_equal(cert_of(w, der[2]).former, 6);
	OK(store_cert_expiring(world_read(w), INT64_MAX, start, 9, w->arena,
	    &rows, &n, &next, &w->err));
	world_end(w);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].cert.device, 1);
	OK(store_cert_revoked(world_read(w), NULL, 9, w->arena, &rows, &n,
	    &w->err));
	world_end(w);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].cert.device, 2);
	/* Mended, since store_check sees it. */
	OK(store_secret_put(world_write(w), spoiled, STORE_DEVICE_CERT,
	    der[6], &w->err));
	world_commit(w);
	world_check(w);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_schema),
		TEST(test_migrate),
		TEST(test_migrate_certs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
