/* Commands as an operator gives them: checked, as JSON, one lock at a time;
 * and one of them taken out of a queue. */
#include "admin_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_audit.h"
#include "admin/op_command.h"
#include "admin/op_enqueue.h"
#include "admin/op_inventory.h"
#include "admin/op_queue.h"
#include "admin/op_remove.h"
#include "codec/pl_json.h"
#include "store/store_admin.h"

static struct json *json_of(struct admin_world *w, const char *text)
{
	struct json *j;

	if (json_parse(bytes_str(text), w->a, &j, &w->err) < 0)
		fail_msg("%s: %s", w->err.msg, text);
	return j;
}

static void test_checked(void **state)
{
	struct admin_world *w = *state;
	struct bytes lock = admin_plist(w, "ck-1", "InstallProfile");
	struct op_command c;

	FAILS(ERR_BAD_INPUT, op_command_read(&w->op, lock, false, w->a, &c,
		&w->err));
	assert_string_equal(w->err.msg, "command: Command: Payload: missing");
	OK(op_command_read(&w->op, lock, true, w->a, &c, &w->err));
	assert_null(c.warning);
	OK(op_command_read(&w->op, admin_plist(w, "ck-2", "NewCommand"), false,
		w->a, &c, &w->err));
	assert_string_equal(c.warning,
		"RequestType NewCommand is not in Apple's schema");
	OK(op_command_read(&w->op, admin_plist(w, "ck-3", "NewCommand"), true,
		w->a, &c, &w->err));
	assert_null(c.warning);
}

static void test_json(void **state)
{
	struct admin_world *w = *state;
	struct json *in = json_of(w, "{\"RequestType\":\"InstallProfile\","
		"\"Payload\":{\"$data\":\"AAEC\"}}");
	const struct pl *command;
	struct op_command c;
	struct bytes d;
	struct pl *root;

	OK(op_command_json(&w->op, in, "js-1", false, w->a, &c, &w->err));
	assert_string_equal(c.uuid, "js-1");
	assert_string_equal(c.request_type, "InstallProfile");
	assert_false(c.uuid_made);
	OK(pl_parse(c.body, w->a, &root, &w->err));
	assert_string_equal(pl_as_str(pl_dict_get(root, "CommandUUID")), "js-1");
	command = pl_dict_get(root, "Command");
	assert_true(pl_as_data(pl_dict_get(command, "Payload"), w->a, &d));
	assert_true(bytes_eq(d, bytes_of("\0\1\2", 3)));

	OK(op_command_json(&w->op, in, NULL, false, w->a, &c, &w->err));
	assert_true(c.uuid_made);
	OK(op_command_json(&w->op, json_of(w, "{\"CommandUUID\":\"js-2\","
		"\"Command\":{\"RequestType\":\"ProfileList\"}}"), NULL, false,
		w->a, &c, &w->err));
	assert_string_equal(c.uuid, "js-2");
	assert_string_equal(c.request_type, "ProfileList");
}

static void test_json_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "[]", "command: a JSON object is needed" },
		{ "\"x\"", "command: a JSON object is needed" },
		{ "{}", "command: Command: RequestType: missing" },
		{ "{\"RequestType\":null}",
			"command: RequestType: null: a property list has no such value" },
		{ "{\"RequestType\":\"InstallProfile\",\"Payload\":\"AA==\"}",
			"command: Command: Payload: expected data, got string" },
		{ "{\"Command\":{\"RequestType\":\"InstallProfile\","
			"\"Payload\":{\"$data\":\"A\"}}}",
			"command: Command.Payload.$data: not base64" },
		{ "{\"Command\":1}", "command: Command: expected dict, got integer" },
		{ "{\"CommandUUID\":1,\"Command\":{\"RequestType\":\"ProfileList\"}}",
			"command: CommandUUID: expected string, got integer" },
	};
	struct admin_world *w = *state;
	struct op_command c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FAILS(ERR_BAD_INPUT, op_command_json(&w->op,
			json_of(w, rows[i][0]), NULL, false, w->a, &c, &w->err));
		assert_string_equal(w->err.msg, rows[i][1]);
	}
}

/* What becomes of one more for this device. */
static struct op_target add(struct admin_world *w, const char *id,
	const char *uuid, const char *request_type, bool force)
{
	struct op_enqueue_options o = { .force = force,
		.target.priority = COMMAND_PRIORITY_DEFAULT };
	struct op_target t = { .id = bytes_str(id) };
	struct op_command c;

	if (op_command_read(&w->op, admin_plist(w, uuid, request_type), true,
		w->a, &c, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	op_enqueue(&w->op, &c, &o, &t, 1, w->a);
	return t;
}

#define ADDS(id, uuid, type, force, outcome) do { \
	struct op_target t_ = add(w, id, uuid, type, force); \
	if (t_.err.kind != ERR_NONE) \
		fail_msg("%s", t_.err.msg); \
	assert_int_equal(t_.queued, outcome); \
} while (0)
#define REFUSES(id, uuid, type, says) do { \
	struct op_target t_ = add(w, id, uuid, type, false); \
	assert_int_equal(t_.err.kind, ERR_CONFLICT); \
	assert_string_equal(t_.err.msg, says); \
} while (0)

static void test_single(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "single"), *en;
	size_t n;

	admin_device(w, "single-2");
	ADDS("single", "l1", "DeviceLock", false, STORE_QUEUED);
	ADDS("single", "l1", "DeviceLock", false, STORE_KNOWN);
	REFUSES("single", "l2", "DeviceLock", "DeviceLock l1 is pending: "
		"cancel it, or force a second one");
	/* Others are not concerned. */
	ADDS("single", "e1", "EraseDevice", false, STORE_QUEUED);
	ADDS("single", "p1", "ProfileList", false, STORE_QUEUED);
	ADDS("single", "p2", "ProfileList", false, STORE_QUEUED);
	ADDS("single-2", "l3", "DeviceLock", false, STORE_QUEUED);
	ADDS("single", "l2", "DeviceLock", true, STORE_QUEUED);
	REFUSES("single", "l4", "DeviceLock", "DeviceLock l2 is pending: "
		"cancel it, or force a second one");
	/* The first again: known, as ever. */
	ADDS("single", "l1", "DeviceLock", false, STORE_KNOWN);
	admin_answer(w, d->num, "l2", TARGET_ERROR, "raw");
	ADDS("single", "l4", "DeviceLock", false, STORE_QUEUED);
	OK(op_queue_clear(&w->op, bytes_str("single"), w->a, &en, &n, &w->err));
	ADDS("single", "l5", "DeviceLock", false, STORE_QUEUED);
	/* A cancelled one is queued anew, but not beside another. */
	REFUSES("single", "l4", "DeviceLock", "DeviceLock l5 is pending: "
		"cancel it, or force a second one");
}

static int sent_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct enrollment *en = arg;
	bool moved;

	return store_target_sent(tx, en->num, "s1", 5, &moved, e);
}

static void test_single_sent(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "sent"), *en;

	ADDS("sent", "s1", "EraseDevice", false, STORE_QUEUED);
	OK(store_write(w->op.store, sent_tx, d, &w->err));
	REFUSES("sent", "s2", "EraseDevice", "EraseDevice s1 was sent and is not "
		"answered: queue that one again, or force a second one");
	OK(op_queue_requeue(&w->op, bytes_str("sent"), "s1", w->a, &en, NULL, &w->err));
	OK(store_write(w->op.store, sent_tx, d, &w->err));
	/* It was erased, and enrolls anew. */
	en = admin_get(w, d->num);
	en->generation++;
	admin_put(w, en);
	ADDS("sent", "s2", "EraseDevice", false, STORE_QUEUED);
	FAILS(ERR_CONFLICT, op_queue_requeue(&w->op, bytes_str("sent"), "s1",
		w->a, &en, NULL, &w->err));
	admin_answer(w, d->num, "s2", TARGET_ACKNOWLEDGED, "raw");
	ADDS("sent", "s3", "EraseDevice", false, STORE_QUEUED);
}

static void test_single_expired(void **state)
{
	struct admin_world *w = *state;
	struct op_enqueue_options o = { .target.not_after = w->op.now + 10 };
	struct op_target t = { .id = bytes_str("late") };
	struct op_command c;

	admin_device(w, "late");
	OK(op_command_read(&w->op, admin_plist(w, "x1", "DeviceLock"), false,
		w->a, &c, &w->err));
	assert_int_equal(op_enqueue(&w->op, &c, &o, &t, 1, w->a), 0);
	REFUSES("late", "x2", "DeviceLock", "DeviceLock x1 is pending: "
		"cancel it, or force a second one");
	w->op.now += 11;
	ADDS("late", "x2", "DeviceLock", false, STORE_QUEUED);
	w->op.now -= 11;
}

static void test_remove(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "rm"), *en;
	struct op_queue q;

	ADDS("rm", "r1", "ProfileList", false, STORE_QUEUED);
	ADDS("rm", "r2", "ProfileList", false, STORE_QUEUED);
	ADDS("rm", "r3", "ProfileList", false, STORE_QUEUED);
	admin_answer(w, d->num, "r3", TARGET_ACKNOWLEDGED, "raw");
	OK(op_queue_remove(&w->op, bytes_str("rm"), "r1", w->a, &en, &w->err));
	assert_int_equal(en->num, d->num);
	FAILS(ERR_CONFLICT, op_queue_remove(&w->op, bytes_str("rm"), "r1", w->a,
		&en, &w->err));
	assert_string_equal(w->err.msg, "command r1 is not queued: cancelled");
	FAILS(ERR_CONFLICT, op_queue_remove(&w->op, bytes_str("rm"), "r3", w->a,
		&en, &w->err));
	FAILS(ERR_NOT_FOUND, op_queue_remove(&w->op, bytes_str("rm"), "none",
		w->a, &en, &w->err));
	FAILS(ERR_NOT_FOUND, op_queue_remove(&w->op, bytes_str("nobody"), "r2",
		w->a, &en, &w->err));
	OK(op_queue_list(&w->op, bytes_str("rm"), bytes_of(NULL, 0), 9, w->a, &q,
		&w->err));
	assert_int_equal(q.n, 1);
	assert_string_equal(q.list[0]->uuid, "r2");
}

/* All pages of a list, joined by blanks. */
static const char *listed(struct admin_world *w, const char *id,
	enum op_commands_which which, size_t limit)
{
	struct op_commands_query q = { .id = bytes_str(id), .which = which,
		.limit = limit };
	const char *all = "";
	struct op_commands page;

	do {
		OK(op_command_list(&w->op, &q, w->a, &page, &w->err));
		assert_true(page.n <= limit);
		for (size_t i = 0; i < page.n; i++)
			all = arena_printf(w->a, "%s %s", all,
				page.list[i]->uuid);
		q.cursor = page.next;
	} while (page.next.p != NULL);
	return all;
}

static void test_list(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "ls");
	struct op_commands_query q = { .id = bytes_str("ls") };
	struct op_commands page;

	assert_string_equal(listed(w, "ls", OP_COMMANDS_ALL, 1), "");
	ADDS("ls", "c1", "ProfileList", false, STORE_QUEUED);
	ADDS("ls", "c2", "ProfileList", false, STORE_QUEUED);
	ADDS("ls", "c3", "ProfileList", false, STORE_QUEUED);
	ADDS("ls", "c4", "ProfileList", false, STORE_QUEUED);
	admin_answer(w, d->num, "c1", TARGET_ACKNOWLEDGED, "raw");
	admin_answer(w, d->num, "c3", TARGET_ERROR, "raw");
	for (size_t limit = 1; limit <= 5; limit++) {
		assert_string_equal(listed(w, "ls", OP_COMMANDS_ALL, limit),
			" c2 c4 c3 c1");
		assert_string_equal(listed(w, "ls", OP_COMMANDS_QUEUED, limit),
			" c2 c4");
		assert_string_equal(listed(w, "ls", OP_COMMANDS_FINISHED, limit),
			" c3 c1");
	}
	FAILS(ERR_BAD_INPUT, op_command_list(&w->op, &q, w->a, &page, &w->err));
	q.limit = 1;
	q.cursor = bytes_of("x", 1);
	FAILS(ERR_BAD_INPUT, op_command_list(&w->op, &q, w->a, &page, &w->err));
	q.cursor = bytes_of("q", 1);
	q.which = OP_COMMANDS_FINISHED;
	FAILS(ERR_BAD_INPUT, op_command_list(&w->op, &q, w->a, &page, &w->err));
	q.cursor = bytes_of("f", 1);
	q.which = OP_COMMANDS_QUEUED;
	FAILS(ERR_BAD_INPUT, op_command_list(&w->op, &q, w->a, &page, &w->err));
	q.id = bytes_str("nobody");
	q.which = OP_COMMANDS_ALL;
	FAILS(ERR_NOT_FOUND, op_command_list(&w->op, &q, w->a, &page, &w->err));
}

/* ---- inventory ---- */

struct keeping {
	uint64_t num;
	enum inventory_kind kind;
	const char *plist;
};

static int keep_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct keeping *k = arg;

	return store_inventory_put(tx, k->num, k->kind, 77,
		bytes_str(k->plist), e);
}

static void keep(struct admin_world *w, uint64_t num, enum inventory_kind kind,
	const char *plist)
{
	struct keeping k = { num, kind, plist };

	OK(store_write(w->op.store, keep_tx, &k, &w->err));
}

static void test_inventory(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "inv");
	struct op_inventory_query q = { .id = bytes_str("inv") };
	struct op_inventory inv;
	const struct pl *v;

	OK(op_inventory(&w->op, &q, w->a, &inv, &w->err));
	assert_int_equal(inv.en->num, d->num);
	for (size_t k = 1; k <= INVENTORY_KINDS; k++)
		assert_true(inv.of[k].at == 0 && inv.of[k].value == NULL);
	keep(w, d->num, INVENTORY_SECURITY, "<plist><dict><key>FDE_Enabled</key>"
		"<true/><key>FDE_PersonalRecoveryKeyCMS</key><data>AA==</data>"
		"<key>FDE_PersonalRecoveryKeyDeviceKey</key><string>k</string>"
		"</dict></plist>");
	keep(w, d->num, INVENTORY_DEVICE, "<plist><dict><key>PushToken</key>"
		"<data>AA==</data></dict></plist>");
	keep(w, d->num, INVENTORY_PROFILES, "<plist><array/></plist>");

	OK(op_inventory(&w->op, &q, w->a, &inv, &w->err));
	v = inv.of[INVENTORY_SECURITY].value;
	assert_true(inv.of[INVENTORY_SECURITY].at == 77);
	assert_non_null(pl_dict_get(v, "FDE_Enabled"));
	assert_null(pl_dict_get(v, "FDE_PersonalRecoveryKeyCMS"));
	assert_null(pl_dict_get(v, "FDE_PersonalRecoveryKeyDeviceKey"));
	assert_null(pl_dict_get(inv.of[INVENTORY_DEVICE].value, "PushToken"));
	assert_int_equal(pl_type(inv.of[INVENTORY_PROFILES].value), PL_ARRAY);

	q.secrets = true;
	q.only = INVENTORY_SECURITY;
	OK(op_inventory(&w->op, &q, w->a, &inv, &w->err));
	assert_non_null(pl_dict_get(inv.of[INVENTORY_SECURITY].value,
		"FDE_PersonalRecoveryKeyCMS"));
	assert_null(inv.of[INVENTORY_DEVICE].value);
	q.only = INVENTORY_CERTIFICATES;
	FAILS(ERR_NOT_FOUND, op_inventory(&w->op, &q, w->a, &inv, &w->err));
	q.id = bytes_str("nobody");
	FAILS(ERR_NOT_FOUND, op_inventory(&w->op, &q, w->a, &inv, &w->err));
}

/* ---- removal of the enrollment profile ---- */

struct profiles {
	uint64_t num;
	const char *list;
};

static int profiles_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct profiles *p = arg;

	return store_inventory_put(tx, p->num, INVENTORY_PROFILES, 1,
		bytes_str(p->list), e);
}

static int removed_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct op_removing *r = arg;
	struct target *t;
	struct arena *a = arena_new();
	struct command *c;
	int rc = store_command_get(tx, r->command.uuid, a, &c, e) < 0 ||
		store_target_get(tx, r->target.num, r->command.uuid, a, &t,
			e) < 0 ? -1 : 0;

	if (rc == 0) {
		assert_true(c->once);
		assert_true(bytes_eq(c->body, r->command.body));
		assert_int_equal(t->state, TARGET_READY);
	}
	arena_free(a);
	return rc;
}

#define PROFILE(id, type) "<dict><key>PayloadIdentifier</key><string>" id \
	"</string><key>PayloadContent</key><array><dict><key>PayloadType</key>" \
	"<string>com.apple.wifi</string></dict><dict><key>PayloadType</key>" \
	"<string>" type "</string></dict></array></dict>"
#define LIST(profiles) "<plist version=\"1.0\"><array>" profiles \
	"</array></plist>"

static const char *identifier_of(struct admin_world *w,
	const struct op_removing *r)
{
	struct pl *root;

	OK(pl_parse(r->command.body, w->a, &root, &w->err));
	return pl_as_str(pl_dict_get(pl_dict_get(root, "Command"),
		"Identifier"));
}

static void test_removal(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "goes");
	struct profiles p = { d->num, LIST("<string>x</string><dict/>"
		PROFILE("other", "com.apple.vpn.managed")
		PROFILE("org.example.enroll", "com.apple.mdm")) };
	struct op_audit_page log;
	struct op_removing r;

	OK(store_write(w->op.store, profiles_tx, &p, &w->err));
	OK(op_enrollment_remove(&w->op, d->id.device, NULL, false, w->a, &r,
		&w->err));
	assert_string_equal(r.identifier, "org.example.enroll");
	assert_string_equal(identifier_of(w, &r), "org.example.enroll");
	assert_string_equal(r.command.request_type, "RemoveProfile");
	assert_int_equal(r.target.queued, STORE_QUEUED);
	assert_null(r.target.push);
	OK(store_read(w->op.store, removed_tx, &r, &w->err));
	OK(op_audit_list(&w->op, &(struct op_audit_query){ .limit = 1 }, w->a,
		&log, &w->err));
	assert_string_equal(log.list[0]->op, "enrollments.remove");
	assert_string_equal(log.list[0]->target, r.command.uuid);
	/* One at a time. */
	OK(op_enrollment_remove(&w->op, d->id.device, "by.hand", false, w->a,
		&r, &w->err));
	assert_int_equal(r.target.queued, STORE_DUPLICATE);
	assert_string_equal(r.identifier, "by.hand");
}

static void test_removal_refused(void **state)
{
	static const char *const lists[] = { LIST(""), LIST("<dict/>"),
		LIST(PROFILE("a", "com.apple.mdmx")),
		"<plist version=\"1.0\"><dict/></plist>",
		LIST("<dict><key>PayloadContent</key><array><dict><key>PayloadType"
			"</key><string>com.apple.mdm</string></dict></array></dict>") };
	static const char *const bad[] = { "", "\xff\xfe" };
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "stays");
	struct enrollment *u = admin_user(w, d, "U");
	struct op_removing r;

	FAILS(ERR_CONFLICT, op_enrollment_remove(&w->op, d->id.device, NULL,
		true, w->a, &r, &w->err));
	assert_non_null(strstr(w->err.msg, "has not answered a ProfileList"));
	assert_non_null(strstr(w->err.msg, "give the identifier"));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct profiles p = { d->num, lists[i] };

		OK(store_write(w->op.store, profiles_tx, &p, &w->err));
		FAILS(ERR_CONFLICT, op_enrollment_remove(&w->op, d->id.device,
			NULL, true, w->a, &r, &w->err));
		assert_non_null(strstr(w->err.msg, "no profile"));
	}
	for (size_t i = 0; i < 2; i++)
		FAILS(ERR_BAD_INPUT, op_enrollment_remove(&w->op, d->id.device,
			bad[i], true, w->a, &r, &w->err));
	FAILS(ERR_CONFLICT, op_enrollment_remove(&w->op,
		bytes_str("stays:U"), "x", true, w->a, &r, &w->err));
	assert_non_null(strstr(w->err.msg, "name its device"));
	assert_int_not_equal(u->num, 0);
	FAILS(ERR_NOT_FOUND, op_enrollment_remove(&w->op, bytes_str("nobody"),
		NULL, true, w->a, &r, &w->err));
	d = admin_get(w, d->num);
	d->state = ENROLLMENT_LEFT;
	admin_put(w, d);
	FAILS(ERR_CONFLICT, op_enrollment_remove(&w->op, d->id.device, "x",
		true, w->a, &r, &w->err));
	assert_non_null(strstr(w->err.msg, "left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_checked),
		EACH(test_json),
		EACH(test_json_refused),
		EACH(test_single),
		EACH(test_single_sent),
		EACH(test_single_expired),
		EACH(test_remove),
		EACH(test_list),
		EACH(test_inventory),
		EACH(test_removal),
		EACH(test_removal_refused),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
