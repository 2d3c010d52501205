/* The pusher on a real store, against tests/e2e/apns.py: every answer of
 * APNs, dead tokens, certificates that are replaced. */
#include "push/pusher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pusher_world.h"
#include "store/store_event.h"

/* ---- the store, a verb at a time ---- */

static int do_token_update(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct enrollment *en;
	unsigned char token[8];

	if (store_enrollment_get(tx, c->num, c->x->a, &en, e) != 0)
		return -1;
	en->token_updated = c->at;
	enc_be64(token, c->token);
	return store_enrollment_put(tx, en, e) != 0 ? -1 :
		store_secret_put(tx, c->num, STORE_PUSH_TOKEN,
			bytes_of(token, 8), e);
}

static void test_request(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 0x0102030405060708, 1);
	const struct json *r, *h;
	struct push_request rq;
	struct call c;
	uint64_t expires;

	add_jobs(x, num, 1);
	c = look(x, num, NULL);
	rq = (struct push_request){ .enrollment = num,
		.apns_id = c.job->apns_id };
	pusher_send(x->p, &x->conf, &rq, 1, 30000);
	assert_int_equal(rq.result, PUSH_TAKEN);
	assert_int_equal(rq.status, 200);
	assert_int_equal(rq.err.kind, ERR_NONE);
	assert_int_equal(json_len(seen(x)), 1);
	r = json_at(seen(x), 0);
	h = json_get(r, "headers");
	assert_string_equal(json_get_str(r, "token"), "0102030405060708");
	assert_string_equal(json_get_str(r, "body"),
		"{\"mdm\":\"MAGIC\\\"\\\\\xc3\xa9\"}");
	assert_string_equal(json_get_str(h, "apns-topic"), TOPIC);
	assert_string_equal(json_get_str(h, "apns-push-type"), "mdm");
	assert_string_equal(json_get_str(h, "apns-priority"), "10");
	assert_string_equal(json_get_str(h, "apns-id"), c.job->apns_id);
	assert_string_equal(json_get_str(h, "content-type"),
		"application/json");
	assert_true(str_u64(json_get_str(h, "apns-expiration"), 0,
		UINT64_MAX, &expires));
	assert_in_range(expires, x->now + 168 * 3600,
		clk_now() + 168 * 3600);
	/* Kept, and its job done. */
	c = look(x, num, NULL);
	assert_null(c.job);
	assert_int_equal(c.state.status, 200);
	assert_null(c.state.reason);
	assert_string_equal(c.state.apns_id, rq.apns_id);
	assert_in_range(c.state.ok, x->now, clk_now());
	assert_int_equal(c.state.sent, c.state.ok);
	/* Not stored by APNs at all. */
	x->conf.push_expiration_hours = 0;
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	h = json_get(json_at(seen(x), 1), "headers");
	assert_string_equal(json_get_str(h, "apns-expiration"), "0");
}

struct answer_row {
	int status;
	const char *reason;
	enum push_result result;
	unsigned least, most;	/* the job is due within; 0, 0: it is done */
	bool dead, held, stopped;
	unsigned sent;		/* requests */
};

static void check_answer(struct fixture *x, const struct answer_row *row,
	size_t i)
{
	const char *topic = arena_printf(x->a, TOPIC ".%zu", i);
	uint64_t num;
	struct push_request rq;
	struct call c;
	int64_t before;

	put_cert(x, topic);
	num = enroll(x, topic, 1000 + i, 1);
	apns_server_call("reset", NULL, x->a);
	rule(x, arena_printf(x->a, "{\"status\":%d,\"reason\":\"%s\"}",
		row->status, row->reason));
	before = clk_now();
	rq = push(x, num);
	c = look(x, num, topic);
	if (rq.result != row->result || rq.status != row->status)
		fail_msg("%d %s: result %d, status %d, %s", row->status,
			row->reason, rq.result, rq.status, rq.err.msg);
	assert_non_null(strstr(rq.err.msg, row->reason));
	assert_int_equal(json_len(seen(x)), row->sent);
	assert_int_equal(c.state.status, row->status);
	assert_string_equal(c.state.reason, row->reason);
	assert_string_equal(c.state.apns_id, rq.apns_id);
	assert_int_equal(c.state.ok, 0);
	assert_int_equal(c.state.dead != 0, row->dead);
	assert_int_equal(c.state.hold_until != 0, row->held);
	assert_int_equal(c.cert->stopped != 0, row->stopped);
	if (row->most == 0) {
		assert_null(c.job);
	} else {
		assert_non_null(c.job);
		assert_int_equal(c.job->attempts, 1);
		assert_in_range(c.job->due, before + row->least,
			clk_now() + row->most);
	}
}

/* Every reason of Apple's table. */
static void test_answers(void **state)
{
	struct fixture *x = *state;
#define DEAD(s, r) { s, r, PUSH_FAILED, 0, 0, true, false, false, 1 }
#define STOP(s, r) { s, r, PUSH_FAILED, 450, 900, false, false, true, 1 }
#define OURS(s, r) { s, r, PUSH_FAILED, 0, 0, false, false, false, 1 }
#define HOLD(s, r) { s, r, PUSH_WAITS, 30, 60, false, true, false, 1 }
#define WAIT(s, r) { s, r, PUSH_WAITS, 900, 1800, false, true, false, 1 }
	static const struct answer_row row[] = {
		OURS(400, "BadCollapseId"), DEAD(400, "BadDeviceToken"),
		OURS(400, "BadExpirationDate"), OURS(400, "BadMessageId"),
		OURS(400, "BadPriority"), STOP(400, "BadTopic"),
		DEAD(400, "DeviceTokenNotForTopic"),
		OURS(400, "DuplicateHeaders"),
		{ 400, "IdleTimeout", PUSH_WAITS, 5, 10, false, false, false,
			2 },
		OURS(400, "InvalidPushType"), OURS(400, "MissingDeviceToken"),
		STOP(400, "MissingTopic"), OURS(400, "PayloadEmpty"),
		STOP(400, "TopicDisallowed"), STOP(403, "BadCertificate"),
		STOP(403, "BadCertificateEnvironment"),
		STOP(403, "Forbidden"), STOP(403, "MissingProviderToken"),
		STOP(403, "ExpiredProviderToken"),
		STOP(403, "InvalidProviderToken"),
		STOP(403, "UnrelatedKeyIdInToken"),
		STOP(403, "BadEnvironmentKeyIdInToken"),
		OURS(404, "BadPath"), OURS(405, "MethodNotAllowed"),
		DEAD(410, "Unregistered"), DEAD(410, "ExpiredToken"),
		OURS(413, "PayloadTooLarge"), HOLD(429, "TooManyRequests"),
		HOLD(429, "TooManyProviderTokenUpdates"),
		WAIT(500, "InternalServerError"),
		WAIT(503, "ServiceUnavailable"), WAIT(503, "Shutdown"),
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		check_answer(x, &row[i], i);
}

/* ---- dead tokens ---- */

static int do_webhook(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct webhook w = { .name = "w", .url = "http://127.0.0.1:1/",
		.topics = "mooring.*", .created = c->x->now };

	return store_webhook_put(tx, &w, e);
}

static int do_count_events(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct delivery_query q = { .state = DELIVERY_WAITING, .limit = 100 };
	struct delivery *list;
	struct bytes next;
	size_t n;

	c->n = 0;
	if (store_delivery_list(tx, &q, c->x->a, &list, &n, &next, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		c->n += str_eq(list[i].topic, c->topic);
	return 0;
}

static size_t events(struct fixture *x, const char *topic)
{
	struct call c = { .x = x, .topic = topic };

	assert_int_equal(store_read(x->w->st, do_count_events, &c, &x->e), 0);
	return c.n;
}

static void token_update(struct fixture *x, uint64_t num, uint64_t token,
	int64_t at)
{
	struct call c = { .x = x, .num = num, .token = token, .at = at };

	WRITE(do_token_update, &c);
}

static void test_dead_until_token_update(void **state)
{
	struct fixture *x = *state;
	struct call c = { .x = x };
	uint64_t num = enroll(x, TOPIC, 5, 1);
	int64_t hold;

	WRITE(do_webhook, &c);
	rule(x, arena_printf(x->a, "{\"token\":\"0000000000000005\","
		"\"status\":410,\"reason\":\"Unregistered\","
		"\"timestamp\":%lld000}", (long long)x->now - 500));
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	assert_int_equal(look(x, num, NULL).state.dead, x->now - 500);
	assert_int_equal(events(x, "mooring.push_dead"), 1);
	assert_int_equal(check(x, num, &hold), ERR_CONFLICT);
	assert_non_null(strstr(x->e.msg, "push token is dead since 2"));
	/* Whoever asks all the same is told, and APNs is not. */
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	assert_int_equal(json_len(seen(x)), 1);
	assert_null(look(x, num, NULL).job);
	/* A TokenUpdate that is not newer does not help; this one does. */
	token_update(x, num, 6, x->now - 500);
	assert_int_equal(check(x, num, &hold), ERR_CONFLICT);
	token_update(x, num, 6, x->now - 499);
	assert_int_equal(check(x, num, &hold), ERR_NONE);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	assert_int_equal(look(x, num, NULL).state.dead, 0);
	assert_int_equal(events(x, "mooring.push_dead"), 1);
}

/* Without a timestamp: a TokenUpdate in this second is one in time. */
static void test_dead_revived_at_once(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 5, 1);

	rule(x, "{\"next\":1,\"status\":400,\"reason\":\"BadDeviceToken\"}");
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	token_update(x, num, 6, look(x, num, NULL).state.sent);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
}

/* The answer to an old token does not kill the new one. */
static void test_dead_but_replaced(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 5, 1);
	struct push_request rq = { .enrollment = num };
	struct call c;

	rule(x, "{\"next\":1,\"delay\":0.5,\"status\":410,"
		"\"reason\":\"ExpiredToken\"}");
	add_jobs(x, num, 1);
	rq.apns_id = look(x, num, NULL).job->apns_id;
	pusher_send(x->p, &x->conf, &rq, 1, 0);
	assert_int_equal(rq.result, PUSH_WAITS);
	UNTIL(json_len(seen(x)) > 0);
	token_update(x, num, 6, x->now);
	UNTIL((c = look(x, num, NULL)).state.sent != 0);
	assert_int_equal(c.state.status, 410);
	assert_int_equal(c.state.dead, 0);
	assert_non_null(c.job);
	assert_in_range(c.job->due, x->now, clk_now());
	/* The same when APNs speaks of a time before the TokenUpdate. */
	rule(x, arena_printf(x->a, "{\"next\":1,\"status\":410,\"reason\":"
		"\"Unregistered\",\"timestamp\":%lld000}",
		(long long)x->now - 5000));
	assert_int_equal(push(x, num).result, PUSH_WAITS);
	c = look(x, num, NULL);
	assert_int_equal(c.state.dead, 0);
	assert_true(c.state.hold_until > x->now);
}

static void test_hold(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 5, 1);
	int64_t hold, until;
	struct call c;

	rule(x, "{\"next\":1,\"status\":429,\"reason\":\"TooManyRequests\"}");
	assert_int_equal(push(x, num).result, PUSH_WAITS);
	until = look(x, num, NULL).state.hold_until;
	assert_int_equal(check(x, num, &hold), ERR_NONE);
	assert_int_equal(hold, until);
	/* Asked for anew: it still waits. */
	assert_int_equal(push(x, num).result, PUSH_WAITS);
	assert_int_equal(json_len(seen(x)), 1);
	c = look(x, num, NULL);
	assert_int_equal(c.job->due, until);
	assert_int_equal(c.state.status, 429);
}

/* ---- topics and certificates ---- */

static int do_resume(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	struct push_place at = { 0, 0 };

	return store_push_cert_stop(tx, c->topic, 0, 0, NULL, &c->flag, e) < 0 ||
		store_push_hasten(tx, c->topic, &at, 1000, &c->flag, e) < 0 ?
		-1 : 0;
}

static void test_stopped_topic(void **state)
{
	struct fixture *x = *state;
	struct call c = { .x = x, .topic = TOPIC };
	uint64_t num = enroll(x, TOPIC, 1, 100);
	uint64_t other = enroll(x, TOPIC ".other", 500, 3);
	struct push_request *rq;
	int64_t hold;

	WRITE(do_webhook, &c);
	put_cert(x, TOPIC ".other");
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	rule(x, "{\"topic\":\"" TOPIC "\",\"status\":403,"
		"\"reason\":\"BadCertificate\",\"delay\":0.02}");
	rq = send(x, num, 100);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(rq[i].result, PUSH_FAILED);
		assert_int_equal(rq[i].err.kind, ERR_CONFLICT);
		assert_non_null(strstr(rq[i].err.msg, "403 BadCertificate"));
		c = look(x, num + i, NULL);
		assert_non_null(c.job);
		assert_true(c.job->due > x->now);
	}
	c = look(x, 0, TOPIC);
	assert_true(c.cert->stopped != 0);
	assert_string_equal(c.cert->why, "APNs answered 403 BadCertificate");
	assert_int_equal(events(x, "mooring.push_stopped"), 1);
	assert_int_equal(check(x, num, &hold), ERR_CONFLICT);
	assert_string_equal(x->e.msg, "topic " TOPIC " is stopped: "
		"APNs answered 403 BadCertificate");
	/* Its connection is closed, and APNs is left alone. */
	UNTIL(apns_server_stat("open") == 0);
	apns_server_call("reset", NULL, x->a);
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	assert_int_equal(json_len(seen(x)), 0);
	/* The other topic goes on. */
	assert_int_equal(push(x, other).result, PUSH_TAKEN);
	/* Resumed: what waits is due. */
	c = (struct call){ .x = x, .topic = TOPIC };
	WRITE(do_resume, &c);
	assert_true(look(x, num + 5, NULL).job->due <= clk_now());
	assert_int_equal(send(x, num, 100)[99].result, PUSH_TAKEN);
}

static void test_no_certificate(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC ".none", 5, 1);
	struct push_request rq = push(x, num);

	assert_int_equal(rq.result, PUSH_FAILED);
	assert_string_equal(rq.err.msg, "no push certificate for topic "
		TOPIC ".none");
	assert_non_null(look(x, num, NULL).job);
	put_cert(x, TOPIC ".none");
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
}

/* A new certificate counts at the next push, on a connection of its own. */
static void test_replaced_certificate(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 50);

	assert_int_equal(send(x, num, 50)[49].result, PUSH_TAKEN);
	assert_int_equal(send(x, num, 50)[49].result, PUSH_TAKEN);
	assert_int_equal(apns_server_stat("connections"), 1);
	put_cert(x, TOPIC);
	assert_int_equal(send(x, num, 50)[49].result, PUSH_TAKEN);
	assert_int_equal(apns_server_stat("connections"), 2);
	UNTIL(apns_server_stat("open") == 1);
	assert_int_equal(pusher_connections(x->p), 2);
}

/* Stopped while another certificate was put: that one is not stopped, and
 * what waits is due. */
static void test_replaced_while_refused(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 1);
	struct push_request rq = { .enrollment = num };
	struct call c;

	rule(x, "{\"next\":1,\"delay\":0.5,\"status\":403,"
		"\"reason\":\"BadCertificate\"}");
	add_jobs(x, num, 1);
	rq.apns_id = look(x, num, NULL).job->apns_id;
	pusher_send(x->p, &x->conf, &rq, 1, 0);
	UNTIL(json_len(seen(x)) > 0);
	put_cert(x, TOPIC);
	UNTIL((c = look(x, num, TOPIC)).state.sent != 0);
	assert_int_equal(c.cert->stopped, 0);
	assert_true(c.job->due <= clk_now());
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
}

static void test_topics(void **state)
{
	struct fixture *x = *state;
	struct push_request rq[120];
	uint64_t num[4];

	memset(rq, 0, sizeof(rq));
	for (size_t t = 0; t < 4; t++) {
		const char *topic = arena_printf(x->a, TOPIC ".%zu", t);

		put_cert(x, topic);
		num[t] = enroll(x, topic, 1000 * t, 30);
		add_jobs(x, num[t], 30);
		for (size_t i = 0; i < 30; i++)
			rq[t * 30 + i] = (struct push_request){
				.enrollment = num[t] + i, .apns_id = "" };
	}
	pusher_send(x->p, &x->conf, rq, 120, 30000);
	for (size_t i = 0; i < 120; i++)
		assert_int_equal(rq[i].result, PUSH_TAKEN);
	assert_int_equal(apns_server_stat("connections"), 4);
	assert_int_equal(apns_server_stat("requests"), 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_request), TEST(test_answers),
		TEST(test_dead_until_token_update),
		TEST(test_dead_revived_at_once), TEST(test_dead_but_replaced),
		TEST(test_hold), TEST(test_stopped_topic),
		TEST(test_no_certificate), TEST(test_replaced_certificate),
		TEST(test_replaced_while_refused), TEST(test_topics),
	};

	return cmocka_run_group_tests(tests, apns_server_start,
		apns_server_stop);
}
