/* The command exchange on a real store: order, NotNow, answers that come
 * twice, commands that may run only once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mdm/queue.h"
#include "mdm_world.h"

#define ACK "Acknowledged"

static void expect_next(const char *got, const char *uuid)
{
	if (uuid == NULL) {
		if (got != NULL)
			fail_msg("got %s, expected nothing", got);
		return;
	}
	if (got == NULL || strcmp(got, uuid) != 0)
		fail_msg("got %s, expected %s", got != NULL ? got : "nothing", uuid);
}

#define POLL(status, uuid, next) expect_next(world_poll(w, "A", status, uuid), next)

static int enrolled(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	world_enroll(*state, "A");
	return 0;
}

static void queue(struct world *w, const char *uuid)
{
	assert_int_equal(world_enqueue(w, "A", uuid, "ProfileList", NULL), STORE_QUEUED);
}

static void test_one_after_the_other(void **state)
{
	struct world *w = *state;

	POLL("Idle", NULL, NULL);
	queue(w, "C1");
	queue(w, "C2");
	world_enqueue(w, "A", "C0", "ProfileList",
		&(struct target_options){ .priority = 200 });
	/* Delivered until answered. */
	POLL("Idle", NULL, "C0");
	POLL("Idle", NULL, "C0");
	POLL(ACK, "C0", "C1");
	POLL("Error", "C1", "C2");
	POLL("CommandFormatError", "C2", NULL);
	assert_int_equal(world_target(w, "A", "C0")->state, TARGET_ACKNOWLEDGED);
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_ERROR);
	assert_int_equal(world_target(w, "A", "C2")->state, TARGET_FORMAT_ERROR);
	assert_int_equal(world_target(w, "A", "C0")->deliveries, 2);
	POLL("Idle", NULL, NULL);
}

static void test_session_ends_on_not_now(void **state)
{
	struct world *w = *state;

	queue(w, "A1");
	queue(w, "B1");
	queue(w, "C1");
	POLL("Idle", NULL, "A1");
	POLL("NotNow", "A1", "B1");
	POLL("NotNow", "B1", "C1");
	/* After another status the parked ones are offered again. */
	POLL(ACK, "C1", "A1");
	POLL("NotNow", "A1", NULL);

	/* A new session offers all again, in their order. */
	POLL("Idle", NULL, "A1");
	POLL("NotNow", "A1", "B1");
	POLL(ACK, "B1", "A1");
	POLL(ACK, "A1", NULL);
	assert_int_equal(world_target(w, "A", "A1")->notnow, 3);
	assert_int_equal(world_target(w, "A", "A1")->state, TARGET_ACKNOWLEDGED);
}

static void test_no_command_starves_behind_not_now(void **state)
{
	struct world *w = *state;

	queue(w, "never");
	queue(w, "later");
	/* NotNow is an answer: it may come more often than max_deliveries. */
	for (int session = 0; session < 6; session++) {
		POLL("Idle", NULL, "never");
		POLL("NotNow", "never", "later");
		POLL("NotNow", "later", NULL);
	}
	assert_int_equal(world_target(w, "A", "never")->deliveries, 6);
}

static void test_need_sync_response(void **state)
{
	struct world *w = *state;
	struct answer out;

	queue(w, "A1");
	POLL("Idle", NULL, "A1");
	POLL("NotNow", "A1", NULL);
	assert_int_equal(world_result(w, &out, "<key>UDID</key><string>A</string>"
		"<key>Status</key><string>Idle</string>"
		"<key>NeedSyncResponse</key><true/>"), 0);
	expect_next(out.command_uuid, "A1");
	assert_string_equal(out.request_type, "ProfileList");
	assert_true(bytes_is(out.body, "<plist>A1</plist>"));
}

static void test_answer_that_comes_twice(void **state)
{
	struct world *w = *state;
	struct target *t;
	uint64_t result;
	struct answer out;

	queue(w, "C1");
	queue(w, "C2");
	POLL("Idle", NULL, "C1");
	POLL(ACK, "C1", "C2");
	result = world_target(w, "A", "C1")->result;
	assert_int_not_equal(result, 0);
	w->now += 10;
	assert_int_equal(world_result(w, &out, "<key>UDID</key><string>A</string>"
		"<key>Status</key><string>Error</string>"
		"<key>CommandUUID</key><string>C1</string>"), 0);
	assert_string_equal(out.note, "answered already");
	expect_next(out.command_uuid, "C2");
	t = world_target(w, "A", "C1");
	assert_int_equal(t->state, TARGET_ACKNOWLEDGED);
	assert_int_equal(t->result, result);
	assert_int_equal(t->finished, w->now - 10);
	/* A late NotNow does not bring it back either. */
	POLL("NotNow", "C1", "C2");
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_ACKNOWLEDGED);
}

static void test_unknown_command_uuid(void **state)
{
	struct world *w = *state;
	struct answer out;
	char longest[600];

	queue(w, "C1");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(world_result(w, &out, "<key>UDID</key><string>A</string>"
		"<key>Status</key><string>Acknowledged</string>"
		"<key>CommandUUID</key><string>nobody's</string>"), 0);
	assert_string_equal(out.note, "unknown CommandUUID");
	expect_next(out.command_uuid, "C1");
	POLL(ACK, longest, "C1");
	POLL("NotNow", "nobody's", "C1");
}

static void test_result_of_an_unknown_channel(void **state)
{
	struct world *w = *state;
	struct answer out;

	queue(w, "C1");
	assert_int_equal(world_result(w, &out, "<key>UDID</key><string>A</string>"
		"<key>UserID</key><string>G</string>"
		"<key>Status</key><string>Error</string>"
		"<key>CommandUUID</key><string>C1</string>"), 0);
	assert_int_equal(out.kind, ANSWER_EMPTY);
	assert_string_equal(out.note, "result of an unknown channel, not kept");
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_READY);
	world_cert(w, 2);
	assert_int_equal(world_result(w, &out, "<key>UDID</key><string>Z</string>"
		"<key>Status</key><string>Error</string>"
		"<key>CommandUUID</key><string>C1</string>"), 0);
	assert_int_equal(out.kind, ANSWER_UNMANAGE);
}

static void test_once_only_commands(void **state)
{
	struct world *w = *state;

	world_enqueue(w, "A", "E1", "EraseDevice", NULL);
	queue(w, "C1");
	POLL("Idle", NULL, "E1");
	assert_int_equal(world_target(w, "A", "E1")->state, TARGET_SENT);
	/* The reply was lost: it must not run again by itself. */
	POLL("Idle", NULL, "C1");
	POLL(ACK, "E1", "C1");
	assert_int_equal(world_target(w, "A", "E1")->state, TARGET_ACKNOWLEDGED);
}

static void test_once_only_command_answers_not_now(void **state)
{
	struct world *w = *state;

	world_enqueue(w, "A", "R1", "RestartDevice", NULL);
	POLL("Idle", NULL, "R1");
	/* It did not run, so it is owed again. */
	POLL("NotNow", "R1", NULL);
	assert_int_equal(world_target(w, "A", "R1")->state, TARGET_PARKED);
	POLL("Idle", NULL, "R1");
	assert_int_equal(world_target(w, "A", "R1")->state, TARGET_SENT);
	POLL(ACK, "R1", NULL);
}

/* A late NotNow must not bring back what was meant for the device as it was
 * before it enrolled anew. */
static void test_once_only_command_of_an_earlier_generation(void **state)
{
	struct world *w = *state;
	struct answer out;

	world_enqueue(w, "A", "E1", "EraseDevice", NULL);
	POLL("Idle", NULL, "E1");
	assert_int_equal(world_checkin(w, &out, "<key>MessageType</key>"
		"<string>Authenticate</string><key>Topic</key><string>t</string>"
		"<key>UDID</key><string>A</string>"), 0);
	POLL("NotNow", "E1", NULL);
	world_enroll(w, "A");
	POLL("NotNow", "E1", NULL);
	POLL("Idle", NULL, NULL);
	assert_int_equal(world_target(w, "A", "E1")->state, TARGET_SENT);
	/* What it did is kept all the same. */
	POLL(ACK, "E1", NULL);
	assert_int_equal(world_target(w, "A", "E1")->state, TARGET_ACKNOWLEDGED);
}

static void test_stuck_command_steps_aside(void **state)
{
	struct world *w = *state;

	queue(w, "bad");
	queue(w, "good");
	for (int i = 0; i < 3; i++)
		POLL("Idle", NULL, "bad");
	POLL("Idle", NULL, "good");
	assert_int_equal(world_target(w, "A", "bad")->state, TARGET_STUCK);
	POLL(ACK, "good", NULL);
	/* Its answer may still come. */
	POLL(ACK, "bad", NULL);
	assert_int_equal(world_target(w, "A", "bad")->state, TARGET_ACKNOWLEDGED);
}

static void test_times(void **state)
{
	struct world *w = *state;

	world_enqueue(w, "A", "later", "ProfileList", &(struct target_options){
		.priority = 100, .not_before = w->now + 60 });
	world_enqueue(w, "A", "soon over", "ProfileList", &(struct target_options){
		.priority = 100, .not_after = w->now + 30 });
	POLL("Idle", NULL, "soon over");
	w->now += 31;
	POLL("Idle", NULL, NULL);
	assert_int_equal(world_target(w, "A", "soon over")->state, TARGET_EXPIRED);
	w->now += 29;
	POLL("Idle", NULL, "later");
	POLL(ACK, "later", NULL);
}

static void test_dedupe_key(void **state)
{
	struct world *w = *state;
	const struct target_options o = { .priority = 100, .dedupe = "inventory" };

	assert_int_equal(world_enqueue(w, "A", "C1", "ProfileList", &o), STORE_QUEUED);
	assert_int_equal(world_enqueue(w, "A", "C2", "ProfileList", &o),
		STORE_DUPLICATE);
	assert_int_equal(world_enqueue(w, "A", "C1", "ProfileList", &o), STORE_KNOWN);
	POLL("Idle", NULL, "C1");
	POLL(ACK, "C1", NULL);
	assert_int_equal(world_enqueue(w, "A", "C2", "ProfileList", &o), STORE_QUEUED);
	POLL("Idle", NULL, "C2");
}

static void test_all_that_was_acknowledged_is_there_after_reopening(void **state)
{
	struct world *w = *state;

	queue(w, "C1");
	queue(w, "C2");
	POLL("Idle", NULL, "C1");
	POLL("NotNow", "C1", "C2");
	POLL("Error", "C2", "C1");
	world_reopen(w);
	assert_int_equal(world_target(w, "A", "C2")->state, TARGET_ERROR);
	assert_int_equal(world_target(w, "A", "C1")->notnow, 1);
	POLL("Idle", NULL, "C1");
	assert_int_equal(world_get(w, "A")->state, ENROLLMENT_ENABLED);
}

static void test_device_that_left_answers_by_its_own_certificate(void **state)
{
	struct world *w = *state;
	struct answer out;

	queue(w, "c1");
	POLL("Idle", NULL, "c1");
	assert_int_equal(world_checkin(w, &out, "<key>MessageType</key>"
		"<string>CheckOut</string><key>Topic</key><string>t</string>"
		"<key>UDID</key><string>A</string>"), 0);
	world_cert(w, 99);
	POLL(ACK, "c1", NULL);
	assert_int_not_equal(world_target(w, "A", "c1")->state, TARGET_ACKNOWLEDGED);
	world_cert(w, 1);
	POLL(ACK, "c1", NULL);
	assert_int_equal(world_target(w, "A", "c1")->state, TARGET_ACKNOWLEDGED);
}

static void test_unreadable_body_is_taken_the_third_time(void **state)
{
	struct world *w = *state;
	struct mdm_context cx = { .store = w->st, .conf = &w->conf,
		.who = &w->who, .now = w->now, .arena = w->arena,
		.raw = bytes_str("junk") };
	struct err why = ERR_INIT;
	struct answer out;

	err_set(&why, ERR_BAD_INPUT, "not a property list");
	for (int i = 1; i <= 4; i++) {
		assert_int_equal(queue_unreadable(&cx, &why, &out, &w->err), 0);
		assert_int_equal(out.kind, i < 3 ? ANSWER_BAD : ANSWER_EMPTY);
		if (i < 3)
			assert_string_equal(out.reason, "not a property list");
	}
	/* What got lost on its way is no body that a device could mean. */
	cx.raw = bytes_of("", 0);
	for (int i = 1; i <= 4; i++) {
		assert_int_equal(queue_unreadable(&cx, &why, &out, &w->err), 0);
		assert_int_equal(out.kind, ANSWER_BAD);
	}
	/* Another body, or another certificate, counts for itself. */
	cx.raw = bytes_str("other junk");
	assert_int_equal(queue_unreadable(&cx, &why, &out, &w->err), 0);
	assert_int_equal(out.kind, ANSWER_BAD);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, enrolled, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_one_after_the_other),
		RULE(test_session_ends_on_not_now),
		RULE(test_no_command_starves_behind_not_now),
		RULE(test_need_sync_response),
		RULE(test_answer_that_comes_twice),
		RULE(test_unknown_command_uuid),
		RULE(test_result_of_an_unknown_channel),
		RULE(test_once_only_commands),
		RULE(test_once_only_command_answers_not_now),
		RULE(test_once_only_command_of_an_earlier_generation),
		RULE(test_stuck_command_steps_aside),
		RULE(test_times),
		RULE(test_dedupe_key),
		RULE(test_all_that_was_acknowledged_is_there_after_reopening),
		RULE(test_device_that_left_answers_by_its_own_certificate),
		RULE(test_unreadable_body_is_taken_the_third_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
