/* auth/binding on a real store: one certificate, one device. */
#include "auth/binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth_store.h"

static struct auth_store store;
static struct conf conf;
static struct err e;
static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	memset(&e, 0, sizeof(e));
	arena = arena_new();
	auth_store_open(&store);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return auth_store_close(&store);
}

static struct identity cert(unsigned char n)
{
	struct identity who = { .source = CONF_SRC_TLS, .subject = "CN=x" };

	memset(who.cert, n, DIGEST_LEN);
	return who;
}

struct job {
	struct identity who;
	struct enrollment *device;
	int64_t now;
	enum binding is;
	enum binding_how how;
	int64_t until;
};

static int check_fn(struct store_tx *tx, void *arg, struct err *err)
{
	struct job *j = arg;
	struct store_cert c;

	return binding_check(tx, &conf, &j->who, j->device, j->now, &c, &j->is,
		err);
}

static enum binding check_at(unsigned char n, struct enrollment *device,
	int64_t now)
{
	struct job j = { .who = cert(n), .device = device, .now = now,
		.is = (enum binding)-1 };

	if (store_read(store.st, check_fn, &j, &e) < 0)
		fail_msg("%s", e.msg);
	return j.is;
}

static enum binding check(unsigned char n, struct enrollment *device)
{
	return check_at(n, device, 0);
}

static int bind_fn(struct store_tx *tx, void *arg, struct err *err)
{
	struct job *j = arg;

	return binding_bind(tx, &j->who, j->device, j->how, j->now, err);
}

static int bind_cert(unsigned char n, struct enrollment *device, int64_t now)
{
	struct job j = { .who = cert(n), .device = device, .now = now };

	return store_write(store.st, bind_fn, &j, &e);
}

static int der_fn(struct store_tx *tx, void *arg, struct err *err)
{
	struct job *j = arg;

	return store_secret_get(tx, j->device->num, STORE_DEVICE_CERT, arena,
		&j->who.der, err);
}

/* what: NULL for none. */
static void assert_der(struct enrollment *device, const char *what)
{
	struct job j = { .device = device };

	if (store_read(store.st, der_fn, &j, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(what == NULL ? j.who.der.p == NULL :
		bytes_is(j.who.der, what));
}

static void assert_record(unsigned char n, uint64_t device, int64_t bound,
	int64_t former, int64_t revoked)
{
	struct identity who = cert(n);
	struct store_cert c = auth_cert_get(&store, who.cert);

	assert_int_equal(c.device, device);
	assert_int_equal(c.bound, bound);
	assert_int_equal(c.former, former);
	assert_int_equal(c.revoked, revoked);
}

/* The DER that is kept is always that of the certificate bound now. */
static void test_der(void **state)
{
	struct enrollment one = { .num = 1 };
	struct job j = { .who = cert('a'), .device = &one, .now = 100 };

	(void)state;
	j.who.der = bytes_str("der a");
	assert_int_equal(store_write(store.st, bind_fn, &j, &e), 0);
	assert_der(&one, "der a");
	assert_int_equal(bind_cert('b', &one, 200), 0);
	assert_der(&one, NULL);
	j.now = 300;
	assert_int_equal(store_write(store.st, bind_fn, &j, &e), 0);
	assert_der(&one, "der a");
}

/* ---- renewals ---- */

static void renew(unsigned char n, struct enrollment *device,
	enum binding_how how, int64_t now)
{
	struct job j = { .who = cert(n), .device = device, .now = now,
		.how = how };

	if (store_write(store.st, bind_fn, &j, &e) < 0)
		fail_msg("%s", e.msg);
}

static int confirm_fn(struct store_tx *tx, void *arg, struct err *err)
{
	struct job *j = arg;

	return j->until != 0 ?
		binding_confirm(tx, j->device, j->until, err) :
		binding_end_former(tx, j->device, err);
}

/* until 0: ends them. */
static void confirm(struct enrollment *device, int64_t until)
{
	struct job j = { .device = device, .until = until };

	if (store_write(store.st, confirm_fn, &j, &e) < 0)
		fail_msg("%s", e.msg);
}

static struct store_cert record(unsigned char n)
{
	struct identity who = cert(n);

	return auth_cert_get(&store, who.cert);
}

static void test_renewed(void **state)
{
	struct enrollment one = { .num = 1 }, two = { .num = 2 };

	(void)state;
	bind_cert('x', &two, 50);
	bind_cert('y', &two, 60);
	bind_cert('a', &one, 100);
	assert_false(record('a').renewal);
	renew('b', &one, BINDING_RENEWED, 200);
	assert_true(record('b').renewal);
	assert_true(record('a').valid_until == STORE_CERT_UNTIL_UPDATED);
	assert_int_equal(check_at('a', &one, 1000000), BINDING_OK);
	assert_int_equal(check_at('b', &one, 1000000), BINDING_OK);
	assert_int_equal(check_at('a', &two, 300), BINDING_OTHER);
	/* once more, before it was confirmed */
	renew('c', &one, BINDING_RENEWED, 250);
	assert_int_equal(check_at('a', &one, 1000000), BINDING_OK);
	assert_int_equal(check_at('b', &one, 1000000), BINDING_OK);

	confirm(&one, 500);
	assert_int_equal(check_at('a', &one, 499), BINDING_OK);
	assert_int_equal(check_at('b', &one, 499), BINDING_OK);
	assert_int_equal(check_at('a', &one, 500), BINDING_FORMER);
	assert_int_equal(check_at('b', &one, 500), BINDING_FORMER);
	assert_int_equal(check_at('c', &one, 500), BINDING_OK);
	/* that it is confirmed again changes nothing */
	confirm(&one, 900);
	assert_int_equal(record('a').valid_until, 500);
	/* nor was anybody else's */
	assert_int_equal(record('y').valid_until, 0);
	assert_int_equal(record('x').valid_until, 0);
	assert_int_equal(check_at('x', &two, 100), BINDING_FORMER);

	/* a new generation */
	bind_cert('d', &one, 300);
	confirm(&one, 0);
	assert_int_equal(check_at('a', &one, 301), BINDING_FORMER);
	assert_int_equal(check_at('b', &one, 301), BINDING_FORMER);
	assert_int_equal(check_at('c', &one, 301), BINDING_FORMER);
	assert_int_equal(check_at('d', &one, 301), BINDING_OK);
	assert_false(record('d').renewal);
}

static void test_rolled_back(void **state)
{
	struct enrollment one = { .num = 1 };

	(void)state;
	bind_cert('a', &one, 100);
	renew('b', &one, BINDING_RENEWED, 200);
	confirm(&one, 500);
	renew('a', &one, BINDING_AGAIN, 300);
	assert_int_equal(one.cert[0], 'a');
	/* it is what it was */
	assert_record('a', 1, 100, 0, 0);
	assert_false(record('a').renewal);
	assert_int_equal(record('a').valid_until, 0);
	/* and the new one may yet be used */
	assert_int_equal(check_at('b', &one, 100000), BINDING_OK);
	confirm(&one, 700);
	assert_int_equal(check_at('b', &one, 700), BINDING_FORMER);
	assert_int_equal(check_at('a', &one, 100000), BINDING_OK);
}

/* More than one page of them. */
static void test_many_former(void **state)
{
	struct enrollment one = { .num = 1 };

	(void)state;
	for (int n = 1; n <= 150; n++)
		renew((unsigned char)n, &one, BINDING_RENEWED, n);
	confirm(&one, 1000);
	for (int n = 1; n < 150; n++)
		assert_int_equal(record((unsigned char)n).valid_until, 1000);
	confirm(&one, 0);
	for (int n = 1; n < 150; n++)
		assert_int_equal(record((unsigned char)n).valid_until, 0);
	assert_int_equal(check_at(150, &one, 5000), BINDING_OK);
}

/* What is said of the certificate is kept with it. */
static void test_described(void **state)
{
	struct enrollment one = { .num = 1 };
	struct job j = { .who = cert('a'), .device = &one, .now = 100 };

	(void)state;
	j.who.not_after = 5000;
	strcpy(j.who.serial, "0abc");
	assert_int_equal(store_write(store.st, bind_fn, &j, &e), 0);
	assert_int_equal(record('a').not_after, 5000);
	assert_string_equal(record('a').serial, "0abc");
	/* not known now: what was known stays */
	bind_cert('a', &one, 200);
	assert_int_equal(record('a').not_after, 5000);
	assert_string_equal(record('a').serial, "0abc");
	renew('b', &one, BINDING_RENEWED, 300);
	assert_int_equal(record('b').not_after, 0);
	assert_int_equal(record('a').not_after, 5000);
}

static void test_life(void **state)
{
	struct enrollment one = { .num = 1 }, two = { .num = 2 };

	(void)state;
	assert_int_equal(check('a', NULL), BINDING_FREE);
	assert_int_equal(check('a', &one), BINDING_FREE);
	assert_int_equal(bind_cert('a', &one, 100), 0);
	assert_true(one.has_cert);
	assert_int_equal(one.cert[0], 'a');
	assert_record('a', 1, 100, 0, 0);
	assert_int_equal(check('a', &one), BINDING_OK);
	assert_int_equal(check('a', &two), BINDING_OTHER);
	assert_int_equal(check('a', NULL), BINDING_OTHER);
	assert_int_equal(check('b', &one), BINDING_FREE);

	/* again: nothing changes */
	assert_int_equal(bind_cert('a', &one, 150), 0);
	assert_record('a', 1, 100, 0, 0);

	/* renewed */
	assert_int_equal(bind_cert('b', &one, 200), 0);
	assert_record('a', 1, 100, 200, 0);
	assert_record('b', 1, 200, 0, 0);
	assert_int_equal(check('b', &one), BINDING_OK);
	assert_int_equal(check('a', &one), BINDING_FORMER);

	/* neither speaks for another device, ever */
	assert_int_equal(check('a', &two), BINDING_OTHER);
	assert_int_equal(check('b', &two), BINDING_OTHER);
	assert_int_equal(bind_cert('a', &two, 250), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	assert_false(two.has_cert);
	assert_record('a', 1, 100, 200, 0);

	/* the former one comes back */
	assert_int_equal(bind_cert('a', &one, 300), 0);
	assert_record('a', 1, 300, 0, 0);
	assert_record('b', 1, 200, 300, 0);
	assert_int_equal(check('a', &one), BINDING_OK);
	assert_int_equal(check('b', &one), BINDING_FORMER);
}

static void test_first(void **state)
{
	struct enrollment moved = { .num = 5, .imported = true };

	(void)state;
	assert_int_equal(check('a', &moved), BINDING_FREE);
	conf.first_binding = CONF_BIND_IMPORTED;
	assert_int_equal(check('a', &moved), BINDING_FIRST);
	assert_int_equal(bind_cert('a', &moved, 10), 0);
	assert_false(moved.imported);
	assert_int_equal(check('a', &moved), BINDING_OK);
	assert_int_equal(check('b', &moved), BINDING_FREE);
	/* one that has a certificate waits for none, imported or not */
	moved.imported = true;
	assert_int_equal(check('b', &moved), BINDING_FREE);
	/* an imported one does not open the door for another's certificate */
	moved = (struct enrollment){ .num = 6, .imported = true };
	assert_int_equal(check('a', &moved), BINDING_OTHER);
}

/* Revocation stands in the same record, and survives binding. */
static void test_revoked_stays(void **state)
{
	struct enrollment one = { .num = 1 };
	struct identity who = cert('r');

	(void)state;
	auth_cert_put(&store, who.cert, (struct store_cert){ .revoked = 9 });
	assert_int_equal(check('r', &one), BINDING_FREE);
	assert_int_equal(bind_cert('r', &one, 20), 0);
	assert_record('r', 1, 20, 0, 9);
	assert_int_equal(bind_cert('s', &one, 30), 0);
	assert_record('r', 1, 20, 30, 9);
}

/* The device's own record names a certificate whose record is not there, or
 * says otherwise. */
static void test_records_disagree(void **state)
{
	struct enrollment one = { .num = 1, .has_cert = true };
	struct enrollment two = { .num = 2, .has_cert = true };
	struct identity who = cert('x');

	(void)state;
	memcpy(two.cert, who.cert, DIGEST_LEN);
	auth_cert_put(&store, who.cert, (struct store_cert){ .device = 2, .former = 1 });
	assert_int_equal(check('x', &two), BINDING_FORMER);
	memset(one.cert, 'a', DIGEST_LEN);
	assert_int_equal(check('a', &one), BINDING_OK);
	assert_int_equal(bind_cert('b', &one, 40), 0);
	assert_record('a', 1, 0, 40, 0);
	assert_int_equal(check('a', &one), BINDING_FORMER);
}

static void test_not_stored(void **state)
{
	struct enrollment fresh = { .num = 0 };

	(void)state;
	assert_int_equal(bind_cert('a', &fresh, 1), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(check('a', NULL), BINDING_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_der, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rolled_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_former, setup, teardown),
		cmocka_unit_test_setup_teardown(test_described, setup, teardown),
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revoked_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_disagree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_stored, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
