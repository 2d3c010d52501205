/* auth/devauth while its CA bundle changes: in time, and under threads. */
#include "auth/devauth.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "devauth_world.h"

static void test_bundle_changes(void **state)
{
	(void)state;
	assert_int_equal(by_tls("rsa"), 0);
	assert_int_equal(by_tls("foreign"), -1);
	write_bundle("ca-ec ca-foreign");
	assert_int_equal(by_tls("rsa"), 0);	/* the same second: not looked at */
	now++;
	assert_int_equal(by_tls("rsa"), -1);	/* and the cache does not know it */
	assert_true(str_has_prefix(e.msg, "certificate is not trusted"));
	assert_int_equal(by_tls("foreign"), 0);
	now++;
	assert_int_equal(file_write(bundle, bytes_str("damaged"), 0644, &e), 0);
	assert_int_equal(by_tls("foreign"), 0);
	assert_int_equal(by_tls("ec521"), 0);	/* not cached: by the old bundle */
	now++;
	assert_int_equal(unlink(bundle), 0);
	assert_int_equal(by_tls("foreign"), 0);
	write_bundle("ca");
	now -= 1000;			/* the clock is set back */
	assert_int_equal(by_tls("rsa"), 0);
	assert_int_equal(by_tls("foreign"), -1);
}

static void test_bundle_missing_at_open(void **state)
{
	static const char *const bad[] = { NULL, "", "junk" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		devauth_close(da);
		unlink(bundle);
		if (bad[i] != NULL)
			assert_int_equal(file_write(bundle, bytes_str(bad[i]), 0644, &e),
				0);
		assert_int_equal(devauth_open(bundle, &da, &e), 0);
		assert_int_equal(by_tls("rsa"), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg,
			"certificate is not trusted: there is no device CA");
		write_bundle("ca");
		now++;
		assert_int_equal(by_tls("rsa"), 0);
	}
}

/* The machine's trouble when the bundle changes: out of descriptors. */
static void test_bundle_unreadable(void **state)
{
	struct rlimit was, few;
	const char *pem;

	(void)state;
	assert_int_equal(by_tls("rsa"), 0);
	write_bundle("ca-foreign");
	now++;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 0;
	pem = data_pem(a, "rsa");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 2; i++, now++) {
		struct request rq = { .arena = a, .now = now, .tls_verify = "SUCCESS",
			.tls_cert = pem };
		struct identity who;

		assert_int_equal(identify(&rq, &who), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(by_tls("foreign"), 0);
	assert_int_equal(by_tls("rsa"), -1);
}

/* How often the log says `what`, of all that asks writes. */
static unsigned logged(const char *what, void (*asks)(void))
{
	char *file = arena_printf(a, "%s/log", store.dir);
	int was = dup(STDERR_FILENO), to = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	unsigned n = 0;
	struct bytes b;

	assert_true(was >= 0 && to >= 0);
	dup2(to, STDERR_FILENO);
	asks();
	dup2(was, STDERR_FILENO);
	close(was);
	close(to);
	assert_int_equal(file_read(file, 1 << 20, a, &b, &e), 0);
	for (char *p = arena_str(a, b); (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static void ask_five_seconds(void)
{
	for (int i = 0; i < 10; i++) {
		now += i % 2;
		by_tls("rsa");
	}
}

/* One line per change, however long it lasts. */
static void test_alerts(void **state)
{
	(void)state;
	assert_int_equal(logged("devauth.", ask_five_seconds), 0);
	assert_int_equal(file_write(bundle, bytes_str("damaged"), 0644, &e), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	assert_int_equal(file_write(bundle, bytes_str("damaged again"), 0644, &e), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	assert_int_equal(unlink(bundle), 0);
	assert_int_equal(logged("event=devauth.bundle", ask_five_seconds), 1);
	write_bundle("ca ca-expired");
	assert_int_equal(logged("event=devauth.expiry", ask_five_seconds), 1);
	assert_int_equal(by_tls("of-expired-ca"), 0);
	write_bundle("ca");
	assert_int_equal(logged("devauth.", ask_five_seconds), 0);
}

/* ---- threads ---- */

static _Atomic int64_t shared_now;
static const char *shared_pem[2];

static void *hammer(void *arg)
{
	struct arena *mine = arena_new();
	size_t bad = 0;

	(void)arg;
	for (size_t i = 0; i < 400; i++) {
		struct request rq = { .arena = mine, .tls_verify = "SUCCESS" };
		struct err err = ERR_INIT;
		struct identity who;

		rq.now = atomic_load(&shared_now);
		rq.tls_cert = shared_pem[i % 2];
		/* one CA is in every bundle, the other in some */
		if (devauth_identify(da, store.st, &conf, &rq, &who, &err) < 0)
			bad += i % 2 == 0 ||
				!str_has_prefix(err.msg, "certificate is not trusted");
		arena_reset(mine);
	}
	arena_free(mine);
	return (void *)bad;
}

static void test_threads(void **state)
{
	pthread_t threads[4];

	(void)state;
	shared_pem[0] = data_pem(a, "rsa");
	shared_pem[1] = data_pem(a, "foreign");
	atomic_store(&shared_now, now);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	for (int i = 0; i < 30; i++) {
		write_bundle(i % 2 == 0 ? "ca ca-foreign" : "ca");
		atomic_fetch_add(&shared_now, 1);
	}
	for (size_t i = 0; i < 4; i++) {
		void *bad;

		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bundle_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bundle_missing_at_open, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_bundle_unreadable, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_alerts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
