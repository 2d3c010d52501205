/* Who a message speaks for: each set of identifiers, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/enrollment.h"

#define ALL_F "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"
#define ALL_f "ffffffff-ffff-FFFF-ffff-ffffffffffff"

static void test_kinds(void **state)
{
	static const struct {
		struct enrollment_ids ids;
		enum enrollment_kind kind, parent;
		const char *text, *name;
		bool user;
	} rows[] = {
		{ { .udid = "U" }, ENROLLMENT_DEVICE, ENROLLMENT_DEVICE,
		    "U", "Device", false },
		{ { .udid = "U", .user_id = "G" }, ENROLLMENT_USER,
		    ENROLLMENT_DEVICE, "U:G", "User", true },
		{ { .udid = "U", .user_id = "G", .user_short_name = "joe" },
		    ENROLLMENT_USER, ENROLLMENT_DEVICE, "U:G", "User", true },
		{ { .udid = "U", .user_id = ALL_F, .user_short_name = "joe" },
		    ENROLLMENT_SHARED_IPAD, ENROLLMENT_DEVICE, "U:joe",
		    "Shared iPad", true },
		{ { .udid = "U", .user_id = ALL_f, .user_short_name = "joe" },
		    ENROLLMENT_SHARED_IPAD, ENROLLMENT_DEVICE, "U:joe",
		    "Shared iPad", true },
		{ { .enrollment_id = "E" }, ENROLLMENT_BYOD_DEVICE,
		    ENROLLMENT_BYOD_DEVICE, "E", "User Enrollment (Device)",
		    false },
		{ { .enrollment_id = "E", .enrollment_user_id = "N" },
		    ENROLLMENT_BYOD_USER, ENROLLMENT_BYOD_DEVICE, "E:N",
		    "User Enrollment", true },
		/* UDID wins; an empty one is none. */
		{ { .udid = "U", .enrollment_id = "E",
		    .enrollment_user_id = "N" }, ENROLLMENT_DEVICE,
		    ENROLLMENT_DEVICE, "U", "Device", false },
		{ { .udid = "", .enrollment_id = "E" },
		    ENROLLMENT_BYOD_DEVICE, ENROLLMENT_BYOD_DEVICE, "E",
		    "User Enrollment (Device)", false },
		{ { .udid = "a:b/c,%\n\xc3\xa4" }, ENROLLMENT_DEVICE,
		    ENROLLMENT_DEVICE, "a:b/c,%\n\xc3\xa4", "Device", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_new();
		struct enrollment_id id, parent;
		enum enrollment_kind kind;
		struct err e = ERR_INIT;

		assert_int_equal(enrollment_identify(&rows[i].ids, &id, &e),
		    0);
		assert_int_equal(id.kind, rows[i].kind);
		assert_true(enrollment_kind_parse(bytes_str(rows[i].name),
		    &kind));
		assert_int_equal(kind, id.kind);
		assert_false(enrollment_kind_parse(bytes_str("unknown"),
		    &kind));
		assert_true(bytes_is(enrollment_id_text(&id, a),
		    rows[i].text));
		assert_string_equal(enrollment_kind_name(id.kind),
		    rows[i].name);
		assert_int_equal(enrollment_kind_is_user(id.kind),
		    rows[i].user);
		parent = enrollment_parent(&id);
		assert_int_equal(parent.kind, rows[i].parent);
		assert_null(parent.user.p);
		assert_true(bytes_eq(parent.device, id.device));
		arena_free(a);
	}
	(void)state;
}

static void test_refused(void **state)
{
	static const struct {
		struct enrollment_ids ids;
		const char *msg;
	} rows[] = {
		{ { .user_id = "G" }, "UDID or EnrollmentID missing" },
		{ { .udid = "" }, "UDID or EnrollmentID is empty" },
		{ { .udid = "", .enrollment_id = "" },
		    "UDID or EnrollmentID is empty" },
		{ { .udid = "U", .user_id = "" }, "UserID is empty" },
		{ { .udid = "U", .user_id = ALL_F },
		    "UserShortName missing" },
		{ { .udid = "U", .user_id = ALL_F, .user_short_name = "" },
		    "UserShortName is empty" },
		{ { .enrollment_id = "E", .enrollment_user_id = "" },
		    "EnrollmentUserID is empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct enrollment_id id;
		struct err e = ERR_INIT;

		assert_int_equal(enrollment_identify(&rows[i].ids, &id, &e),
		    -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, rows[i].msg);
	}
}

static void test_length(void **state)
{
	char id[ENROLLMENT_ID_MAX + 2];
	struct enrollment_ids ids = { .udid = id };
	struct enrollment_ids user = { .udid = "U", .user_id = id };
	struct enrollment_id out;
	struct err e = ERR_INIT;

	(void)state;
	memset(id, 'x', sizeof(id));
	id[ENROLLMENT_ID_MAX] = '\0';
	assert_int_equal(enrollment_identify(&ids, &out, &e), 0);
	assert_int_equal(out.device.n, ENROLLMENT_ID_MAX);
	assert_int_equal(enrollment_identify(&user, &out, &e), 0);
	id[ENROLLMENT_ID_MAX] = 'x';
	id[ENROLLMENT_ID_MAX + 1] = '\0';
	assert_int_equal(enrollment_identify(&ids, &out, &e), -1);
	assert_string_equal(e.msg, "UDID: 4097 bytes, at most 4096");
	assert_int_equal(enrollment_identify(&user, &out, &e), -1);
	assert_string_equal(e.msg, "UserID: 4097 bytes, at most 4096");
}

/* Same texts, different enrollments: every key differs. */
static void test_keys_differ(void **state)
{
	static const struct enrollment_ids ids[] = {
		{ .udid = "A" }, { .udid = "A:B" }, { .udid = "a" },
		{ .udid = "A", .user_id = "B" },
		{ .udid = "A", .user_id = ALL_F, .user_short_name = "B" },
		{ .enrollment_id = "A" }, { .enrollment_id = "A:B" },
		{ .enrollment_id = "A", .enrollment_user_id = "B" },
		{ .udid = "A:B", .user_id = "C" },
		{ .udid = "A", .user_id = "B:C" },
	};
	unsigned char key[10][DIGEST_LEN];
	struct enrollment_id id;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(enrollment_identify(&ids[i], &id, &e), 0);
		enrollment_id_key(&id, key[i]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(key[i], key[j], DIGEST_LEN);
	}
}

/* Stored keys: a change here loses every enrollment. */
static void test_key_is_fixed(void **state)
{
	static const unsigned char want[DIGEST_LEN] = {
		0x25, 0xa5, 0x84, 0xdd, 0x20, 0x20, 0xc6, 0xd4,
		0x69, 0x34, 0x7f, 0xb3, 0xb5, 0xfd, 0xdb, 0x41,
		0x36, 0xc2, 0xc4, 0x0d, 0xc3, 0x6e, 0x39, 0xec,
		0xac, 0x1b, 0x30, 0xb3, 0xb1, 0xcf, 0x9c, 0x04,
	};
	struct enrollment_ids ids = { .udid = "A" };
	unsigned char key[DIGEST_LEN];
	struct enrollment_id id;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(enrollment_identify(&ids, &id, &e), 0);
	enrollment_id_key(&id, key);
	assert_memory_equal(key, want, DIGEST_LEN);
}

static void test_states(void **state)
{
	static const char *const names[] = { "unknown", "authenticated",
		"enabled", "left", "unmanaged", "blocked", "disabled",
		"unknown" };

	(void)state;
	for (int i = 0; i < 8; i++) {
		enum enrollment_state s;

		assert_string_equal(enrollment_state_name(
		    (enum enrollment_state)i), names[i]);
		assert_int_equal(enrollment_state_parse(bytes_str(names[i]),
		    &s), i > 0 && i < 7);
		if (i > 0 && i < 7)
			assert_int_equal(s, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_key_is_fixed),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
