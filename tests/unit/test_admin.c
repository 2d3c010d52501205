/* What an operator can do with enrollments, queues and commands, on a real
 * store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_allow.h"
#include "admin/op_backup.h"
#include "admin/op_command.h"
#include "admin/op_enqueue.h"
#include "admin/op_enrollment.h"
#include "admin/op_guard.h"
#include "admin/op_queue.h"
#include "admin/op_store.h"
#include "admin_world.h"
#include "codec/pl.h"

/* ---- enrollments ---- */

static void test_list_pages(void **state)
{
	struct admin_world *w = *state;
	struct op_enrollments page = { .next = 0 };
	uint64_t last = 0;
	size_t seen = 0;

	for (int i = 0; i < 5; i++)
		admin_device(w, arena_printf(w->a, "list-%d", i));
	do {
		OK(op_enrollment_list(&w->op, page.next, 2, w->a, &page,
			&w->err));
		assert_in_range(page.n, 1, 2);
		for (size_t i = 0; i < page.n; i++, seen++) {
			assert_true(page.list[i]->num > last);
			last = page.list[i]->num;
		}
	} while (page.next != 0);
	assert_true(seen >= 5);
	OK(op_enrollment_list(&w->op, last, 2, w->a, &page, &w->err));
	assert_int_equal(page.n, 0);
	assert_int_equal(page.next, 0);
	FAILS(ERR_BAD_INPUT, op_enrollment_list(&w->op, 0, 0, w->a, &page,
		&w->err));
}

static void test_show(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "show:with/strange, é%\n");
	struct enrollment *u = admin_user(w, d, "U1");
	struct op_enrollment s;

	OK(op_enrollment_show(&w->op, d->id.device, w->a, &s, &w->err));
	assert_int_equal(s.en->num, d->num);
	assert_null(s.device);
	assert_int_equal(s.n_channels, 1);
	assert_int_equal(s.channels[0]->num, u->num);
	assert_false(s.push_token);
	OK(op_enrollment_show(&w->op, bytes_str(arena_printf(w->a, "@%llu",
		(unsigned long long)u->num)), w->a, &s, &w->err));
	assert_int_equal(s.en->num, u->num);
	assert_int_equal(s.device->num, d->num);
	assert_int_equal(s.n_channels, 0);
}

static void test_unknown_ids(void **state)
{
	struct admin_world *w = *state;
	char *big = arena_alloc(w->a, 100001);
	const char *ids[] = { "nobody", "@999999", "@", "@0", "@-1", "@1x",
		"nobody:nobody", "\n", "\xff\xfe", big };
	struct op_enrollment s;

	memset(big, 'x', 100000);
	big[100000] = '\0';
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		FAILS(ERR_NOT_FOUND, op_enrollment_show(&w->op,
			bytes_str(ids[i]), w->a, &s, &w->err));
		assert_null(strchr(w->err.msg, '\n'));
		assert_true(strlen(w->err.msg) > 14);
	}
	FAILS(ERR_BAD_INPUT, op_enrollment_show(&w->op, bytes_str(""), w->a, &s,
		&w->err));
}

static void test_id_of_4096_bytes(void **state)
{
	struct admin_world *w = *state;
	char *id = arena_alloc(w->a, ENROLLMENT_ID_MAX + 1);
	struct op_enrollment s;
	struct enrollment *d;

	memset(id, 'y', ENROLLMENT_ID_MAX);
	id[ENROLLMENT_ID_MAX] = '\0';
	d = admin_device(w, id);
	OK(op_enrollment_show(&w->op, bytes_str(id), w->a, &s, &w->err));
	assert_int_equal(s.en->num, d->num);
	assert_in_range(strlen(op_name(s.en, w->a)), 80, 110);
}

static void test_block_and_unblock(void **state)
{
	static const enum enrollment_state before[] = {
		ENROLLMENT_AUTHENTICATED, ENROLLMENT_ENABLED, ENROLLMENT_LEFT,
		ENROLLMENT_UNMANAGED };
	struct admin_world *w = *state;
	struct op_changed ch;

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		const char *id = arena_printf(w->a, "block-%zu", i);
		struct enrollment *d = admin_device(w, id);

		d->state = before[i];
		admin_put(w, d);
		OK(op_enrollment_block(&w->op, bytes_str(id), w->a, &ch,
			&w->err));
		assert_true(ch.changed);
		assert_int_equal(ch.was, before[i]);
		assert_int_equal(admin_get(w, d->num)->state,
			ENROLLMENT_BLOCKED);
		/* Said twice, the state before is not forgotten. */
		OK(op_enrollment_block(&w->op, bytes_str(id), w->a, &ch,
			&w->err));
		assert_false(ch.changed);
		OK(op_enrollment_unblock(&w->op, bytes_str(id), w->a, &ch,
			&w->err));
		assert_true(ch.changed);
		assert_int_equal(admin_get(w, d->num)->state, before[i]);
		OK(op_enrollment_unblock(&w->op, bytes_str(id), w->a, &ch,
			&w->err));
		assert_false(ch.changed);
	}
}

static void test_block_keeps_the_queue(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "block-queue");
	struct op_changed ch;
	struct op_queue q;

	admin_enqueue(w, "block-queue", "bq-1", "ProfileList");
	OK(op_enrollment_block(&w->op, d->id.device, w->a, &ch, &w->err));
	OK(op_queue_list(&w->op, d->id.device, bytes_of(NULL, 0), 10, w->a, &q,
		&w->err));
	assert_int_equal(q.n, 1);
}

static void test_unmanage(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "unmanage");
	uint64_t users[130];	/* more than one page */
	struct op_changed ch;
	struct op_queue q;

	for (size_t i = 0; i < 130; i++)
		users[i] = admin_user(w, d, arena_printf(w->a, "U%zu", i))->num;
	admin_enqueue(w, "unmanage", "um-1", "ProfileList");
	admin_enqueue(w, "unmanage:U129", "um-1", "ProfileList");
	OK(op_enrollment_unmanage(&w->op, d->id.device, w->a, &ch, &w->err));
	assert_true(ch.changed);
	assert_int_equal(ch.cancelled, 2);
	assert_int_equal(admin_get(w, d->num)->state, ENROLLMENT_UNMANAGED);
	for (size_t i = 0; i < 130; i++)
		assert_int_equal(admin_get(w, users[i])->state,
			ENROLLMENT_DISABLED);
	OK(op_queue_list(&w->op, bytes_str("unmanage:U129"), bytes_of(NULL, 0),
		10, w->a, &q, &w->err));
	assert_int_equal(q.n, 0);
	OK(op_enrollment_unmanage(&w->op, d->id.device, w->a, &ch, &w->err));
	assert_false(ch.changed);
	OK(op_enrollment_block(&w->op, d->id.device, w->a, &ch, &w->err));
	FAILS(ERR_CONFLICT, op_enrollment_unmanage(&w->op, d->id.device, w->a,
		&ch, &w->err));
}

static void test_user_channels_are_refused(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "refused");
	struct enrollment *u = admin_user(w, d, "U");
	struct op_changed ch;

	FAILS(ERR_CONFLICT, op_enrollment_block(&w->op, bytes_str("refused:U"),
		w->a, &ch, &w->err));
	assert_non_null(strstr(w->err.msg, "name its device, refused (@"));
	FAILS(ERR_CONFLICT, op_enrollment_unblock(&w->op,
		bytes_str("refused:U"), w->a, &ch, &w->err));
	FAILS(ERR_CONFLICT, op_enrollment_unmanage(&w->op,
		bytes_str("refused:U"), w->a, &ch, &w->err));
	assert_int_equal(admin_get(w, u->num)->state, ENROLLMENT_ENABLED);
	assert_int_equal(admin_get(w, d->num)->state, ENROLLMENT_ENABLED);
}

/* ---- commands ---- */

#define PL(inner) "<plist version=\"1.0\">" inner "</plist>"
#define RT "<key>RequestType</key><string>ProfileList</string>"

static void test_bad_commands(void **state)
{
	static const struct {
		const char *body, *says;
	} rows[] = {
		{ "", "command" },
		{ "junk", "command" },
		{ "<plist><dict>", "command" },
		{ PL("<array/>"), "dict" },
		{ PL("<dict/>"), "Command" },
		{ PL("<dict><key>Command</key><string>x</string></dict>"),
			"Command" },
		{ PL("<dict><key>Command</key><dict/></dict>"), "RequestType" },
		{ PL("<dict><key>Command</key><dict><key>RequestType</key>"
			"<integer>1</integer></dict></dict>"), "RequestType" },
		{ PL("<dict><key>Command</key><dict><key>RequestType</key>"
			"<string></string></dict></dict>"), "RequestType" },
		{ PL("<dict><key>CommandUUID</key><integer>1</integer>"
			"<key>Command</key><dict>" RT "</dict></dict>"),
			"CommandUUID" },
		{ PL("<dict><key>CommandUUID</key><string></string>"
			"<key>Command</key><dict>" RT "</dict></dict>"),
			"CommandUUID" },
		{ PL("<dict><key>CommandUUID</key><string>a</string>"
			"<key>Command</key><dict>" RT "</dict></dict>") "trailing",
			"command" },
		{ "bplist00", "command" },
	};
	struct admin_world *w = *state;
	struct op_command c;
	char *uuid = arena_alloc(w->a, COMMAND_UUID_MAX + 2);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FAILS(ERR_BAD_INPUT, op_command_read(&w->op,
			bytes_str(rows[i].body), false, w->a, &c, &w->err));
		if (strstr(w->err.msg, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, w->err.msg);
	}
	memset(uuid, 'u', COMMAND_UUID_MAX + 1);
	uuid[COMMAND_UUID_MAX + 1] = '\0';
	FAILS(ERR_BAD_INPUT, op_command_read(&w->op, admin_plist(w, uuid,
		"ProfileList"), false, w->a, &c, &w->err));
	uuid[COMMAND_UUID_MAX] = '\0';
	OK(op_command_read(&w->op, admin_plist(w, uuid, "ProfileList"), false, w->a,
		&c, &w->err));
}

static void test_command_over_max_body(void **state)
{
	struct admin_world *w = *state;
	size_t n = (size_t)w->op.conf->max_body + 1;
	struct op_command c;

	FAILS(ERR_TOO_LARGE, op_command_read(&w->op,
		bytes_of(arena_zalloc(w->a, n), n), false, w->a, &c, &w->err));
}

static void test_command_is_kept_byte_for_byte(void **state)
{
	struct admin_world *w = *state;
	struct bytes in = admin_plist(w, "keep-1", "EraseDevice");
	struct op_command c;

	OK(op_command_read(&w->op, in, false, w->a, &c, &w->err));
	assert_string_equal(c.uuid, "keep-1");
	assert_string_equal(c.request_type, "EraseDevice");
	assert_false(c.uuid_made);
	assert_true(c.once);
	assert_true(bytes_eq(c.body, in));
}

/* A missing UUID is made; binary becomes XML. Both are read back. */
static void test_command_is_written_anew(void **state)
{
	struct admin_world *w = *state;
	struct op_command c, again;
	struct bytes binary;
	struct pl *root;

	OK(op_command_read(&w->op, admin_plist(w, NULL, "ProfileList"), false, w->a,
		&c, &w->err));
	assert_true(c.uuid_made);
	assert_int_equal(strlen(c.uuid), 36);
	assert_false(c.once);
	OK(op_command_read(&w->op, c.body, false, w->a, &again, &w->err));
	assert_false(again.uuid_made);
	assert_string_equal(again.uuid, c.uuid);

	OK(pl_parse(c.body, w->a, &root, &w->err));
	binary = pl_binary(root, w->a);
	assert_memory_equal(binary.p, "bplist", 6);
	OK(op_command_read(&w->op, binary, false, w->a, &again, &w->err));
	assert_false(again.uuid_made);
	assert_string_equal(again.uuid, c.uuid);
	assert_memory_equal(again.body.p, "<?xml", 5);
}

static void test_enqueue_check(void **state)
{
	struct admin_world *w = *state;
	char key[258];
	struct op_enqueue_options rows[] = {
		{ .target.not_after = w->op.now },
		{ .target.not_after = w->op.now - 1 },
		{ .target = { .not_before = w->op.now + 10,
			.not_after = w->op.now + 10 } },
		{ .target.dedupe = "" }, { .target.dedupe = "\xff" },
		{ .target.dedupe = key },
	};
	struct op_enqueue_options fine = { .target = {
		.not_before = w->op.now + 10,
		.not_after = w->op.now + 11, .dedupe = "k" } };

	memset(key, 'k', 257);
	key[257] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		FAILS(ERR_BAD_INPUT, op_enqueue_check(&w->op, &rows[i],
			&w->err));
	key[256] = '\0';
	OK(op_enqueue_check(&w->op, &rows[5], &w->err));
	OK(op_enqueue_check(&w->op, &fine, &w->err));
}

static void test_enqueue_outcomes(void **state)
{
	struct admin_world *w = *state;
	struct op_enqueue_options o = {
		.target = { .priority = 100, .dedupe = "key" } };
	struct op_target t[] = {
		{ .id = bytes_str("eq-1") }, { .id = bytes_str("nobody") },
		{ .id = bytes_str("eq-1") }, { .id = bytes_str("eq-left") },
		{ .id = bytes_str("") }, { .id = bytes_str("eq-left:U") },
	};
	struct enrollment *d = admin_device(w, "eq-1");
	struct enrollment *left = admin_device(w, "eq-left");
	struct op_command c;

	admin_user(w, left, "U");
	left->state = ENROLLMENT_LEFT;
	admin_put(w, left);
	OK(op_command_read(&w->op, admin_plist(w, "eq-a", "ProfileList"), false, w->a,
		&c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, 6, w->a), 4);
	assert_int_equal(t[0].err.kind, ERR_NONE);
	assert_int_equal(t[0].queued, STORE_QUEUED);
	assert_int_equal(t[0].num, d->num);
	assert_true(bytes_is(t[0].id_text, "eq-1"));
	assert_int_equal(t[1].err.kind, ERR_NOT_FOUND);
	assert_int_equal(t[2].queued, STORE_KNOWN);
	assert_int_equal(t[3].err.kind, ERR_CONFLICT);
	assert_non_null(strstr(t[3].err.msg, "left"));
	assert_int_equal(t[4].err.kind, ERR_BAD_INPUT);
	assert_int_equal(t[5].err.kind, ERR_CONFLICT);

	OK(op_command_read(&w->op, admin_plist(w, "eq-b", "ProfileList"), false, w->a,
		&c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, 1, w->a), 0);
	assert_int_equal(t[0].queued, STORE_DUPLICATE);

	/* The same UUID with other bytes. */
	t[0] = admin_enqueue(w, "eq-1", "eq-a", "DeviceInformation");
	assert_int_equal(t[0].err.kind, ERR_CONFLICT);
}

static void test_enqueue_stores_nothing_without_a_target(void **state)
{
	struct admin_world *w = *state;
	struct op_command_query q = { .uuid = "nobody-1", .limit = 1 };
	struct op_target t = admin_enqueue(w, "nobody", "nobody-1",
		"ProfileList");
	struct op_command_shown shown;

	assert_int_equal(t.err.kind, ERR_NOT_FOUND);
	FAILS(ERR_NOT_FOUND, op_command_show(&w->op, &q, w->a, &shown,
		&w->err));
}

#define MANY 1201	/* three transactions */
static void test_enqueue_to_many(void **state)
{
	struct admin_world *w = *state;
	struct op_target *t = arena_zalloc(w->a, MANY * sizeof(*t));
	struct op_enqueue_options o = { .target.priority = 7 };
	struct op_command_query q = { .uuid = "many-1", .limit = 1000 };
	struct op_command_shown shown;
	struct op_command c;

	for (size_t i = 0; i < MANY; i++) {
		t[i].id = bytes_str(arena_printf(w->a, "many-%zu", i));
		if (i != 600)
			admin_device(w, (const char *)t[i].id.p);
	}
	OK(op_command_read(&w->op, admin_plist(w, "many-1", "ProfileList"), false,
		w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, t, MANY, w->a), 1);
	assert_int_equal(t[600].err.kind, ERR_NOT_FOUND);
	OK(op_command_show(&w->op, &q, w->a, &shown, &w->err));
	assert_int_equal(shown.n, 1000);
	assert_int_equal(shown.list[0].target->priority, 7);
	q.after = shown.next;
	OK(op_command_show(&w->op, &q, w->a, &shown, &w->err));
	assert_int_equal(shown.n, MANY - 1 - 1000);
	assert_int_equal(shown.next, 0);
}

static void test_show_outcomes(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *good = admin_device(w, "out-good");
	struct enrollment *bad = admin_device(w, "out-bad");
	struct enrollment *odd = admin_device(w, "out-odd");
	struct op_command_query q = { .uuid = "out-1", .limit = 10 };
	struct op_command_shown s;
	struct op_result answer;
	static const char error[] = PL("<dict><key>ErrorChain</key><array><dict>"
		"<key>ErrorCode</key><integer>12</integer><key>ErrorDomain</key>"
		"<string>D</string><key>LocalizedDescription</key><string>L"
		"</string></dict></array></dict>");

	admin_device(w, "out-waits");
	admin_enqueue(w, "out-good", "out-1", "ProfileList");
	admin_enqueue(w, "out-bad", "out-1", "ProfileList");
	admin_enqueue(w, "out-odd", "out-1", "ProfileList");
	admin_enqueue(w, "out-waits", "out-1", "ProfileList");
	admin_answer(w, good->num, "out-1", TARGET_ACKNOWLEDGED, "the result");
	admin_answer(w, bad->num, "out-1", TARGET_ERROR, error);
	admin_answer(w, odd->num, "out-1", TARGET_FORMAT_ERROR, "no plist");
	OK(op_command_show(&w->op, &q, w->a, &s, &w->err));
	assert_int_equal(s.n, 4);
	assert_string_equal(s.command->request_type, "ProfileList");
	assert_int_equal(s.list[0].target->state, TARGET_ACKNOWLEDGED);
	assert_int_equal(s.list[0].result_size, strlen("the result"));
	assert_null(s.list[0].error);
	assert_true(bytes_is(s.list[0].id_text, "out-good"));
	assert_string_equal(s.list[1].error, "D 12: L");
	assert_int_equal(s.list[2].target->state, TARGET_FORMAT_ERROR);
	assert_null(s.list[2].error);
	assert_int_equal(s.list[3].target->state, TARGET_READY);
	assert_int_equal(s.list[3].result_size, 0);

	OK(op_command_result(&w->op, "out-1", bytes_str("out-good"), w->a, &answer,
		&w->err));
	assert_true(bytes_is(answer.raw, "the result"));
	FAILS(ERR_NOT_FOUND, op_command_result(&w->op, "out-1",
		bytes_str("out-waits"), w->a, &answer, &w->err));
	FAILS(ERR_NOT_FOUND, op_command_result(&w->op, "out-2",
		bytes_str("out-good"), w->a, &answer, &w->err));
	FAILS(ERR_NOT_FOUND, op_command_result(&w->op, "out-1",
		bytes_str("nobody"), w->a, &answer, &w->err));
}

/* ---- queues ---- */

static void test_queue_pages_and_clear(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "queue"), *en;
	struct op_queue page = { .next = { NULL, 0 } };
	size_t seen = 0, n;

	for (int i = 0; i < 7; i++)
		admin_enqueue(w, "queue", arena_printf(w->a, "q-%d", i),
			"ProfileList");
	do {
		OK(op_queue_list(&w->op, d->id.device, page.next, 3, w->a,
			&page, &w->err));
		for (size_t i = 0; i < page.n; i++, seen++)
			assert_string_equal(page.list[i]->uuid,
				arena_printf(w->a, "q-%zu", seen));
	} while (page.next.p != NULL);
	assert_int_equal(seen, 7);
	FAILS(ERR_BAD_INPUT, op_queue_list(&w->op, d->id.device, page.next, 0,
		w->a, &page, &w->err));
	OK(op_queue_clear(&w->op, d->id.device, w->a, &en, &n, &w->err));
	assert_int_equal(n, 7);
	assert_int_equal(en->num, d->num);
	OK(op_queue_clear(&w->op, d->id.device, w->a, &en, &n, &w->err));
	assert_int_equal(n, 0);
	FAILS(ERR_NOT_FOUND, op_queue_clear(&w->op, bytes_str("nobody"), w->a,
		&en, &n, &w->err));
}

static void test_requeue(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "requeue"), *en;

	admin_enqueue(w, "requeue", "rq-1", "ProfileList");
	FAILS(ERR_CONFLICT, op_queue_requeue(&w->op, d->id.device, "rq-1",
		w->a, &en, NULL, &w->err));
	FAILS(ERR_NOT_FOUND, op_queue_requeue(&w->op, d->id.device, "rq-2",
		w->a, &en, NULL, &w->err));
	admin_answer(w, d->num, "rq-1", TARGET_ACKNOWLEDGED, "x");
	OK(op_queue_requeue(&w->op, d->id.device, "rq-1", w->a, &en, NULL, &w->err));
	admin_answer(w, d->num, "rq-1", TARGET_ACKNOWLEDGED, "y");
	d->state = ENROLLMENT_UNMANAGED;
	admin_put(w, d);
	FAILS(ERR_CONFLICT, op_queue_requeue(&w->op, d->id.device, "rq-1",
		w->a, &en, NULL, &w->err));
}

/* ---- allowlist, guard, store ---- */

static void test_allow(void **state)
{
	struct admin_world *w = *state;
	struct op_allow two[] = { { STORE_ALLOW_SERIAL, bytes_str("S1"), false },
		{ STORE_ALLOW_UDID, bytes_str("S1"), false } };
	struct op_allow bad[] = { { STORE_ALLOW_SERIAL, bytes_str("S2"), false },
		{ STORE_ALLOW_SERIAL, bytes_str(""), false } };
	struct op_allow utf8 = { STORE_ALLOW_UDID, bytes_str("\xff"), false };
	struct op_allow nul = { STORE_ALLOW_UDID, bytes_of("a\0b", 3), false };
	struct op_allowed page = { .next = { NULL, 0 } };
	size_t seen = 0;

	OK(op_allow_add(&w->op, two, 2, &w->err));
	assert_true(two[0].changed && two[1].changed);
	OK(op_allow_add(&w->op, two, 1, &w->err));
	assert_false(two[0].changed);
	FAILS(ERR_BAD_INPUT, op_allow_add(&w->op, bad, 2, &w->err));
	FAILS(ERR_BAD_INPUT, op_allow_add(&w->op, &utf8, 1, &w->err));
	FAILS(ERR_BAD_INPUT, op_allow_add(&w->op, &nul, 1, &w->err));
	do {
		OK(op_allow_list(&w->op, page.next, 1, w->a, &page, &w->err));
		seen += page.n;
	} while (page.next.p != NULL);
	assert_int_equal(seen, 2);	/* not S2: all or none */
	OK(op_allow_remove(&w->op, two, 2, &w->err));
	assert_true(two[0].changed && two[1].changed);
	OK(op_allow_remove(&w->op, two, 2, &w->err));
	assert_false(two[0].changed || two[1].changed);
}

static int arm_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct op *op = arg;

	return store_guard_arm(tx, op->now + 60, "a test", e);
}

static void test_guard(void **state)
{
	struct admin_world *w = *state;
	struct op_guard g;

	admin_device(w, "guard");	/* else the store may be empty */
	OK(op_guard_release(&w->op, w->a, &g, &w->err));
	OK(op_guard_show(&w->op, w->a, &g, &w->err));
	assert_false(g.armed || g.closed);
	assert_int_equal(g.limit, 10);
	OK(store_write(w->op.store, arm_tx, &w->op, &w->err));
	OK(op_guard_show(&w->op, w->a, &g, &w->err));
	assert_true(g.armed && g.closed);
	assert_string_equal(g.guard.why, "a test");
	OK(op_guard_release(&w->op, w->a, &g, &w->err));
	assert_true(g.armed);	/* as it was */
	OK(op_guard_show(&w->op, w->a, &g, &w->err));
	assert_false(g.armed || g.closed);
}

static void test_backup(void **state)
{
	struct admin_world *w = *state;
	const char *path = arena_printf(w->a, "%s/copy", w->dir), *kept;
	struct store_copying c = { .progress = NULL };
	unsigned from, to;

	OK(op_backup(&w->op, path, &c, &w->err));
	assert_true(c.copied > 0);
	FAILS(ERR_CONFLICT, op_backup(&w->op, path, &c, &w->err));
	/* Not while it is open. */
	FAILS(ERR_CONFLICT, op_restore(&w->op, path, NULL, NULL, w->a, &kept,
		&w->err));
	FAILS(ERR_CONFLICT, op_store_migrate(&w->op, w->a, &from, &to,
		&w->err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_list_pages), EACH(test_show), EACH(test_unknown_ids),
		EACH(test_id_of_4096_bytes), EACH(test_block_and_unblock),
		EACH(test_block_keeps_the_queue), EACH(test_unmanage),
		EACH(test_user_channels_are_refused), EACH(test_bad_commands),
		EACH(test_command_over_max_body),
		EACH(test_command_is_kept_byte_for_byte),
		EACH(test_command_is_written_anew), EACH(test_enqueue_check),
		EACH(test_enqueue_outcomes),
		EACH(test_enqueue_stores_nothing_without_a_target),
		EACH(test_enqueue_to_many), EACH(test_show_outcomes),
		EACH(test_queue_pages_and_clear), EACH(test_requeue),
		EACH(test_allow), EACH(test_guard), EACH(test_backup),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
