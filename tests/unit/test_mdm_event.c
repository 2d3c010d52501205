/* What webhooks hear of devices: on a real store, by what stands in the
 * outbox afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mdm_world.h"
#include "outbox/event_json.h"
#include "store/store_event.h"

#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define AUTH(udid) S("MessageType", "Authenticate") S("Topic", "t") S("UDID", udid)
#define TOKEN(udid) S("MessageType", "TokenUpdate") S("Topic", "t") \
	S("UDID", udid) S("PushMagic", "m") "<key>Token</key><data>AA==</data>"
#define OUT(udid) S("MessageType", "CheckOut") S("Topic", "t") S("UDID", udid)
#define USERAUTH(udid, user) S("MessageType", "UserAuthenticate") \
	S("UDID", udid) S("UserID", user)
#define IDLE(udid) S("Status", "Idle") S("UDID", udid)
#define DONE(udid, uuid) S("Status", "Acknowledged") S("UDID", udid) \
	S("CommandUUID", uuid)
#define GUID "A1B2C3D4-0000-0000-0000-000000000001"

static struct answer checkin(struct world *w, const char *dict)
{
	struct answer out;

	if (world_checkin(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out;
}

static struct answer result(struct world *w, const char *dict)
{
	struct answer out;

	if (world_result(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out;
}

/* ---- the outbox ---- */

struct outbox {
	struct world *w;
	struct webhook hook;
	struct event **list;
	size_t n;
};

static int hook_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_webhook_put(tx, arg, e);
}

static void hook(struct world *w, const char *topics, bool idle)
{
	struct webhook h = { .name = "h", .url = "http://127.0.0.1:1/",
		.topics = topics, .idle = idle, .created = w->now };

	if (store_write(w->st, hook_tx, &h, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static int read_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct outbox *o = arg;
	struct delivery_query q = { .state = DELIVERY_WAITING, .limit = 100 };
	struct delivery *d;
	struct bytes next;

	if (store_delivery_list(tx, &q, o->w->arena, &d, &o->n, &next, e) < 0)
		return -1;
	o->list = arena_alloc(o->w->arena, o->n * sizeof(*o->list));
	for (size_t i = 0; i < o->n; i++)
		if (store_event_get(tx, d[i].seq, o->w->arena, &o->list[i],
			e) < 0)
			return -1;
	return 0;
}

static struct outbox outbox(struct world *w)
{
	struct outbox o = { .w = w };

	if (store_read(w->st, read_tx, &o, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return o;
}

/* The topics, in order, and forgets nothing. */
static void assert_topics(struct world *w, const char *want)
{
	struct outbox o = outbox(w);
	char *got = arena_printf(w->arena, "%s", "");

	for (size_t i = 0; i < o.n; i++)
		got = arena_printf(w->arena, "%s%s%s", got, i > 0 ? " " : "",
			o.list[i]->topic);
	assert_string_equal(got, want);
}

/* ---- messages ---- */

static void test_life(void **state)
{
	struct world *w = *state;
	struct outbox o;
	uint64_t num;

	hook(w, "", true);
	w->query = "a=1";
	assert_true(checkin(w, AUTH("A")).events);
	assert_true(checkin(w, TOKEN("A")).events);
	assert_true(checkin(w, TOKEN("A")).events);
	assert_true(checkin(w, TOKEN("A") S("UserID", GUID)).events);
	assert_int_equal(checkin(w, USERAUTH("A", GUID)).kind,
		ANSWER_USER_DECLINED);
	assert_true(result(w, IDLE("A")).events);
	world_enqueue(w, "A", "C1", "ProfileList", NULL);
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
	assert_true(result(w, DONE("A", "C1")).events);
	assert_true(checkin(w, OUT("A")).events);
	assert_true(result(w, DONE("A", "C1")).events);
	assert_topics(w, "mdm.Authenticate mdm.TokenUpdate mdm.TokenUpdate "
		"mdm.TokenUpdate mdm.UserAuthenticate mdm.Connect mdm.Connect "
		"mdm.Connect mdm.CheckOut mdm.Connect");

	o = outbox(w);
	num = world_get(w, "A")->num;
	for (size_t i = 0; i < o.n; i++) {
		struct event *ev = o.list[i];
		bool user = i == 3 || i == 4;

		assert_int_equal(ev->created, w->now);
		assert_string_equal(ev->udid, "A");
		assert_null(ev->enrollment_id);
		assert_string_equal(ev->query, "a=1");
		assert_true(ev->raw.n > 0);
		assert_string_equal(ev->type, user ? "User" : "Device");
		assert_true(bytes_is(ev->id, user ? "A:" GUID : "A"));
		assert_true(user ? bytes_is(ev->parent, "A") :
			ev->parent.n == 0);
		assert_true(ev->enrollment == (user ?
			world_get(w, "A:" GUID)->num : num));
		assert_int_equal(ev->form, str_eq(ev->topic, "mdm.Connect") ?
			EVENT_ACKNOWLEDGE : EVENT_CHECKIN);
		assert_int_equal(ev->has_tally, i >= 1 && i <= 3);
		assert_int_equal(ev->idle, i == 5 || i == 6);
	}
	assert_int_equal(o.list[1]->tally, 1);
	assert_int_equal(o.list[2]->tally, 2);
	assert_int_equal(o.list[3]->tally, 1);
	assert_string_equal(o.list[5]->status, "Idle");
	assert_null(o.list[5]->command_uuid);
	assert_string_equal(o.list[7]->status, "Acknowledged");
	assert_string_equal(o.list[7]->command_uuid, "C1");

	/* It enrolls again: the tally begins anew. */
	checkin(w, AUTH("A"));
	checkin(w, TOKEN("A"));
	o = outbox(w);
	assert_int_equal(o.list[o.n - 1]->tally, 1);
}

/* Writes that an Idle takes: that it was seen is one in this world. */
static uint64_t writes_of_idle(struct world *w, bool events)
{
	struct store_info before, after;

	assert_int_equal(store_info(w->st, &before, &w->err), 0);
	assert_int_equal(result(w, IDLE("A")).events, events);
	assert_int_equal(store_info(w->st, &after, &w->err), 0);
	return after.committed - before.committed;
}

/* What nobody asked for is not written, nor said to be. */
static void test_filters(void **state)
{
	struct world *w = *state;
	uint64_t writes;

	world_enroll(w, "A");
	writes = writes_of_idle(w, false);
	assert_topics(w, "");
	hook(w, "mdm.CheckOut, mdm.Connect", false);
	assert_false(checkin(w, TOKEN("A")).events);
	assert_true(writes_of_idle(w, false) == writes);
	assert_true(result(w, S("Status", "Error") S("UDID", "A")
		S("CommandUUID", "X")).events);
	assert_true(checkin(w, OUT("A")).events);
	assert_topics(w, "mdm.Connect mdm.CheckOut");
}

/* A poll that a webhook wants to hear of is one write, answered all the
 * same. */
static void test_idle_is_written(void **state)
{
	struct world *w = *state;

	uint64_t writes;

	world_enroll(w, "A");
	writes = writes_of_idle(w, false);
	hook(w, "mdm.Connect", true);
	assert_true(writes_of_idle(w, true) == writes + 1);
	world_enqueue(w, "A", "C1", "ProfileList", NULL);
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
	assert_topics(w, "mdm.Connect mdm.Connect mdm.Connect");
}

/* Nothing of those that were refused. */
static void test_refused(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	world_enroll(w, "A");
	hook(w, "mdm.*", true);
	/* another certificate */
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_BAD);
	assert_int_equal(checkin(w, OUT("A")).kind, ANSWER_BAD);
	/* unknown */
	assert_int_equal(result(w, IDLE("B")).kind, ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, OUT("B")).kind, ANSWER_EMPTY);
	/* ordered off */
	world_cert(w, 1);
	en = world_get(w, "A");
	en->state = ENROLLMENT_BLOCKED;
	world_put(w, en);
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_UNMANAGE);
	assert_int_equal(checkin(w, AUTH("A")).kind, ANSWER_UNMANAGE);
	assert_topics(w, "");
	/* A CheckOut is taken from it. */
	assert_int_equal(checkin(w, OUT("A")).kind, ANSWER_EMPTY);
	assert_topics(w, "mdm.CheckOut");
}

/* Between Authenticate and TokenUpdate, and after it left. */
static void test_kept(void **state)
{
	struct world *w = *state;

	hook(w, "mdm.Connect", true);
	checkin(w, AUTH("A"));
	assert_true(result(w, IDLE("A")).events);
	checkin(w, TOKEN("A"));
	checkin(w, OUT("A"));
	assert_true(result(w, IDLE("A")).events);
	/* it left, and this is not its certificate */
	world_cert(w, 2);
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_EMPTY);
	assert_topics(w, "mdm.Connect mdm.Connect");
}

/* ---- what is odd ---- */

static void test_conflict(void **state)
{
	struct world *w = *state;
	struct outbox o;
	char *text;

	world_enroll(w, "A");
	world_cert(w, 2);
	world_enroll(w, "B");
	hook(w, "mooring.identity_conflict", true);
	assert_true(result(w, IDLE("A")).events);
	assert_false(result(w, IDLE("A")).events);
	w->now += 3599;
	assert_false(result(w, IDLE("A")).events);
	w->now++;
	assert_true(result(w, IDLE("A")).events);
	assert_topics(w, "mooring.identity_conflict "
		"mooring.identity_conflict");
	o = outbox(w);
	assert_true(o.list[0]->enrollment == world_get(w, "A")->num);
	text = event_json(o.list[0], w->arena);
	assert_non_null(strstr(text, "\"cert\":\"of another device\""));
	assert_non_null(strstr(text, "\"subject\":\"CN=test\""));
	assert_non_null(strstr(text, "\"cert_sha256\":\"0202"));
	assert_non_null(strstr(text, "\"ids\":{\"id\":\"A\","));

	/* Another enrollment has an hour of its own: a former certificate. */
	world_cert(w, 3);
	checkin(w, AUTH("B"));
	world_cert(w, 2);
	assert_true(result(w, IDLE("B")).events);
	o = outbox(w);
	assert_int_equal(o.n, 3);
	assert_non_null(strstr(event_json(o.list[2], w->arena),
		"\"cert\":\"former\""));
}

static void test_refused_identity(void **state)
{
	struct world *w = *state;
	struct outbox o;
	char *text;

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	world_enroll(w, "A");
	hook(w, "mooring.*", true);
	world_cert(w, 3);
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_BAD);
	assert_topics(w, "");
	assert_int_equal(checkin(w, AUTH("A")).kind, ANSWER_BAD);
	assert_topics(w, "mooring.identity_refused");
	assert_false(checkin(w, AUTH("A")).events);
	w->now += 3600;
	assert_true(checkin(w, AUTH("A")).events);
	o = outbox(w);
	assert_int_equal(o.n, 2);
	assert_true(o.list[0]->enrollment == world_get(w, "A")->num);
	text = event_json(o.list[0], w->arena);
	assert_non_null(strstr(text, "\"cert\":\"not issued for this device\""));
	assert_non_null(strstr(text, "\"cert_sha256\":\"0303"));
	assert_null(strstr(text, "issued_for"));
}

struct certs {
	unsigned char sha256[DIGEST_LEN];
	struct store_cert cert;
};

static int cert_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct certs *c = arg;

	return store_cert_put(tx, c->sha256, &c->cert, e);
}

/* Long after the TokenUpdate with the new certificate the old one still
 * speaks, and may: the device went back to it. */
static void test_rolled_back(void **state)
{
	struct world *w = *state;
	struct certs c = { .cert = { .bound = 1, .former = 2 } };

	w->conf.renewal_grace_days = 30;
	world_enroll(w, "A");
	hook(w, "mooring.*", true);
	memset(c.sha256, 9, DIGEST_LEN);
	c.cert.device = world_get(w, "A")->num;
	world_cert(w, 9);
	c.cert.valid_until = STORE_CERT_UNTIL_UPDATED;
	assert_int_equal(store_write(w->st, cert_tx, &c, &w->err), 0);
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_EMPTY);
	c.cert.valid_until = w->now + 30 * 86400;
	assert_int_equal(store_write(w->st, cert_tx, &c, &w->err), 0);
	w->now += 86400;
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_EMPTY);
	assert_topics(w, "");
	w->now++;
	assert_int_equal(result(w, IDLE("A")).kind, ANSWER_EMPTY);
	assert_topics(w, "mooring.identity_conflict");
	assert_non_null(strstr(event_json(outbox(w).list[0], w->arena),
		"\"cert\":\"former, still good after a renewal\""));
}

static void test_guard_limit(void **state)
{
	struct world *w = *state;

	world_enroll(w, "A");
	world_cert(w, 9);
	hook(w, "mooring.guard", true);
	assert_int_equal(w->conf.unmanaged_limit, 2);
	assert_false(result(w, IDLE("X1")).events);
	assert_true(result(w, IDLE("X2")).events);
	assert_int_equal(result(w, IDLE("X3")).kind, ANSWER_LATER);
	assert_int_equal(result(w, IDLE("X2")).kind, ANSWER_UNMANAGE);
	assert_topics(w, "mooring.guard");
	assert_non_null(strstr(event_json(outbox(w).list[0], w->arena),
		"\"mooring_event\":{\"state\":\"limit reached\","
		"\"unmanaged_limit\":2}"));
	/* An hour later it may be reached again. */
	w->now += 3601;
	result(w, IDLE("X4"));
	result(w, IDLE("X5"));
	assert_topics(w, "mooring.guard mooring.guard");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life), TEST(test_filters), TEST(test_idle_is_written),
		TEST(test_refused), TEST(test_kept), TEST(test_conflict),
		TEST(test_refused_identity), TEST(test_rolled_back),
		TEST(test_guard_limit),
	};

	return cmocka_run_group_tests_name("mdm_event", tests, NULL, NULL);
}
