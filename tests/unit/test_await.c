/* Commands for who enrolls, and devices that wait in Setup Assistant, on a
 * real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "mdm/await.h"
#include "mdm/first_commands.h"
#include "mdm/own_command.h"
#include "mdm_world.h"
#include "store/store_push.h"

#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define AUTH(udid) S("MessageType", "Authenticate") S("Topic", "t") S("UDID", udid)
#define TOKEN(udid) S("MessageType", "TokenUpdate") S("Topic", "t") \
	S("UDID", udid) S("PushMagic", "m") "<key>Token</key><data>AA==</data>"
#define AWAITING "<key>AwaitingConfiguration</key><true/>"
#define OUT(udid) S("MessageType", "CheckOut") S("Topic", "t") S("UDID", udid)
#define PLIST(s) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" \
	"<plist version=\"1.0\">" s "</plist>"
#define ACK "Acknowledged"

static struct answer checkin(struct world *w, const char *dict)
{
	struct answer out;

	if (world_checkin(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	if (out.kind != ANSWER_EMPTY)
		fail_msg("answer %d: %s", (int)out.kind, out.reason);
	return out;
}

static void write_file(struct world *w, const char *name, const char *text)
{
	const char *path = file_path(w->arena, w->conf.first_commands, name);

	if (file_write(path, bytes_str(text), 0600, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static int setup(void **state)
{
	struct world *w;

	if (world_setup(state) != 0)
		return -1;
	w = *state;
	w->conf.first_commands = arena_printf(w->arena, "%s/first", w->dir);
	w->conf.await_device_configured = true;
	w->conf.await_limit = 15;
	return mkdir(w->conf.first_commands, 0700);
}

static const char *configured(struct world *w)
{
	struct command c;

	own_command_plain("DeviceConfigured", w->now, w->arena, &c);
	return c.uuid;
}

/* The RequestType handed out, or NULL; its CommandUUID in *uuid. */
static const char *next(struct world *w, const char *status, const char **uuid)
{
	struct answer out;
	int rc = world_result(w, &out, S("UDID", "A") "<key>Status</key>"
		"<string>%s</string>%s%s%s", status,
		*uuid != NULL ? "<key>CommandUUID</key><string>" : "",
		*uuid != NULL ? *uuid : "", *uuid != NULL ? "</string>" : "");

	if (rc < 0)
		fail_msg("%s", w->err.msg);
	*uuid = out.kind == ANSWER_COMMAND ? out.command_uuid : NULL;
	return out.kind == ANSWER_COMMAND ? out.request_type : NULL;
}

static void expect(struct world *w, const char *status, const char **uuid,
	const char *type)
{
	const char *got = next(w, status, uuid);

	if (!str_eq(got, type))
		fail_msg("after %s: %s, expected %s", status,
			got != NULL ? got : "nothing", type != NULL ? type : "nothing");
}

/* ---- the folder ---- */

static void two_commands(struct world *w)
{
	write_file(w, "20-info.plist", PLIST("<dict>"
		S("RequestType", "DeviceInformation")
		"<key>Queries</key><array/></dict>"));
	write_file(w, "10-list.plist", PLIST("<dict>" S("CommandUUID", "mine")
		"<key>Command</key><dict>" S("RequestType", "ProfileList")
		"</dict></dict>"));
}

static void test_load(void **state)
{
	struct world *w = *state;
	struct first_commands f, again;
	char *path = file_path(w->arena, w->conf.first_commands, "50.plist");

	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	assert_int_equal(f.n, 0);
	two_commands(w);
	write_file(w, "00-not.txt", "nothing");
	write_file(w, ".30.plist", PLIST("<dict/>"));
	/* left out, and nothing else suffers */
	write_file(w, "01.plist", "no property list");
	write_file(w, "02.plist", PLIST("<dict/>"));
	write_file(w, "03.plist", PLIST("<array/>"));
	write_file(w, "04.plist", PLIST("<dict><key>Command</key><dict/></dict>"));
	write_file(w, "05.plist", PLIST("<dict><key>Command</key>"
		"<string>x</string></dict>"));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink("nowhere", file_path(w->arena,
		w->conf.first_commands, "51.plist")), 0);
	assert_int_equal(mkfifo(file_path(w->arena, w->conf.first_commands,
		"52.plist"), 0600), 0);
	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.list[0].request_type, "ProfileList");
	assert_string_equal(f.list[1].request_type, "DeviceInformation");
	assert_string_not_equal(f.list[0].uuid, "mine");
	assert_non_null(strstr((const char *)f.list[0].body.p, f.list[0].uuid));
	assert_null(strstr((const char *)f.list[0].body.p, "mine"));

	/* The same content is the same command, at any time; other content is
	 * another. */
	first_commands_load(w->conf.first_commands, w->now + 9, w->arena, &again);
	assert_string_equal(f.list[0].uuid, again.list[0].uuid);
	assert_true(bytes_eq(f.list[0].body, again.list[0].body));
	write_file(w, "10-list.plist", PLIST("<dict>"
		S("RequestType", "SecurityInfo") "</dict>"));
	first_commands_load(w->conf.first_commands, w->now, w->arena, &again);
	assert_string_not_equal(f.list[0].uuid, again.list[0].uuid);
	assert_string_equal(f.list[1].uuid, again.list[1].uuid);

	first_commands_load("/nowhere/at/all", w->now, w->arena, &f);
	assert_int_equal(f.n, 0);
	first_commands_load("", w->now, w->arena, &f);
	assert_int_equal(f.n, 0);
}

static void test_load_is_bounded(void **state)
{
	struct world *w = *state;
	size_t n = FIRST_COMMANDS_BYTES + 1;
	char *big = arena_alloc(w->arena, n + 1), name[32];
	struct first_commands f;

	for (int i = 0; i < FIRST_COMMANDS_MAX + 20; i++) {
		snprintf(name, sizeof(name), "%03d.plist", i);
		write_file(w, name, arena_printf(w->arena, PLIST("<dict>"
			"<key>RequestType</key><string>T%d</string></dict>"), i));
	}
	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	assert_int_equal(f.n, FIRST_COMMANDS_MAX);
	for (size_t i = 0; i < f.n; i++)
		assert_string_equal(f.list[i].request_type,
			arena_printf(w->arena, "T%zu", i));
	memset(big, ' ', n);
	big[n] = '\0';
	memcpy(big, PLIST("<dict>" S("RequestType", "Big") "</dict>"),
		strlen(PLIST("<dict>" S("RequestType", "Big") "</dict>")));
	write_file(w, "000.plist", big);
	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	assert_string_equal(f.list[0].request_type, "T1");
	big[n - 1] = '\0';
	write_file(w, "000.plist", big);
	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	assert_string_equal(f.list[0].request_type, "Big");
}

/* ---- enrolling ---- */

struct push_look {
	struct world *w;
	uint64_t num;
	struct push_job *job;
	size_t limit, n;
};

static int push_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct push_look *p = arg;

	return store_push_job_get(tx, p->num, p->w->arena, &p->job, e);
}

static bool is_pushed(struct world *w, const char *id)
{
	struct push_look p = { .w = w, .num = world_get(w, id)->num };

	assert_int_equal(store_read(w->st, push_tx, &p, &w->err), 0);
	return p.job != NULL;
}

static void test_every_device_gets_them(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	two_commands(w);
	checkin(w, AUTH("A"));
	assert_true(checkin(w, TOKEN("A")).events);
	assert_true(is_pushed(w, "A"));
	assert_false(world_get(w, "A")->awaiting_configuration);
	assert_int_equal(world_get(w, "A")->await_until, 0);
	/* a user's channel has none */
	assert_false(checkin(w, TOKEN("A") S("UserID", "G")).events);
	expect(w, "Idle", &uuid, "ProfileList");
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, NULL);
	/* not again with the next token */
	checkin(w, TOKEN("A"));
	expect(w, "Idle", &uuid, NULL);
	/* but in the next generation, and after a restore */
	checkin(w, AUTH("A"));
	checkin(w, TOKEN("A"));
	expect(w, "Idle", &uuid, "ProfileList");
	checkin(w, OUT("A"));
	checkin(w, TOKEN("A"));
	uuid = NULL;
	expect(w, "Idle", &uuid, "ProfileList");
}

static void test_no_folder(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	w->conf.first_commands = "/nowhere/at/all";
	checkin(w, AUTH("A"));
	assert_false(checkin(w, TOKEN("A")).events);
	expect(w, "Idle", &uuid, NULL);
}

/* Somebody queued another body by that CommandUUID: enrolling goes on. */
static void test_uuid_is_taken(void **state)
{
	struct world *w = *state;
	struct first_commands f;
	const char *uuid = NULL;

	two_commands(w);
	first_commands_load(w->conf.first_commands, w->now, w->arena, &f);
	world_cert(w, 2);
	w->conf.first_commands = "";
	world_enroll(w, "B");
	world_enqueue(w, "B", f.list[0].uuid, "ProfileList", NULL);
	w->conf.first_commands = arena_printf(w->arena, "%s/first", w->dir);
	world_cert(w, 1);
	checkin(w, AUTH("A"));
	checkin(w, TOKEN("A"));
	expect(w, "Idle", &uuid, "DeviceInformation");
}

/* ---- Setup Assistant ---- */

static void enroll_awaiting(struct world *w)
{
	checkin(w, AUTH("A"));
	checkin(w, TOKEN("A") AWAITING);
	assert_true(world_get(w, "A")->awaiting_configuration);
}

static void test_released_after_the_commands(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;
	struct enrollment *en;

	two_commands(w);
	enroll_awaiting(w);
	assert_int_equal(world_get(w, "A")->await_until, w->now + 15 * 60);
	expect(w, "Idle", &uuid, "ProfileList");
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, "Error", &uuid, "DeviceConfigured");
	assert_string_equal(uuid, configured(w));
	en = world_get(w, "A");
	assert_true(en->awaiting_configuration);
	assert_int_equal(en->await_until, 0);
	/* until it is answered */
	uuid = NULL;
	expect(w, "Idle", &uuid, "DeviceConfigured");
	expect(w, ACK, &uuid, NULL);
	assert_false(world_get(w, "A")->awaiting_configuration);
	/* A token comes again, which still says so: it had it. */
	checkin(w, TOKEN("A") AWAITING);
	expect(w, "Idle", &uuid, NULL);

	/* The next generation gets it anew. */
	enroll_awaiting(w);
	expect(w, "Idle", &uuid, "ProfileList");
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, "DeviceConfigured");
	expect(w, ACK, &uuid, NULL);
}

static void test_without_commands_it_is_queued_at_once(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	w->conf.first_commands = "";
	checkin(w, AUTH("A"));
	assert_true(checkin(w, TOKEN("A") AWAITING).events);
	assert_true(is_pushed(w, "A"));
	assert_int_equal(world_get(w, "A")->await_until, 0);
	assert_int_equal(world_target(w, "A", configured(w))->state, TARGET_READY);
	expect(w, "Idle", &uuid, "DeviceConfigured");
	/* an error is an answer, but it does not let the device go */
	expect(w, "Error", &uuid, NULL);
	assert_true(world_get(w, "A")->awaiting_configuration);
	expect(w, "Idle", &uuid, NULL);
}

static void test_not_now_does_not_hold_it_up(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL, *list, *info;

	two_commands(w);
	enroll_awaiting(w);
	expect(w, "Idle", &uuid, "ProfileList");
	list = uuid;
	expect(w, "NotNow", &uuid, "DeviceInformation");
	info = uuid;
	expect(w, "NotNow", &uuid, "DeviceConfigured");
	expect(w, ACK, &uuid, "ProfileList");
	assert_false(world_get(w, "A")->awaiting_configuration);
	assert_string_equal(uuid, list);
	expect(w, ACK, &uuid, "DeviceInformation");
	assert_string_equal(uuid, info);
	expect(w, ACK, &uuid, NULL);
}

static void test_stuck_does_not_hold_it_up(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	two_commands(w);
	enroll_awaiting(w);
	/* max_deliveries = 3 */
	for (int i = 0; i < 3; i++) {
		uuid = NULL;
		expect(w, "Idle", &uuid, "ProfileList");
	}
	uuid = NULL;
	expect(w, "Idle", &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, "DeviceConfigured");
}

/* What the operator queues meanwhile comes before it, and he may send it
 * himself. */
static void test_operator_commands(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	two_commands(w);
	enroll_awaiting(w);
	expect(w, "Idle", &uuid, "ProfileList");
	world_enqueue(w, "A", "OP1", "SecurityInfo", NULL);
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, "SecurityInfo");
	world_enqueue(w, "A", "OP2", "DeviceConfigured", NULL);
	expect(w, ACK, &uuid, "DeviceConfigured");
	assert_string_equal(uuid, "OP2");
	expect(w, ACK, &uuid, NULL);
	assert_false(world_get(w, "A")->awaiting_configuration);
	assert_int_equal(world_get(w, "A")->await_until, 0);
}

static void test_the_setting(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	two_commands(w);
	w->conf.await_device_configured = false;
	enroll_awaiting(w);
	assert_int_equal(world_get(w, "A")->await_until, 0);
	expect(w, "Idle", &uuid, "ProfileList");
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, NULL);
	assert_true(world_get(w, "A")->awaiting_configuration);
	/* the operator's task */
	world_enqueue(w, "A", "OP", "DeviceConfigured", NULL);
	expect(w, "Idle", &uuid, "DeviceConfigured");
	expect(w, ACK, &uuid, NULL);
	assert_false(world_get(w, "A")->awaiting_configuration);
}

/* ---- the limit ---- */

static int release_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct push_look *p = arg;

	return await_release(tx, &p->w->conf, p->w->now, p->limit, p->w->arena,
		&p->n, e);
}

static size_t release(struct world *w, size_t limit)
{
	struct push_look p = { .w = w, .limit = limit };

	if (store_write(w->st, release_tx, &p, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return p.n;
}

static void test_limit(void **state)
{
	struct world *w = *state;
	const char *uuid = NULL;

	two_commands(w);
	enroll_awaiting(w);
	w->now += 15 * 60 - 1;
	assert_int_equal(release(w, 10), 0);
	assert_int_equal(world_target(w, "A", configured(w)) == NULL, true);
	w->now++;
	assert_int_equal(release(w, 10), 1);
	assert_int_equal(world_get(w, "A")->await_until, 0);
	assert_int_equal(world_target(w, "A", configured(w))->priority, 255);
	assert_true(is_pushed(w, "A"));
	assert_int_equal(release(w, 10), 0);
	/* before all that is not answered */
	expect(w, "Idle", &uuid, "DeviceConfigured");
	expect(w, ACK, &uuid, "ProfileList");
	assert_false(world_get(w, "A")->awaiting_configuration);
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, NULL);
}

static void test_limit_of_who_waits_no_more(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	two_commands(w);
	enroll_awaiting(w);
	/* it left */
	checkin(w, OUT("A"));
	assert_int_equal(world_get(w, "A")->await_until, 0);
	w->now += 3600;
	assert_int_equal(release(w, 10), 0);
	/* it began anew */
	enroll_awaiting(w);
	checkin(w, AUTH("A"));
	assert_int_equal(world_get(w, "A")->await_until, 0);
	/* the operator blocked it */
	checkin(w, TOKEN("A") AWAITING);
	en = world_get(w, "A");
	assert_int_equal(en->await_until, w->now + 15 * 60);
	en->state = ENROLLMENT_BLOCKED;
	world_put(w, en);
	w->now += 3600;
	assert_int_equal(release(w, 10), 1);
	assert_null(world_target(w, "A", configured(w)));
	/* the setting was changed meanwhile */
	en = world_get(w, "A");
	en->state = ENROLLMENT_ENABLED;
	en->await_until = w->now;
	world_put(w, en);
	w->conf.await_device_configured = false;
	assert_int_equal(release(w, 10), 1);
	assert_null(world_target(w, "A", configured(w)));
	assert_int_equal(world_get(w, "A")->await_until, 0);
	assert_int_equal(release(w, 10), 0);
}

static void test_limit_of_many(void **state)
{
	struct world *w = *state;
	char udid[8];

	two_commands(w);
	for (int i = 0; i < 5; i++) {
		snprintf(udid, sizeof(udid), "D%d", i);
		world_cert(w, (unsigned char)(10 + i));
		checkin(w, arena_printf(w->arena, S("MessageType", "Authenticate")
			S("Topic", "t") "<key>UDID</key><string>%s</string>", udid));
		checkin(w, arena_printf(w->arena, S("MessageType", "TokenUpdate")
			S("Topic", "t") S("PushMagic", "m") AWAITING
			"<key>Token</key><data>AA==</data>"
			"<key>UDID</key><string>%s</string>", udid));
	}
	w->now += 15 * 60;
	assert_int_equal(release(w, 3), 3);
	assert_int_equal(release(w, 3), 2);
	assert_int_equal(release(w, 3), 0);
	for (int i = 0; i < 5; i++) {
		snprintf(udid, sizeof(udid), "D%d", i);
		assert_int_equal(world_target(w, udid, configured(w))->priority,
			255);
	}
}

/* While nothing is to be released a poll only reads; and it does so again
 * when it was. */
static void test_polls_still_only_read(void **state)
{
	struct world *w = *state;
	struct store_info before, after;
	const char *uuid = NULL;

	two_commands(w);
	enroll_awaiting(w);
	expect(w, "Idle", &uuid, "ProfileList");
	expect(w, ACK, &uuid, "DeviceInformation");
	expect(w, ACK, &uuid, "DeviceConfigured");
	expect(w, "Error", &uuid, NULL);
	assert_true(world_get(w, "A")->awaiting_configuration);
	assert_int_equal(store_info(w->st, &before, &w->err), 0);
	expect(w, "Idle", &uuid, NULL);
	assert_int_equal(store_info(w->st, &after, &w->err), 0);
	/* that it was seen is one in this world */
	assert_int_equal(after.committed - before.committed, 1);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_load), RULE(test_load_is_bounded),
		RULE(test_every_device_gets_them), RULE(test_no_folder),
		RULE(test_uuid_is_taken),
		RULE(test_released_after_the_commands),
		RULE(test_without_commands_it_is_queued_at_once),
		RULE(test_not_now_does_not_hold_it_up),
		RULE(test_stuck_does_not_hold_it_up),
		RULE(test_operator_commands), RULE(test_the_setting),
		RULE(test_limit), RULE(test_limit_of_who_waits_no_more),
		RULE(test_limit_of_many), RULE(test_polls_still_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
