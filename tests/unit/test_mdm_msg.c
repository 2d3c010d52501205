/* Check-in messages and command results: what is read, and the one line that
 * names what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec/pl.h"
#include "mdm/checkin_msg.h"
#include "mdm/result_msg.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))
#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define D(k, v) "<key>" k "</key><data>" v "</data>"
#define T(k) "<key>" k "</key><true/>"
#define I(k, v) "<key>" k "</key><integer>" v "</integer>"
#define TYPE(t) S("MessageType", t)
#define TOPIC S("Topic", "com.apple.mgmt.x")
#define ALL_F "ffffffff-ffff-ffff-FFFF-FFFFFFFFFFFF"

struct row {
	const char *dict;	/* content of the root dict */
	const char *fault;	/* part of the message; NULL: it is accepted */
	enum enrollment_kind kind;
	const char *device, *user;
};

static struct bytes plist_of(const char *dict, struct arena *a)
{
	return bytes_str(arena_printf(a,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\">"
		"<dict>%s</dict></plist>", dict));
}

static void check_row(const struct row *r, size_t i, int rc, const struct err *e,
	const struct enrollment_id *id)
{
	if (r->fault != NULL) {
		if (rc == 0)
			fail_msg("row %zu: accepted, expected \"%s\"", i, r->fault);
		assert_int_equal(e->kind, ERR_BAD_INPUT);
		if (strstr(e->msg, r->fault) == NULL)
			fail_msg("row %zu: \"%s\" lacks \"%s\"", i, e->msg, r->fault);
		return;
	}
	if (rc != 0)
		fail_msg("row %zu: %s", i, e->msg);
	assert_int_equal(id->kind, r->kind);
	assert_true(bytes_is(id->device, r->device));
	assert_true(bytes_eq(id->user, bytes_str(r->user)));
}

static void test_checkin_rows(void **state)
{
	static const struct row rows[] = {
		{ TYPE("Authenticate") TOPIC S("UDID", "U"), NULL,
			ENROLLMENT_DEVICE, "U", NULL },
		{ TYPE("Authenticate") TOPIC S("EnrollmentID", "E"), NULL,
			ENROLLMENT_BYOD_DEVICE, "E", NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") D("Token", "AA==")
			S("PushMagic", "M"), NULL, ENROLLMENT_DEVICE, "U", NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") S("UserID", "G")
			D("Token", "AA==") S("PushMagic", "M"), NULL,
			ENROLLMENT_USER, "U", "G" },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") S("UserID", ALL_F)
			S("UserShortName", "ann@x") D("Token", "AA==")
			S("PushMagic", "M"), NULL, ENROLLMENT_SHARED_IPAD, "U", "ann@x" },
		{ TYPE("TokenUpdate") TOPIC S("EnrollmentID", "E")
			S("EnrollmentUserID", "EU") D("Token", "AA==")
			S("PushMagic", "M"), NULL, ENROLLMENT_BYOD_USER, "E", "EU" },
		{ TYPE("CheckOut") TOPIC S("UDID", "U:/%,\xc3\xa9"), NULL,
			ENROLLMENT_DEVICE, "U:/%,\xc3\xa9", NULL },
		{ TYPE("UserAuthenticate") S("UDID", "U") S("UserID", "G"), NULL,
			ENROLLMENT_USER, "U", "G" },

		{ TOPIC S("UDID", "U"), "MessageType", 0, NULL, NULL },
		{ I("MessageType", "1") TOPIC, "MessageType", 0, NULL, NULL },
		{ TYPE("Greeting") S("UDID", "U"), "MessageType: \"Greeting\"", 0,
			NULL, NULL },
		{ TYPE("Authenticate") S("UDID", "U"), "Topic", 0, NULL, NULL },
		{ TYPE("Authenticate") TOPIC, "UDID", 0, NULL, NULL },
		{ TYPE("Authenticate") TOPIC S("UDID", ""), "UDID", 0, NULL, NULL },
		{ TYPE("Authenticate") TOPIC I("UDID", "7"), "UDID", 0, NULL, NULL },
		{ TYPE("Authenticate") TOPIC S("UDID", "U") I("SerialNumber", "7"),
			"SerialNumber", 0, NULL, NULL },
		{ TYPE("Authenticate") TOPIC S("UDID", "U") S("UserID", "G"),
			"Authenticate is not sent on the user channel", 0, NULL, NULL },
		{ TYPE("CheckOut") TOPIC S("UDID", "U") S("UserID", "G"),
			"CheckOut is not sent on the user channel", 0, NULL, NULL },
		{ TYPE("UserAuthenticate") S("UDID", "U"),
			"UserAuthenticate is not sent on the device channel", 0, NULL,
			NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") S("PushMagic", "M"),
			"TokenUpdate: Token", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") S("Token", "x")
			S("PushMagic", "M"), "TokenUpdate: Token", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") D("Token", "AA=="),
			"TokenUpdate: PushMagic", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") D("Token", "AA==")
			D("PushMagic", "AA=="), "TokenUpdate: PushMagic", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") D("Token", "AA==")
			S("PushMagic", "M") S("UnlockToken", "x"),
			"TokenUpdate: UnlockToken", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") D("Token", "AA==")
			S("PushMagic", "M") S("AwaitingConfiguration", "x"),
			"TokenUpdate: AwaitingConfiguration", 0, NULL, NULL },
		{ TYPE("TokenUpdate") TOPIC S("UDID", "U") S("UserID", ALL_F)
			D("Token", "AA==") S("PushMagic", "M"), "UserShortName", 0,
			NULL, NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct checkin_msg m;
		struct err e = ERR_INIT;
		int rc = checkin_msg_parse(plist_of(rows[i].dict, a), a, &m, &e);

		check_row(&rows[i], i, rc, &e, &m.id);
	}
	arena_free(a);
}

static void test_texts_are_bounded(void **state)
{
	static const char *const keys[] = { "SerialNumber", "DeviceName", "Model",
		"ModelName", "ProductName", "OSVersion", "BuildVersion", "IMEI", "MEID",
		"UserShortName", "UserLongName" };
	struct arena *a = arena_new();
	char longest[CHECKIN_TEXT_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < N(keys); i++)
		for (size_t cut = 0; cut < 2; cut++) {
			char *dict = arena_printf(a, TYPE("Authenticate") TOPIC
				S("UDID", "U") S("%s", "%s"), keys[i], longest + cut);
			struct row row = { NULL, cut == 0 ? keys[i] : NULL,
				ENROLLMENT_DEVICE, "U", NULL };
			struct checkin_msg m;
			struct err e = ERR_INIT;
			int rc = checkin_msg_parse(plist_of(dict, a), a, &m, &e);

			check_row(&row, i, rc, &e, &m.id);
		}
	arena_free(a);
}

static void test_result_rows(void **state)
{
	static const struct row rows[] = {
		{ S("Status", "Idle") S("UDID", "U"), NULL, ENROLLMENT_DEVICE, "U",
			NULL },
		{ S("Status", "Acknowledged") S("UDID", "U") S("CommandUUID", "C"),
			NULL, ENROLLMENT_DEVICE, "U", NULL },
		{ S("Status", "Soon") S("UDID", "U") S("CommandUUID", "C"), NULL,
			ENROLLMENT_DEVICE, "U", NULL },
		{ S("UDID", "U"), "Status", 0, NULL, NULL },
		{ S("Status", "") S("UDID", "U"), "Status", 0, NULL, NULL },
		{ TYPE("CheckOut") TOPIC S("UDID", "U"), "Content-Type", 0, NULL, NULL },
		{ TYPE("?") S("Status", "Idle") S("UDID", "U"), NULL,
			ENROLLMENT_DEVICE, "U", NULL },
		{ I("Status", "1") S("UDID", "U"), "Status", 0, NULL, NULL },
		{ S("Status", "Idle"), "UDID", 0, NULL, NULL },
		{ S("Status", "Error") S("UDID", "U"), "CommandUUID", 0, NULL, NULL },
		{ S("Status", "NotNow") S("UDID", "U") S("CommandUUID", ""),
			"CommandUUID", 0, NULL, NULL },
		{ S("Status", "NotNow") S("UDID", "U") I("CommandUUID", "3"),
			"CommandUUID", 0, NULL, NULL },
		{ S("Status", "Idle") S("UDID", "U") S("NeedSyncResponse", "x"),
			"NeedSyncResponse", 0, NULL, NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct result_msg m;
		struct err e = ERR_INIT;
		int rc = result_msg_parse(plist_of(rows[i].dict, a), a, &m, &e);

		check_row(&rows[i], i, rc, &e, &m.id);
	}
	arena_free(a);
}

static void test_token_update_values(void **state)
{
	struct arena *a = arena_new();
	struct checkin_msg m;
	struct err e = ERR_INIT;
	struct bytes in = plist_of(TYPE("TokenUpdate") TOPIC S("UDID", "U")
		D("Token", "AAEC") S("PushMagic", "magic") D("UnlockToken", "/w==")
		T("AwaitingConfiguration") T("NotOnConsole"), a);

	(void)state;
	assert_int_equal(checkin_msg_parse(in, a, &m, &e), 0);
	assert_true(bytes_eq(m.token, bytes_of("\0\1\2", 3)));
	assert_true(bytes_eq(m.unlock_token, bytes_of("\xff", 1)));
	assert_string_equal(m.push_magic, "magic");
	assert_true(m.has_awaiting_configuration && m.awaiting_configuration);
	assert_true(m.not_on_console);
	assert_string_equal(m.topic, "com.apple.mgmt.x");
	arena_free(a);
}

static void test_result_status_values(void **state)
{
	static const struct {
		const char *text;
		enum result_status status;
	} rows[] = {
		{ "Idle", RESULT_IDLE }, { "Acknowledged", RESULT_ACKNOWLEDGED },
		{ "Error", RESULT_ERROR }, { "NotNow", RESULT_NOT_NOW },
		{ "CommandFormatError", RESULT_FORMAT_ERROR },
		{ "idle", RESULT_OTHER },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct result_msg m;
		struct err e = ERR_INIT;
		char *dict = arena_printf(a, S("Status", "%s") S("UDID", "U")
			S("CommandUUID", "C") T("NeedSyncResponse"), rows[i].text);

		assert_int_equal(result_msg_parse(plist_of(dict, a), a, &m, &e), 0);
		assert_int_equal(m.status, rows[i].status);
		assert_string_equal(m.status_text, rows[i].text);
		assert_true(m.need_sync_response);
		assert_false(m.user_configuration);
	}
	arena_free(a);
}

/* Trees are bounded over the whole process: none is held while its request
 * waits for the store. */
static void test_no_tree_is_kept(void **state)
{
	struct arena *a = arena_new();
	struct checkin_msg c;
	struct result_msg r;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(checkin_msg_parse(plist_of(TYPE("CheckOut") TOPIC
		S("UDID", "U"), a), a, &c, &e), 0);
	assert_int_equal(pl_tree_bytes(), 0);
	assert_int_equal(result_msg_parse(plist_of(S("Status", "Error")
		S("UDID", "V") S("CommandUUID", "C"), a), a, &r, &e), 0);
	assert_int_equal(pl_tree_bytes(), 0);
	assert_int_equal(checkin_msg_parse(plist_of(TYPE("CheckOut"), a), a, &c,
		&e), -1);
	assert_int_equal(result_msg_parse(plist_of(S("Status", ""), a), a, &r,
		&e), -1);
	assert_int_equal(pl_tree_bytes(), 0);
	arena_free(a);
}

static void test_not_a_plist(void **state)
{
	static const char *const bodies[] = { "", "hello", "<plist>",
		"<plist version=\"1.0\"><array/></plist>", "bplist00" };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(bodies); i++) {
		struct checkin_msg c;
		struct result_msg r;
		struct err e = ERR_INIT;

		assert_int_equal(checkin_msg_parse(bytes_str(bodies[i]), a, &c, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_int_equal(result_msg_parse(bytes_str(bodies[i]), a, &r, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checkin_rows),
		cmocka_unit_test(test_texts_are_bounded),
		cmocka_unit_test(test_result_rows),
		cmocka_unit_test(test_token_update_values),
		cmocka_unit_test(test_result_status_values),
		cmocka_unit_test(test_no_tree_is_kept),
		cmocka_unit_test(test_not_a_plist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
