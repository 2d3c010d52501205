/* Check-in on a real store: enrolling, token changes, new generations,
 * leaving, restoring, and the guard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mdm_world.h"
#include "store/store_push.h"

#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define AUTH(udid) S("MessageType", "Authenticate") S("Topic", "t") S("UDID", udid)
#define TOKEN(udid, data) S("MessageType", "TokenUpdate") S("Topic", "t") \
	S("UDID", udid) S("PushMagic", "m") "<key>Token</key><data>" data "</data>"
#define USER_TOKEN(udid, user) TOKEN(udid, "VQ==") S("UserID", user)
#define OUT(udid) S("MessageType", "CheckOut") S("Topic", "t") S("UDID", udid)
#define IDLE(udid) S("Status", "Idle") S("UDID", udid)

static enum answer_kind checkin(struct world *w, const char *dict)
{
	struct answer out;

	if (world_checkin(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out.kind;
}

static enum answer_kind result(struct world *w, const char *dict)
{
	struct answer out;

	if (world_result(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out.kind;
}

static void test_enrolling(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	assert_null(world_get(w, "A"));
	assert_int_equal(checkin(w, AUTH("A") S("SerialNumber", "SN1")
		S("OSVersion", "17.1")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->state, ENROLLMENT_AUTHENTICATED);
	assert_int_equal(en->generation, 1);
	assert_int_equal(en->tally, 0);
	assert_string_equal(en->serial, "SN1");
	assert_string_equal(en->os_version, "17.1");
	assert_true(en->has_cert);
	assert_null(world_secret(w, "A", STORE_PUSH_TOKEN).p);

	w->now += 5;
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")
		"<key>UnlockToken</key><data>dW5sb2Nr</data>"
		"<key>AwaitingConfiguration</key><true/>"), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->tally, 1);
	assert_int_equal(en->enrolled, w->now);
	assert_true(en->awaiting_configuration);
	assert_true(bytes_eq(world_secret(w, "A", STORE_PUSH_TOKEN),
		bytes_of("\0\1\2", 3)));
	assert_true(bytes_is(world_secret(w, "A", STORE_PUSH_MAGIC), "m"));

	/* The token changes; what is not sent stays. */
	assert_int_equal(checkin(w, TOKEN("A", "/w==")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->tally, 2);
	assert_true(en->awaiting_configuration);
	assert_true(bytes_eq(world_secret(w, "A", STORE_PUSH_TOKEN), bytes_of("\xff", 1)));
	assert_true(bytes_is(world_secret(w, "A", STORE_UNLOCK_TOKEN), "unlock"));
	assert_string_equal(en->serial, "SN1");
}

/* ---- pushes ---- */

struct pushing {
	struct world *w;
	uint64_t num;
	struct push_state state;
	struct push_job *job;
};

static int do_kill_token(struct store_tx *tx, void *arg, struct err *e)
{
	struct pushing *p = arg;
	struct push_state s = { .sent = p->w->now, .status = 410,
		.reason = "Unregistered", .apns_id = "x", .dead = p->w->now };

	return store_push_settle(tx, p->num, &s, 0, e);
}

static int do_look(struct store_tx *tx, void *arg, struct err *e)
{
	struct pushing *p = arg;

	if (store_push_state_get(tx, p->num, p->w->arena, &p->state, e) < 0)
		return -1;
	return store_push_job_get(tx, p->num, p->w->arena, &p->job, e);
}

static struct pushing pushing(struct world *w, const char *id)
{
	struct pushing p = { .w = w, .num = world_get(w, id)->num };

	assert_int_equal(store_read(w->st, do_look, &p, &w->err), 0);
	return p;
}

/* A command that was queued for a dead token is announced to the new one,
 * even when the clock has gone back since. */
static void test_token_revived(void **state)
{
	struct world *w = *state;
	struct pushing p = { .w = w };
	struct answer out;

	world_enroll(w, "A");
	p.num = world_get(w, "A")->num;
	world_enqueue(w, "A", "C1", "DeviceInformation", NULL);
	assert_int_equal(store_write(w->st, do_kill_token, &p, &w->err), 0);
	w->now -= 100;
	assert_int_equal(world_checkin(w, &out, "%s", TOKEN("A", "CCCC")), 0);
	assert_true(out.events);
	p = pushing(w, "A");
	assert_int_equal(p.state.dead, 0);
	assert_int_equal(p.state.status, 410);
	assert_non_null(p.job);
	assert_int_equal(p.job->due, w->now);
}

/* Nothing queued, nothing to announce; before the token there was none. */
static void test_token_announces(void **state)
{
	struct world *w = *state;
	struct answer out;

	world_enroll(w, "A");
	assert_null(pushing(w, "A").job);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("B")), ANSWER_EMPTY);
	world_enqueue(w, "B", "C1", "DeviceInformation", NULL);
	assert_null(pushing(w, "B").job);
	assert_int_equal(world_checkin(w, &out, "%s", TOKEN("B", "BBBB")), 0);
	assert_non_null(pushing(w, "B").job);
	/* A user's channel has its own. */
	assert_int_equal(checkin(w, USER_TOKEN("B", "U")), ANSWER_EMPTY);
	assert_null(pushing(w, "B:U").job);
	world_enqueue(w, "B:U", "C2", "DeviceInformation", NULL);
	assert_int_equal(checkin(w, USER_TOKEN("B", "U")), ANSWER_EMPTY);
	assert_non_null(pushing(w, "B:U").job);
}

static void test_new_generation(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "A");
	assert_int_equal(checkin(w, USER_TOKEN("A", "G")), ANSWER_EMPTY);
	assert_int_equal(world_enqueue(w, "A", "C1", "ProfileList", NULL), STORE_QUEUED);
	assert_int_equal(world_enqueue(w, "A:G", "C1", "ProfileList", NULL),
		STORE_QUEUED);
	world_enqueue(w, "A", "C0", "DeviceInformation",
		&(struct target_options){ .priority = 200 });
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C0");
	assert_string_equal(world_poll(w, "A", "Acknowledged", "C0"), "C1");

	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->state, ENROLLMENT_AUTHENTICATED);
	assert_int_equal(en->generation, 2);
	assert_int_equal(en->tally, 0);
	assert_null(world_secret(w, "A", STORE_PUSH_TOKEN).p);
	assert_null(world_secret(w, "A", STORE_PUSH_MAGIC).p);
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_CANCELLED);
	assert_int_equal(world_target(w, "A", "C0")->state, TARGET_ACKNOWLEDGED);
	en = world_get(w, "A:G");
	assert_int_equal(en->state, ENROLLMENT_DISABLED);
	assert_null(world_secret(w, "A:G", STORE_PUSH_TOKEN).p);
	assert_int_equal(world_target(w, "A:G", "C1")->state, TARGET_CANCELLED);

	/* Nothing is handed out before TokenUpdate; a late result is kept. */
	assert_null(world_poll(w, "A", "Idle", NULL));
	assert_null(world_poll(w, "A", "Acknowledged", "C1"));
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_ACKNOWLEDGED);

	/* The new generation may get the same command again. */
	checkin(w, TOKEN("A", "AA=="));
	assert_int_equal(world_enqueue(w, "A", "C1", "ProfileList", NULL), STORE_QUEUED);
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
}

static void test_check_out_and_restore(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "A");
	checkin(w, USER_TOKEN("A", "G"));
	w->now += 10;
	assert_int_equal(checkin(w, OUT("A")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->state, ENROLLMENT_LEFT);
	assert_int_equal(en->left, w->now);
	assert_int_equal(en->tally, 0);
	assert_null(world_secret(w, "A", STORE_PUSH_TOKEN).p);
	assert_int_equal(world_get(w, "A:G")->state, ENROLLMENT_DISABLED);
	assert_int_equal(result(w, IDLE("A")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, OUT("A")), ANSWER_EMPTY);

	w->conf.on_restore = CONF_RESTORE_REJECT;
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_UNMANAGE);
	assert_int_equal(world_get(w, "A")->state, ENROLLMENT_LEFT);
	w->conf.on_restore = CONF_RESTORE_ACCEPT;
	world_cert(w, 2);
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_BAD);
	world_cert(w, 1);
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->generation, 2);
	assert_int_equal(en->tally, 1);
}

static void test_restore_of_an_unknown_device(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "other");
	world_cert(w, 9);
	assert_int_equal(checkin(w, TOKEN("R", "AA==")), ANSWER_EMPTY);
	en = world_get(w, "R");
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->tally, 1);
	assert_true(en->has_cert);
	assert_int_equal(result(w, IDLE("R")), ANSWER_EMPTY);
}

static void test_one_certificate_one_device(void **state)
{
	struct world *w = *state;

	world_enroll(w, "A");
	assert_int_equal(checkin(w, AUTH("B")), ANSWER_BAD);
	assert_int_equal(checkin(w, TOKEN("B", "AA==")), ANSWER_BAD);
	assert_int_equal(result(w, IDLE("B")), ANSWER_BAD);
	assert_null(world_get(w, "B"));

	/* Another certificate re-enrolls A; the former one is nobody's. */
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("A")), ANSWER_BAD);
	world_enroll(w, "A");
	world_cert(w, 1);
	assert_int_equal(result(w, IDLE("A")), ANSWER_BAD);
	assert_int_equal(checkin(w, AUTH("B")), ANSWER_BAD);
	assert_null(world_get(w, "B"));

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	assert_int_equal(world_get(w, "A")->generation, 2);
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("A")), ANSWER_EMPTY);
}

static void test_first_binding_of_an_imported_device(void **state)
{
	struct world *w = *state;
	struct enrollment en = {
		.id = { .kind = ENROLLMENT_DEVICE, .device = bytes_str("I") },
		.state = ENROLLMENT_ENABLED, .generation = 1, .imported = true,
	};

	world_put(w, &en);
	assert_int_equal(result(w, IDLE("I")), ANSWER_BAD);
	w->conf.first_binding = CONF_BIND_IMPORTED;
	assert_int_equal(result(w, IDLE("I")), ANSWER_EMPTY);
	assert_true(world_get(w, "I")->has_cert);
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("I")), ANSWER_BAD);
}

static int release_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_guard_release(tx, *(int64_t *)arg, e);
}

static void test_guard(void **state)
{
	struct world *w = *state;

	/* An empty store refuses nobody. */
	assert_int_equal(result(w, IDLE("U1")), ANSWER_LATER);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	world_cert(w, 11);
	assert_int_equal(result(w, IDLE("U1")), ANSWER_UNMANAGE);
	world_cert(w, 12);
	assert_int_equal(result(w, IDLE("U2")), ANSWER_UNMANAGE);
	world_cert(w, 13);
	/* unmanaged_limit = 2 */
	assert_int_equal(result(w, IDLE("U3")), ANSWER_LATER);
	world_cert(w, 11);
	assert_int_equal(result(w, IDLE("U1")), ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, OUT("U9")), ANSWER_EMPTY);

	world_cert(w, 13);
	w->now += 3601;
	assert_int_equal(result(w, IDLE("U3")), ANSWER_UNMANAGE);

	world_cert(w, 14);
	assert_int_equal(result(w, IDLE("U4")), ANSWER_UNMANAGE);
	world_cert(w, 15);
	assert_int_equal(result(w, IDLE("U5")), ANSWER_LATER);
	assert_int_equal(store_write(w->st, release_tx, &w->now, &w->err), 0);
	assert_int_equal(result(w, IDLE("U5")), ANSWER_UNMANAGE);
}

static int arm_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_guard_arm(tx, *(int64_t *)arg, "test", e);
}

static void test_guard_armed(void **state)
{
	struct world *w = *state;
	int64_t until = w->now + 100;

	world_enroll(w, "A");
	assert_int_equal(store_write(w->st, arm_tx, &until, &w->err), 0);
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("U")), ANSWER_LATER);
	assert_int_equal(checkin(w, AUTH("new")), ANSWER_EMPTY);
	w->now = until;
	world_cert(w, 3);
	assert_int_equal(result(w, IDLE("U")), ANSWER_UNMANAGE);
}

static void test_operator_orders(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "A");
	en = world_get(w, "A");
	en->state = ENROLLMENT_UNMANAGED;
	world_put(w, en);
	assert_int_equal(result(w, IDLE("A")), ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, OUT("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->state, ENROLLMENT_UNMANAGED);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->state, ENROLLMENT_AUTHENTICATED);

	en = world_get(w, "A");
	en->state = ENROLLMENT_BLOCKED;
	world_put(w, en);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_UNMANAGE);
	assert_int_equal(result(w, IDLE("A")), ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, OUT("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->state, ENROLLMENT_BLOCKED);
}

static int allow_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;

	if (store_allow_put(tx, STORE_ALLOW_SERIAL, bytes_str("SN"), w->now, e) < 0)
		return -1;
	return store_allow_put(tx, STORE_ALLOW_UDID, bytes_str("U"), w->now, e);
}

static void test_allowlist(void **state)
{
	struct world *w = *state;

	w->conf.enrollment = CONF_ENROLL_ALLOWLIST;
	assert_int_equal(store_write(w->st, allow_tx, w, &w->err), 0);
	assert_int_equal(checkin(w, AUTH("X")), ANSWER_UNMANAGE);
	assert_null(world_get(w, "X"));
	assert_int_equal(checkin(w, AUTH("X") S("SerialNumber", "SN")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, TOKEN("X", "AA==")), ANSWER_EMPTY);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("U")), ANSWER_EMPTY);
}

static void test_user_channels(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "A");
	assert_int_equal(result(w, IDLE("A") S("UserID", "G")), ANSWER_EMPTY);
	assert_null(world_get(w, "A:G"));
	assert_int_equal(checkin(w, S("MessageType", "UserAuthenticate")
		S("UDID", "A") S("UserID", "G")), ANSWER_USER_DECLINED);
	assert_int_equal(checkin(w, USER_TOKEN("A", "G") S("UserShortName", "ann")
		S("UserLongName", "Ann")), ANSWER_EMPTY);
	en = world_get(w, "A:G");
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->parent, world_get(w, "A")->num);
	assert_int_equal(en->id.kind, ENROLLMENT_USER);
	assert_string_equal(en->user_short_name, "ann");
	assert_true(bytes_is(world_secret(w, "A:G", STORE_PUSH_TOKEN), "U"));

	/* Each channel has its own queue. */
	world_enqueue(w, "A:G", "CU", "ProfileList", NULL);
	assert_null(world_poll(w, "A", "Idle", NULL));
	assert_int_equal(result(w, IDLE("A") S("UserID", "G")), ANSWER_COMMAND);
}

static int crowd_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct enrollment *device;

	if (store_enrollment_lookup(tx, bytes_str("A"), w->arena, &device, e) < 0)
		return -1;
	for (int i = 0; i < USER_CHANNELS_MAX - 1; i++) {
		struct enrollment en = { .id = device->id, .parent = device->num,
			.state = ENROLLMENT_DISABLED };

		en.id.kind = ENROLLMENT_USER;
		en.id.user = bytes_str(arena_printf(w->arena, "u%d", i));
		if (store_enrollment_put(tx, &en, e) < 0)
			return -1;
	}
	return 0;
}

static void test_user_channels_are_bounded(void **state)
{
	struct world *w = *state;

	world_enroll(w, "A");
	assert_int_equal(store_write(w->st, crowd_tx, w, &w->err), 0);
	assert_int_equal(checkin(w, USER_TOKEN("A", "last")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, USER_TOKEN("A", "too many")), ANSWER_BAD);
	assert_null(world_get(w, "A:too many"));
	/* Those that are known come and go. */
	assert_int_equal(checkin(w, USER_TOKEN("A", "last")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, USER_TOKEN("A", "u7")), ANSWER_EMPTY);
	world_enroll(w, "A");
	assert_int_equal(world_get(w, "A:u7")->state, ENROLLMENT_DISABLED);
	assert_int_equal(checkin(w, USER_TOKEN("A", "u7")), ANSWER_EMPTY);
	world_cert(w, 2);
	world_enroll(w, "B");
	assert_int_equal(checkin(w, USER_TOKEN("B", "u7")), ANSWER_EMPTY);
}

static void test_shared_ipad_users(void **state)
{
	struct world *w = *state;
	const char *token = USER_TOKEN("A", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF")
		S("UserShortName", "ann@example.com");

	world_enroll(w, "A");
	w->conf.shared_ipad_users = CONF_SHARED_IPAD_DECLINE;
	assert_int_equal(checkin(w, token), ANSWER_USER_DECLINED);
	w->conf.shared_ipad_users = CONF_SHARED_IPAD_ACCEPT;
	assert_int_equal(checkin(w, token), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A:ann@example.com")->id.kind,
		ENROLLMENT_SHARED_IPAD);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_enrolling),
		RULE(test_token_revived), RULE(test_token_announces),
		RULE(test_new_generation),
		RULE(test_check_out_and_restore),
		RULE(test_restore_of_an_unknown_device),
		RULE(test_one_certificate_one_device),
		RULE(test_first_binding_of_an_imported_device),
		RULE(test_guard),
		RULE(test_guard_armed),
		RULE(test_operator_orders),
		RULE(test_allowlist),
		RULE(test_user_channels),
		RULE(test_user_channels_are_bounded),
		RULE(test_shared_ipad_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
