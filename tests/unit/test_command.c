/* States of targets and commands that are sent once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/command.h"

static void test_states(void **state)
{
	static const struct {
		enum target_state s;
		const char *name;
		bool queued, answered;
	} rows[] = {
		{ TARGET_READY, "ready", true, false },
		{ TARGET_PARKED, "parked", true, false },
		{ TARGET_WAITING, "waiting", true, false },
		{ TARGET_SENT, "sent", false, false },
		{ TARGET_ACKNOWLEDGED, "acknowledged", false, true },
		{ TARGET_ERROR, "error", false, true },
		{ TARGET_FORMAT_ERROR, "format_error", false, true },
		{ TARGET_CANCELLED, "cancelled", false, false },
		{ TARGET_EXPIRED, "expired", false, false },
		{ TARGET_STUCK, "stuck", false, false },
		{ (enum target_state)0, "unknown", false, false },
		{ (enum target_state)11, "unknown", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(target_state_name(rows[i].s),
		    rows[i].name);
		assert_int_equal(target_state_is_queued(rows[i].s),
		    rows[i].queued);
		assert_int_equal(target_state_is_answered(rows[i].s),
		    rows[i].answered);
	}
}

static void test_once(void **state)
{
	(void)state;
	assert_true(command_type_is_once("EraseDevice"));
	assert_true(command_type_is_once("RestartDevice"));
	assert_true(command_type_is_once("ShutDownDevice"));
	assert_false(command_type_is_once("RemoveProfile"));
	assert_false(command_type_is_once("eraseDevice"));
	assert_false(command_type_is_once(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
