/* The courier's parts on a real store: rounds over webhooks against a server
 * on loopback, certificates that end, the guard, Setup Assistant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "courier/enroll_sweep.h"
#include "courier/expiry.h"
#include "courier/outage.h"
#include "courier/watch.h"
#include "courier/webhook_round.h"
#include "crypto/cert.h"
#include "loopback.h"
#include "mdm_world.h"
#include "outbox/event_json.h"
#include "store/store_note.h"

#define HOUR 3600
#define DAY 86400

static struct loopback *server;
static struct courier courier;
static struct webhooks hooks;
static struct webhook hook;

/* ---- in the store ---- */

static int hook_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_webhook_put(tx, arg, e);
}

static void put_hook(struct world *w)
{
	if (store_write(w->st, hook_tx, &hook, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static int add_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct event ev = *(const struct event *)arg;
	struct arena *a = arena_new();
	unsigned n;
	int rc = store_event_add(tx, &ev, a, &n, e);

	arena_free(a);
	return rc;
}

static void add(struct world *w, uint64_t enrollment, const char *status,
	int64_t created)
{
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		.uuid = status, .created = created, .status = status,
		.enrollment = enrollment };

	if (store_write(w->st, add_tx, &ev, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

struct look {
	struct world *w;
	enum delivery_state which;	/* 0: waiting */
	struct webhook_state state;
	struct store_outbox outbox;
	struct delivery *list;
	size_t n;
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct look *l = arg;
	struct delivery_query q = { .state = l->which != 0 ? l->which :
		DELIVERY_WAITING, .limit = 99 };
	struct bytes next;

	if (store_webhook_state_get(tx, hook.num, l->w->arena, &l->state,
		e) < 0 || store_outbox_info(tx, &l->outbox, e) < 0)
		return -1;
	return store_delivery_list(tx, &q, l->w->arena, &l->list, &l->n, &next,
		e);
}

static struct look look(struct world *w)
{
	struct look l = { .w = w };

	if (store_read(w->st, look_tx, &l, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return l;
}

/* ---- rounds ---- */

static int setup(void **state)
{
	struct fetch_many_options o = { .fetch = { .total_ms = 5000 } };
	struct err e = ERR_INIT;
	struct world *w;

	if (world_setup(state) < 0)
		return -1;
	w = *state;
	w->conf.webhook_parallel = 4;
	w->conf.webhook_timeout = 5;
	w->conf.event_bury_hours = 72;
	w->conf.dir = w->dir;
	courier_init(&courier);
	courier.store = w->st;
	server = loopback_open();
	hook = (struct webhook){ .name = "h", .topics = "", .idle = true,
		.url = loopback_url(server) };
	hooks = (struct webhooks){ .courier = &courier, .conf = &w->conf,
		.take = true };
	if (fetch_many_open(&o, &hooks.many, &e) < 0)
		return -1;
	put_hook(w);
	return 0;
}

static int teardown(void **state)
{
	fetch_many_close(hooks.many);
	loopback_close(server);
	courier_fini(&courier);
	while (hooks.first != NULL) {
		struct sending *s = hooks.first;

		hooks.first = s->next;
		sending_free(s);
	}
	return world_teardown(state);
}

/* Until nothing is on its way and nothing is due at w->now; then says when
 * something is. */
static int64_t drive(struct world *w)
{
	bool again;
	int64_t due;

	for (;;) {
		if (webhook_round(&hooks, w->now, &again, &due, &w->err) < 0)
			fail_msg("%s", w->err.msg);
		if (again)
			continue;
		if (hooks.first == NULL)
			return due;
		fetch_many_run(hooks.many, 1000);
	}
}

static void assert_seen(const char *want)
{
	assert_string_equal(loopback_seen(server), want);
}

static void test_order(void **state)
{
	struct world *w = *state;
	struct look l;

	add(w, 1, "a1", w->now);
	add(w, 1, "a2", w->now);
	add(w, 1, "a3", w->now);
	assert_int_equal(drive(w), 0);
	assert_seen("a1 a2 a3");
	l = look(w);
	assert_int_equal(l.n, 0);
	assert_int_equal(l.state.last_ok, w->now);
	assert_int_equal(l.state.failures, 0);
}

/* A long lane gives its place to others after a while: nothing is lost. */
static void test_long_lane(void **state)
{
	struct world *w = *state;
	char want[1024] = "";

	hook.name = "h";
	for (int i = 0; i < 50; i++) {
		char s[8];

		snprintf(s, sizeof(s), "%d", i);
		add(w, 7, arena_strdup(w->arena, s), w->now);
		strcat(strcat(want, i > 0 ? " " : ""), s);
	}
	drive(w);
	assert_seen(want);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct look l;
	int64_t due;

	loopback_answer(server, 500, 1);
	add(w, 1, "a1", w->now);
	add(w, 1, "a2", w->now);
	due = drive(w);
	assert_seen("a1");
	assert_true(due > w->now && due <= w->now + 2);
	l = look(w);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.list[0].attempts, 1);
	assert_string_equal(l.list[0].why, "HTTP status 500");
	assert_int_equal(l.state.failures, 1);
	assert_string_equal(l.state.last_error, "HTTP status 500");
	/* another lane does not wait for it */
	add(w, 2, "b1", w->now);
	drive(w);
	assert_seen("a1 b1");
	w->now = due;
	assert_int_equal(drive(w), 0);
	assert_seen("a1 b1 a1 a2");
	assert_int_equal(look(w).state.failures, 0);
}

static void test_down(void **state)
{
	struct world *w = *state;
	struct look l;
	int64_t due;

	loopback_answer(server, 503, 1);
	add(w, 1, "a1", w->now);
	due = drive(w);
	l = look(w);
	assert_int_equal(l.state.hold_until, due);
	assert_true(due > w->now);
	/* as a whole: what comes meanwhile waits too */
	add(w, 2, "b1", w->now);
	for (; w->now < due; w->now++)
		assert_int_equal(drive(w), due);
	assert_seen("a1");
	/* and the wait is no attempt of either */
	l = look(w);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.list[0].attempts, 1);
	assert_int_equal(l.list[1].attempts, 0);
	w->now = due;
	assert_int_equal(drive(w), 0);
	l = look(w);
	assert_int_equal(l.state.hold_until, 0);
	assert_int_equal(l.n, 0);
}

static void test_nobody_there(void **state)
{
	struct world *w = *state;
	struct look l;

	loopback_stop(server);
	add(w, 1, "a1", w->now);
	add(w, 2, "b1", w->now);
	assert_true(drive(w) > w->now);
	l = look(w);
	/* both failed in one moment, which is one failure of the webhook */
	assert_int_equal(l.state.failures, 1);
	assert_int_equal(l.list[0].attempts, 1);
	assert_non_null(strstr(l.state.last_error, "127.0.0.1"));
	assert_null(strstr(l.state.last_error, "hook"));
}

static void test_buried(void **state)
{
	struct world *w = *state;
	struct look l;

	loopback_answer(server, 500, 3);
	add(w, 1, "old", w->now - 73 * HOUR);
	add(w, 1, "new", w->now);
	for (int i = 0; i < 3; i++) {
		int64_t due = drive(w);

		assert_int_equal(look(w).outbox.buried, i == 2);
		w->now = due != 0 ? due : w->now;
	}
	drive(w);
	assert_seen("old old old new");
	l = look(w);
	assert_int_equal(l.outbox.buried, 1);
	assert_int_equal(l.outbox.waiting, 0);
}

/* The store goes on with a key ring of one other key, or with its own. */
static void use_seal(struct world *w, struct seal *s)
{
	w->seal = s;
	world_reopen(w);
	courier.store = w->st;
}

/* What was sealed with a key that is lost holds up nothing, wherever it stands
 * in its lane. */
static void test_unreadable(void **state)
{
	struct world *w = *state;
	struct look l = { .w = w, .which = DELIVERY_BURIED };
	struct seal *ours = w->seal, *other;
	const char *path = arena_printf(w->arena, "%s/other.key", w->dir);

	assert_int_equal(seal_create(path, &w->err), 0);
	assert_int_equal(seal_open(path, &other, &w->err), 0);
	add(w, 1, "a1", w->now);
	use_seal(w, other);
	add(w, 1, "a2", w->now);
	add(w, 2, "b1", w->now);
	use_seal(w, ours);
	seal_close(other);
	add(w, 1, "a3", w->now);
	add(w, 2, "b2", w->now + 1);
	w->now++;
	assert_int_equal(drive(w), 0);
	assert_int_equal(strlen(loopback_seen(server)), strlen("a1 a3 b2"));
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(loopback_seen(server),
			((const char *[]){ "a1", "a3", "b2" })[i]));
	assert_int_equal(store_read(w->st, look_tx, &l, &w->err), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.list[0].enrollment, 1);
	assert_int_equal(l.list[1].enrollment, 2);
	assert_non_null(strstr(l.list[0].why, "its stored body cannot be read"));
	assert_non_null(strstr(l.list[0].why, "not in the key ring"));
	assert_int_equal(l.outbox.waiting, 0);
	assert_int_equal(l.state.failures, 0);
	assert_int_equal(l.state.last_failed, 0);
}

static int state_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_webhook_state_put(tx, hook.num, arg, e);
}

static void put_state(struct world *w, unsigned failures, int64_t last_ok)
{
	struct webhook_state s = { .failures = failures, .last_ok = last_ok,
		.hold_until = w->now + 300 };

	assert_int_equal(store_write(w->st, state_tx, &s, &w->err), 0);
}

struct outage {
	struct world *w;
	size_t n;
};

static int outage_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct outage *o = arg;

	return outage_sweep(tx, o->w->now, 72, 100, o->w->arena, &o->n, e);
}

static size_t outage(struct world *w)
{
	struct outage o = { .w = w };

	assert_int_equal(store_write(w->st, outage_tx, &o, &w->err), 0);
	return o.n;
}

/* A receiver that is gone does not make the outbox grow without end. */
static void test_outage(void **state)
{
	struct world *w = *state;

	hook.created = w->now - 100 * DAY;
	put_hook(w);
	for (unsigned i = 1; i <= 5; i++)
		add(w, i, "old", w->now - 73 * HOUR);
	add(w, 1, "new", w->now - 71 * HOUR);
	/* It works, or it did a while ago. */
	put_state(w, 0, w->now - 80 * HOUR);
	assert_int_equal(outage(w), 0);
	put_state(w, 9, w->now - 71 * HOUR);
	assert_int_equal(outage(w), 0);
	put_state(w, 9, w->now - 73 * HOUR);
	hook.paused = true;
	put_hook(w);
	assert_int_equal(outage(w), 0);
	hook.paused = false;
	put_hook(w);
	assert_int_equal(outage(w), 5);
	assert_int_equal(look(w).outbox.buried, 5);
	assert_int_equal(look(w).outbox.waiting, 1);
	assert_int_equal(outage(w), 0);
	/* A new webhook has its time. */
	put_state(w, 9, 0);
	hook.created = w->now;
	put_hook(w);
	w->now += 2 * HOUR;
	assert_int_equal(outage(w), 0);
}

/* What is given back was not tried. */
static void test_given_back(void **state)
{
	struct world *w = *state;
	bool again;
	int64_t due;
	struct look l;

	add(w, 1, "a1", w->now);
	while (hooks.first == NULL)
		assert_int_equal(webhook_round(&hooks, w->now, &again, &due,
			&w->err), 0);
	assert_true(look(w).list[0].due > w->now);
	hooks.first->state = SENDING_GIVEN_BACK;
	fetch_many_close(hooks.many);
	hooks.many = NULL;
	hooks.take = false;
	assert_int_equal(webhook_round(&hooks, w->now, &again, &due, &w->err),
		0);
	assert_null(hooks.first);
	l = look(w);
	assert_int_equal(l.list[0].attempts, 0);
	assert_int_equal(l.list[0].due, w->now);
	assert_int_equal(l.state.failures, 0);
}

/* Paused while one is on its way: that one is done, the next stays. */
static void test_paused(void **state)
{
	struct world *w = *state;
	bool again;
	int64_t due;

	add(w, 1, "a1", w->now);
	add(w, 1, "a2", w->now);
	while (hooks.first == NULL)
		assert_int_equal(webhook_round(&hooks, w->now, &again, &due,
			&w->err), 0);
	hook.paused = true;
	put_hook(w);
	assert_int_equal(drive(w), 0);
	assert_seen("a1");
	assert_int_equal(look(w).n, 1);
	hook.paused = false;
	put_hook(w);
	drive(w);
	assert_seen("a1 a2");
}

/* ---- certificates ---- */

static void test_stages(void **state)
{
	static const struct {
		int64_t left;
		unsigned stage;
	} rows[] = {
		{ 400 * (int64_t)DAY, 0 }, { 30 * DAY + 1, 0 }, { 30 * DAY, 1 },
		{ 14 * DAY + 1, 1 }, { 14 * DAY, 2 }, { 7 * DAY, 3 },
		{ DAY + 1, 3 }, { DAY, 4 }, { 0, 4 }, { -1, EXPIRY_OVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(expiry_stage(1000000 + rows[i].left, 1000000),
			rows[i].stage);
}

static struct bytes data_file(struct world *w, const char *name)
{
	struct bytes out;

	if (file_read(file_path(w->arena, getenv("TEST_DATA"), name), 1 << 20,
		w->arena, &out, &w->err) < 0 || out.p == NULL)
		fail_msg("%s", name);
	return out;
}

static void put_pki(struct world *w, const char *name, struct bytes pem)
{
	char *dir = file_path(w->arena, w->dir, "pki");

	mkdir(dir, 0700);
	if (file_write(file_path(w->arena, dir, name), pem, 0600, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static bool expiring(struct world *w)
{
	bool events = false;

	if (expiry_look(w->st, &w->conf, w->now, w->arena, &events,
		&w->err) < 0)
		fail_msg("%s", w->err.msg);
	return events;
}

static void test_expiry(void **state)
{
	struct world *w = *state;
	struct bytes ca = data_file(w, "crypto/ca.pem");
	struct cert *c;
	int64_t end;

	assert_int_equal(cert_from_pem(ca, w->arena, &c, &w->err), 0);
	end = cert_not_after(c);
	/* the same certificate is one, wherever it stands */
	put_pki(w, "device-ca.pem", ca);
	put_pki(w, "device-ca.bundle.pem", ca);
	w->now = end - 31 * (int64_t)DAY;
	assert_false(expiring(w));
	w->now = end - 30 * (int64_t)DAY;
	assert_true(expiring(w));
	assert_false(expiring(w));
	world_reopen(w);
	courier.store = w->st;
	assert_false(expiring(w));
	w->now = end - 15 * (int64_t)DAY;
	assert_false(expiring(w));
	/* stages that nobody looked at are not told of one by one */
	w->now = end - 2 * (int64_t)DAY;
	assert_true(expiring(w));
	assert_false(expiring(w));
	w->now = end + 1;
	assert_true(expiring(w));
	/* a clock that goes back */
	w->now = end - 20 * (int64_t)DAY;
	assert_false(expiring(w));
	w->now = end + 2;
	assert_false(expiring(w));
	assert_int_equal(look(w).outbox.waiting, 3);
	/* nothing to look at */
	put_pki(w, "device-ca.pem", bytes_str("damaged"));
	put_pki(w, "device-ca.bundle.pem", bytes_str(""));
	assert_false(expiring(w));
}

/* ---- the guard ---- */

struct arming {
	int64_t until;	/* 0: released */
	int64_t now;
};

static int arm_tx(struct store_tx *tx, void *arg, struct err *e)
{
	const struct arming *a = arg;

	if (a->until == 0)
		return store_guard_release(tx, a->now, e);
	return store_guard_arm(tx, a->until, "a test", e);
}

static void arm(struct world *w, int64_t until)
{
	struct arming a = { until, w->now };

	if (store_write(w->st, arm_tx, &a, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static bool guarded(struct world *w)
{
	bool events = false;

	if (watch_guard(w->st, w->now, w->arena, &events, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return events;
}

static void test_guard(void **state)
{
	struct world *w = *state;

	assert_false(guarded(w));
	arm(w, w->now + HOUR);
	assert_true(guarded(w));
	assert_false(guarded(w));
	arm(w, w->now + 2 * HOUR);
	assert_false(guarded(w));
	arm(w, 0);
	assert_true(guarded(w));
	assert_false(guarded(w));
	/* it ends by itself, too */
	arm(w, w->now + HOUR);
	assert_true(guarded(w));
	w->now += HOUR;
	assert_true(guarded(w));
	assert_false(guarded(w));
	assert_int_equal(look(w).outbox.waiting, 4);
}

/* ---- room ---- */

static bool roomy(struct world *w)
{
	bool events = false;

	if (watch_store(w->st, &w->conf, w->now, w->arena, &events,
		&w->err) < 0)
		fail_msg("%s", w->err.msg);
	return events;
}

static int note_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_note_put(tx, "courier.store", bytes_str(arg), e);
}

/* It was failing, and is not now, whatever else the disk of whoever runs this
 * is like. */
static void test_room(void **state)
{
	struct world *w = *state;
	char failing[] = "failing";
	struct look l;

	if (store_write(w->st, note_tx, failing, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	assert_true(roomy(w));
	assert_false(roomy(w));
	l = look(w);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.list[0].topic, "mooring.store");
}

/* ---- Setup Assistant ---- */

/* A device that waits is let go by the minute's sweep, when its time has
 * come. */
static void test_await_limit(void **state)
{
	struct world *w = *state;
	struct enroll_sweep sweep = { 0 };
	struct enrollment *en;
	struct answer out;
	bool pushes = true;

	w->conf.await_device_configured = true;
	world_enroll(w, "A");
	world_enqueue(w, "A", "C1", "ProfileList", NULL);
	en = world_get(w, "A");
	en->awaiting_configuration = true;
	en->await_until = w->now + 60;
	world_put(w, en);
	enroll_sweep(&sweep, &courier, &w->conf, w->now + 59, w->arena, &pushes);
	assert_false(pushes);
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
	enroll_sweep(&sweep, &courier, &w->conf, w->now + 60, w->arena, &pushes);
	assert_true(pushes);
	assert_int_equal(world_result(w, &out, "<key>UDID</key>"
		"<string>A</string><key>Status</key><string>Idle</string>"), 0);
	assert_string_equal(out.request_type, "DeviceConfigured");
	assert_int_equal(world_get(w, "A")->await_until, 0);
	enroll_sweep(&sweep, &courier, &w->conf, w->now + 120, w->arena, &pushes);
	assert_false(pushes);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order), TEST(test_long_lane), TEST(test_refused),
		TEST(test_down), TEST(test_nobody_there), TEST(test_buried), TEST(test_unreadable),
		TEST(test_outage),
		TEST(test_given_back), TEST(test_paused),
		cmocka_unit_test(test_stages), TEST(test_expiry),
		TEST(test_guard), TEST(test_room), TEST(test_await_limit),
	};

	return cmocka_run_group_tests_name("courier", tests, NULL, NULL);
}
