/* admin/op_push*, pushes of op_enqueue: what is stored before anything is
 * sent. Without a pusher, so that the courier has all. */
#include "admin/op_push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_enqueue.h"
#include "admin/op_push_cert.h"
#include "admin_world.h"
#include "crypto_data.h"

#define TOPIC "com.apple.mgmt.External.fixture-1"
#define OTHER "com.apple.mgmt.External.fixture-2"

#define WAITING 1203	/* in three transactions */

/* ---- the world: enrollments that can be pushed ---- */

struct call {
	struct admin_world *w;
	struct enrollment *en;
	struct push_job *job;
	const char *topic;
	bool did;
	uint64_t num[WAITING];
	size_t due;
};

static int arm_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_secret_put(tx, c->en->num, STORE_PUSH_TOKEN,
		bytes_str("token"), e) < 0 ? -1 : store_secret_put(tx,
		c->en->num, STORE_PUSH_MAGIC, bytes_str("magic"), e);
}

static struct enrollment *pushable(struct admin_world *w, const char *udid,
	const char *topic)
{
	struct enrollment *en = admin_device(w, udid);
	struct call c = { .w = w, .en = en };

	en->topic = topic;
	admin_put(w, en);
	if (store_write(w->op.store, arm_tx, &c, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return en;
}

static int job_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_job_get(tx, c->en->num, c->w->a, &c->job, e);
}

static struct push_job *job_of(struct admin_world *w, struct enrollment *en)
{
	struct call c = { .w = w, .en = en };

	if (store_read(w->op.store, job_tx, &c, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return c.job;
}

static int stop_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_cert_stop(tx, c->topic, 0, c->w->op.now, "403 Forbidden",
		&c->did, e);
}

static void stop(struct admin_world *w, const char *topic)
{
	struct call c = { .w = w, .topic = topic };

	if (store_write(w->op.store, stop_tx, &c, &w->err) < 0 || !c.did)
		fail_msg("stop: %s", w->err.msg);
}

static struct bytes pem(struct admin_world *w, const char *name)
{
	return bytes_str(arena_printf(w->a, "%s%s",
		arena_str(w->a, data_file(w->a, arena_printf(w->a, "%s.pem",
			name))),
		arena_str(w->a, data_file(w->a, arena_printf(w->a, "%s.key",
			name)))));
}

static struct push_cert *put(struct admin_world *w, const char *name,
	bool force)
{
	struct push_cert *c;

	OK(op_push_cert_put(&w->op, pem(w, name), force, w->a, &c, &w->err));
	return c;
}

/* ---- certificates ---- */

static void test_put_get_list(void **state)
{
	struct admin_world *w = *state;
	struct push_cert *c = put(w, "push", true), **all;
	size_t n;

	assert_string_equal(c->topic, TOPIC);
	assert_null(c->key_pem.p);
	assert_int_equal(c->added, w->op.now);
	OK(op_push_cert_get(&w->op, TOPIC, w->a, &c, &w->err));
	assert_null(c->key_pem.p);
	assert_true(c->not_after > DATA_NOW);
	assert_int_equal(c->stopped, 0);
	OK(op_push_cert_list(&w->op, w->a, &all, &n, &w->err));
	assert_int_equal(n, 1);
	assert_null(all[0]->key_pem.p);
	FAILS(ERR_NOT_FOUND, op_push_cert_get(&w->op, OTHER, w->a, &c,
		&w->err));
	FAILS(ERR_NOT_FOUND, op_push_cert_resume(&w->op, OTHER, &w->err));
	FAILS(ERR_NOT_FOUND, op_push_cert_del(&w->op, OTHER, &w->err));
}

static void test_put_refused(void **state)
{
	static const char *const names[] = { "push-no-uid", "push-two-uids",
		"push-not-apple", "push-expired" };
	struct admin_world *w = *state;
	struct push_cert *c;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		FAILS(ERR_BAD_INPUT, op_push_cert_put(&w->op, pem(w, names[i]),
			true, w->a, &c, &w->err));
	FAILS(ERR_BAD_INPUT, op_push_cert_put(&w->op, bytes_str("x"), true, w->a,
		&c, &w->err));
}

/* One that ends earlier than the one that is here. */
static void test_put_sooner(void **state)
{
	struct admin_world *w = *state;
	struct push_cert *c;
	int64_t later = put(w, "push", true)->not_after;

	FAILS(ERR_CONFLICT, op_push_cert_put(&w->op, pem(w, "push-sooner"),
		false, w->a, &c, &w->err));
	assert_non_null(strstr(w->err.msg, "valid longer"));
	assert_true(put(w, "push-sooner", true)->not_after < later);
	put(w, "push", false);
}

/* The topic that devices enrolled with is theirs for good. */
static void test_put_another_topic(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en;
	struct push_cert *c;

	put(w, "push-other", false);	/* nobody is enrolled with any */
	OK(op_push_cert_del(&w->op, OTHER, &w->err));
	en = pushable(w, "pc-1", TOPIC);
	FAILS(ERR_CONFLICT, op_push_cert_put(&w->op, pem(w, "push-other"),
		false, w->a, &c, &w->err));
	assert_non_null(strstr(w->err.msg, TOPIC));
	FAILS(ERR_NOT_FOUND, op_push_cert_get(&w->op, OTHER, w->a, &c,
		&w->err));
	/* One device with it is enough; one that left does not count. */
	en = pushable(w, "pc-2", OTHER);
	put(w, "push-other", false);
	OK(op_push_cert_del(&w->op, OTHER, &w->err));
	en->state = ENROLLMENT_LEFT;
	admin_put(w, en);
	FAILS(ERR_CONFLICT, op_push_cert_put(&w->op, pem(w, "push-other"),
		false, w->a, &c, &w->err));
	put(w, "push-other", true);
	put(w, "push-other", false);	/* it is here: that was decided */
	OK(op_push_cert_del(&w->op, OTHER, &w->err));
}

static void test_stopped(void **state)
{
	struct admin_world *w = *state;
	struct push_cert *c;

	put(w, "push", true);
	stop(w, TOPIC);
	OK(op_push_cert_resume(&w->op, TOPIC, &w->err));
	OK(op_push_cert_get(&w->op, TOPIC, w->a, &c, &w->err));
	assert_int_equal(c->stopped, 0);
	OK(op_push_cert_resume(&w->op, TOPIC, &w->err));
	stop(w, TOPIC);
	assert_int_equal(put(w, "push", false)->stopped, 0);
	OK(op_push_cert_get(&w->op, TOPIC, w->a, &c, &w->err));
	assert_int_equal(c->stopped, 0);
}

static int wait_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	int64_t now = c->w->op.now;

	for (size_t i = 0; i < WAITING; i++) {
		struct enrollment en = { .state = ENROLLMENT_ENABLED,
			.topic = c->topic, .id = { .kind = ENROLLMENT_DEVICE,
			.device = bytes_str(arena_printf(c->w->a, "wt-%zu", i)) } };

		if (store_enrollment_put(tx, &en, e) < 0 || store_push_add(tx,
			en.num, "id", now + 3600 + (int64_t)i, now, e) < 0)
			return -1;
		c->num[i] = en.num;
	}
	return 0;
}

static int due_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	for (size_t i = 0; i < WAITING; i++) {
		struct enrollment en = { .num = c->num[i] };

		c->en = &en;
		if (job_tx(tx, c, e) < 0)
			return -1;
		c->due += c->job->due <= c->w->op.now;
	}
	return 0;
}

/* However many wait for a topic, all are due when it is resumed. */
static void test_resumed_for_all(void **state)
{
	struct admin_world *w = *state;
	struct call c = { .w = w, .topic = TOPIC };

	put(w, "push", true);
	stop(w, TOPIC);
	if (store_write(w->op.store, wait_tx, &c, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	OK(op_push_cert_resume(&w->op, TOPIC, &w->err));
	if (store_read(w->op.store, due_tx, &c, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	assert_int_equal(c.due, WAITING);
}

/* ---- pushes ---- */

static void test_push(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = pushable(w, "pu-1", TOPIC);
	struct enrollment *bare = admin_device(w, "pu-2");
	struct op_pushed list[] = { { .id = bytes_str("pu-1") },
		{ .id = bytes_str("nobody") }, { .id = bytes_str("pu-2") },
		{ .id = bytes_str("") } };

	put(w, "push", true);
	assert_int_equal(op_push(&w->op, list, 4, w->a), 3);
	assert_int_equal(list[0].err.kind, ERR_NONE);
	assert_int_equal(list[0].num, en->num);
	assert_true(list[0].waits);
	assert_string_equal(job_of(w, en)->apns_id, list[0].apns_id);
	assert_int_equal(job_of(w, en)->due, w->op.now);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(list[i].err.kind, ERR_NOT_FOUND);
		assert_string_equal(list[i].err.msg, "push data missing for id");
		assert_null(list[i].apns_id);
	}
	assert_int_equal(list[3].err.kind, ERR_BAD_INPUT);
	assert_null(job_of(w, bare));

	/* Again: the same job, under its new name. */
	assert_int_equal(op_push(&w->op, list, 1, w->a), 0);
	assert_string_equal(job_of(w, en)->apns_id, list[0].apns_id);
	assert_int_equal(op_push(&w->op, NULL, 0, w->a), 0);
}

static void test_push_without_certificate(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = pushable(w, "pw-1",
		"com.apple.mgmt.External.none");
	struct op_pushed p = { .id = bytes_str("pw-1") };

	assert_int_equal(op_push(&w->op, &p, 1, w->a), 1);
	assert_int_equal(p.err.kind, ERR_CONFLICT);
	/* It waits for the certificate. */
	assert_string_equal(job_of(w, en)->apns_id, p.apns_id);
	assert_true(job_of(w, en)->due > w->op.now);
}

#define MANY 1201	/* three transactions */
static void test_push_many(void **state)
{
	struct admin_world *w = *state;
	struct op_pushed *list = arena_zalloc(w->a, MANY * sizeof(*list));
	struct enrollment *last = NULL;

	put(w, "push", true);
	for (size_t i = 0; i < MANY; i++) {
		list[i].id = bytes_str(arena_printf(w->a, "pm-%zu", i));
		if (i % 100 == 0)
			last = pushable(w, (const char *)list[i].id.p, TOPIC);
	}
	assert_int_equal(op_push(&w->op, list, MANY, w->a), MANY - 13);
	assert_string_equal(job_of(w, last)->apns_id, list[1200].apns_id);
}

static void test_enqueue_pushes(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = pushable(w, "eq-1", TOPIC);
	struct enrollment *bare = admin_device(w, "eq-2");
	struct op_enqueue_options o = { .target.priority = 100, .push = true };
	struct op_target t[] = { { .id = bytes_str("eq-1") },
		{ .id = bytes_str("eq-2") }, { .id = bytes_str("nobody") } };
	struct op_command c;

	put(w, "push", true);
	OK(op_command_read(&w->op, admin_plist(w, "push-1", "ProfileList"), false,
		w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, 3, w->a), 1);
	assert_string_equal(job_of(w, en)->apns_id, t[0].push->apns_id);
	assert_int_equal(t[1].err.kind, ERR_NONE);
	assert_string_equal(t[1].push->err.msg, "push data missing for id");
	assert_null(job_of(w, bare));
	assert_null(t[2].push);

	/* The same command again is no error, and pushes again. */
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, 1, w->a), 0);
	assert_int_equal(t[0].queued, STORE_KNOWN);
	assert_string_equal(job_of(w, en)->apns_id, t[0].push->apns_id);
	o.push = false;
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, 1, w->a), 0);
	assert_null(t[0].push);
}

/* A command that may be given later only is pushed then, and does not put off
 * a push that is due before. */
static void test_enqueue_not_before(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = pushable(w, "nb-1", TOPIC);
	struct op_enqueue_options o = { .target.priority = 100, .push = true,
		.target.not_before = w->op.now + 3600 };
	struct op_target t = { .id = bytes_str("nb-1") };
	struct op_pushed p = { .id = bytes_str("nb-1") };
	struct op_command c;

	put(w, "push", true);
	OK(op_command_read(&w->op, admin_plist(w, "nb-uuid", "ProfileList"),
		false, w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, &t, 1, w->a), 0);
	assert_true(t.push->waits);
	assert_int_equal(job_of(w, en)->due, w->op.now + 3600);
	assert_int_equal(op_push(&w->op, &p, 1, w->a), 0);
	assert_int_equal(job_of(w, en)->due, w->op.now);
	o.target.not_before += 3600;
	OK(op_command_read(&w->op, admin_plist(w, "nb-uuid2", "ProfileList"),
		false, w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, &t, 1, w->a), 0);
	assert_int_equal(job_of(w, en)->due, w->op.now);
	assert_string_equal(t.push->apns_id, p.apns_id);
}

/* What is not queued is not announced. */
static void test_enqueue_pushes_nothing_that_failed(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = pushable(w, "ef-1", TOPIC);
	struct op_enqueue_options o = { .target.priority = 100, .push = true };
	struct op_target t = { .id = bytes_str("ef-1") };
	struct op_command c;

	put(w, "push", true);
	admin_enqueue(w, "ef-1", "ef-uuid", "DeviceInformation");
	OK(op_command_read(&w->op, admin_plist(w, "ef-uuid", "ProfileList"),
		false, w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, &t, 1, w->a), 1);
	assert_int_equal(t.err.kind, ERR_CONFLICT);
	assert_null(t.push);
	assert_null(job_of(w, en));
}

/* ---- escrowKeyUnlock: what is checked before Apple is asked ---- */

static void test_escrow_checks(void **state)
{
	struct admin_world *w = *state;
	const struct op_escrow good = { .topic = "com.apple.mgmt.none",
		.serial = "S", .product_type = "iPad4,1", .escrow_key = "K",
		.org_name = "O", .guid = "G" };
	struct op_escrow rows[] = { good, good, good, good, good, good, good };
	struct op_escrow_answer out;
	char *large = arena_alloc(w->a, 1026);

	memset(large, 'x', 1025);
	large[1025] = '\0';
	rows[0].topic = NULL;
	rows[1].serial = "";
	rows[2].product_type = NULL;
	rows[3].escrow_key = NULL;
	rows[4].org_name = NULL;
	rows[5].guid = NULL;
	rows[6].imei = large;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		FAILS(ERR_BAD_INPUT, op_escrow_unlock(&w->op, &rows[i], w->a,
			&out, &w->err));
	FAILS(ERR_NOT_FOUND, op_escrow_unlock(&w->op, &good, w->a, &out,
		&w->err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_put_get_list), EACH(test_put_refused),
		EACH(test_put_sooner), EACH(test_put_another_topic),
		EACH(test_stopped), EACH(test_resumed_for_all), EACH(test_push),
		EACH(test_push_without_certificate), EACH(test_push_many),
		EACH(test_enqueue_pushes), EACH(test_enqueue_not_before),
		EACH(test_enqueue_pushes_nothing_that_failed),
		EACH(test_escrow_checks),
	};

	return cmocka_run_group_tests_name("op_push", tests, admin_setup,
		admin_teardown);
}
