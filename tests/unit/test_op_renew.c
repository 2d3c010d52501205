/* admin/op_renew on a real store: whom the courier's sweep asks. */
#include "admin/op_renew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/op_ca.h"
#include "admin_world.h"

#define DAY 86400

struct putting {
	struct enrollment *en;
	struct bytes facts, renewal;	/* p NULL: none */
};

static int put_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct putting *p = arg;
	struct store_cert c = { .device = p->en->num, .bound = 1,
		.not_after = p->en->authenticated + 5 * DAY };

	if (store_cert_put(tx, p->en->cert, &c, e) < 0 ||
		store_enrollment_put(tx, p->en, e) < 0)
		return -1;
	if (p->facts.p != NULL && store_secret_put(tx, p->en->num,
		STORE_PROFILE_FACTS, p->facts, e) < 0)
		return -1;
	return p->renewal.p == NULL ? 0 : store_secret_put(tx, p->en->num,
		STORE_RENEWAL, p->renewal, e);
}

/* An enabled device whose certificate ends in five days. */
static struct enrollment *device(struct admin_world *w, const char *udid,
	struct bytes facts, struct bytes renewal)
{
	struct enrollment *en = admin_device(w, udid);
	struct putting p = { en, facts, renewal };

	en->has_cert = true;
	digest_sha256(bytes_str(udid), en->cert);
	en->authenticated = w->op.now;
	OK(store_write(w->op.store, put_tx, &p, &w->err));
	return en;
}

static struct bytes good_facts(struct admin_world *w)
{
	struct profile_facts f = { .identifier = "org.x",
		.topic = "com.apple.mgmt.x", .server_url = "https://x/mdm",
		.access_rights = 1 };

	return profile_facts_encode(&f, w->a);
}

static struct bytes none(void)
{
	return bytes_of(NULL, 0);
}

static int64_t asked(struct admin_world *w, const char *udid)
{
	struct profile_facts f;
	struct renewal r;

	OK(op_profile_facts(&w->op, bytes_str(udid), w->a, &f, &r, &w->err));
	return r.command_uuid != NULL ? r.started : 0;
}

/* One that has no facts, one whose note cannot be read: neither holds up the
 * others, and each is tried again a week later. */
static void test_one_holds_up_nobody(void **state)
{
	struct admin_world *w = *state;
	size_t n;

	device(w, "ren-1", none(), none());
	device(w, "ren-2", good_facts(w), bytes_str("no record"));
	device(w, "ren-3", good_facts(w), none());
	OK(op_renew_due(&w->op, 100, w->a, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(asked(w, "ren-3"), w->op.now);
	assert_int_equal(asked(w, "ren-1"), 0);
	/* Not again at once. */
	OK(op_renew_due(&w->op, 100, w->a, &n, &w->err));
	assert_int_equal(n, 0);
}

/* Facts that cannot be read. */
static void test_unreadable_facts(void **state)
{
	struct admin_world *w = *state;
	size_t n;

	device(w, "ren-4", bytes_str("no record"), none());
	device(w, "ren-5", good_facts(w), none());
	OK(op_renew_due(&w->op, 100, w->a, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(asked(w, "ren-5"), w->op.now);
}

static void test_limit(void **state)
{
	struct admin_world *w = *state;
	size_t n;

	for (int i = 0; i < 5; i++)
		device(w, arena_printf(w->a, "ren-limit-%d", i), good_facts(w),
			none());
	OK(op_renew_due(&w->op, 3, w->a, &n, &w->err));
	assert_int_equal(n, 3);
	OK(op_renew_due(&w->op, 3, w->a, &n, &w->err));
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_one_holds_up_nobody), EACH(test_unreadable_facts),
		EACH(test_limit),
	};

	return cmocka_run_group_tests_name("op_renew", tests, admin_setup,
		admin_teardown);
}
