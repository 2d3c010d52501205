/* The pusher on a real store, against tests/e2e/apns.py: every answer of
 * APNs, lost connections, certificates that are replaced, many at once. */
#include "push/pusher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "apns_server.h"
#include "base/clk.h"
#include "base/enc.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "mdm_world.h"
#include "push/push_sweep.h"
#include "store/store_event.h"
#include "store/store_push.h"

#define TOPIC "com.apple.mgmt.External.unit"
#define LEASE 60

struct fixture {
	struct world *w;
	struct pusher *p;
	struct conf conf;
	struct arena *a;
	struct err e;
	int64_t now;
};

/* What comes by itself; fails after half a minute. */
#define UNTIL(condition) do { \
	int64_t end_ = clk_mono_us() + 30 * (int64_t)1000000; \
	while (!(condition)) \
		if (clk_mono_us() > end_) \
			fail_msg("never: %s", #condition); \
	} while (0)

/* ---- the store, a verb at a time ---- */

struct call {
	struct fixture *x;
	const char *topic, *uuid;
	uint64_t num, token;
	struct push_cert *cert;
	struct push_state state;
	struct push_job *job;
	size_t n;
	int64_t at;
	bool flag, passing;
	const struct target_options *options;
};

#define WRITE(fn, c) do { \
	if (store_write((c)->x->w->st, fn, c, &(c)->x->e) != 0) \
		fail_msg("%s: %s", #fn, (c)->x->e.msg); \
	} while (0)

static int do_cert(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_cert_put(tx, c->cert, e);
}

/* A certificate of its own for this topic; replaces. */
static void put_cert(struct fixture *x, const char *topic)
{
	char *pem = apns_server_cert(topic, x->a);
	char *key = strstr(pem, "-----BEGIN PRIVATE KEY");
	struct push_cert cert = { .topic = topic,
		.cert_pem = bytes_of(pem, (size_t)(key - pem)),
		.key_pem = bytes_str(key), .not_before = x->now - 86400,
		.not_after = x->now + 86400, .added = x->now };
	struct call c = { .x = x, .cert = &cert };

	WRITE(do_cert, &c);
}

static int do_get(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	if (store_push_state_get(tx, c->num, c->x->a, &c->state, e) != 0 ||
		store_push_job_get(tx, c->num, c->x->a, &c->job, e) != 0)
		return -1;
	return c->topic == NULL ? 0 : store_push_cert_get(tx, c->topic,
		c->x->a, &c->cert, e);
}

static struct call look(struct fixture *x, uint64_t num, const char *topic)
{
	struct call c = { .x = x, .num = num, .topic = topic };

	assert_int_equal(store_read(x->w->st, do_get, &c, &x->e), 0);
	return c;
}

/* What a TokenUpdate leaves, of n enrollments whose tokens are numbers. */
static int do_enroll(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct enrollment en = { .state = ENROLLMENT_ENABLED,
		.topic = c->topic, .token_updated = c->at };
	unsigned char token[8];
	char id[32];

	for (size_t i = 0; i < c->n; i++) {
		snprintf(id, sizeof(id), "D%llu",
			(unsigned long long)(c->token + i));
		en.num = 0;
		en.id = (struct enrollment_id){ .kind = ENROLLMENT_DEVICE,
			.device = bytes_str(id) };
		enc_be64(token, c->token + i);
		if (store_enrollment_put(tx, &en, e) != 0 ||
			store_secret_put(tx, en.num, STORE_PUSH_TOKEN,
				bytes_of(token, 8), e) != 0 ||
			store_secret_put(tx, en.num, STORE_PUSH_MAGIC,
				bytes_str("MAGIC\"\\\xc3\xa9"), e) != 0)
			return -1;
		if (i == 0)
			c->num = en.num;
	}
	return 0;
}

/* The number of the first; the others follow. */
static uint64_t enroll(struct fixture *x, const char *topic, uint64_t token,
	size_t n)
{
	uint64_t first = 0;

	for (size_t i = 0; i < n; i += 500) {
		struct call c = { .x = x, .topic = topic, .token = token + i,
			.n = n - i < 500 ? n - i : 500, .at = x->now - 1000 };

		WRITE(do_enroll, &c);
		if (i == 0)
			first = c.num;
	}
	return first;
}

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

static int do_jobs(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct arena *a = arena_new();
	int rc = 0;

	for (size_t i = 0; i < c->n && rc == 0; i++)
		rc = store_push_add(tx, c->num + i, push_new_id(a), c->at,
			c->x->now, e);
	arena_free(a);
	return rc;
}

static void add_jobs(struct fixture *x, uint64_t num, size_t n)
{
	for (size_t i = 0; i < n; i += 500) {
		struct call c = { .x = x, .num = num + i,
			.n = n - i < 500 ? n - i : 500,
			.at = x->now + LEASE };

		WRITE(do_jobs, &c);
	}
}

/* Jobs for these, pushed. */
static struct push_request *send(struct fixture *x, uint64_t num, size_t n)
{
	struct push_request *rq = arena_zalloc(x->a, n * sizeof(*rq));

	add_jobs(x, num, n);
	for (size_t i = 0; i < n; i++) {
		rq[i].enrollment = num + i;
		rq[i].apns_id = look(x, num + i, NULL).job->apns_id;
	}
	pusher_send(x->p, &x->conf, rq, n, 30000);
	return rq;
}

static struct push_request push(struct fixture *x, uint64_t num)
{
	return *send(x, num, 1);
}

static void rule(struct fixture *x, const char *json)
{
	apns_server_call("rule", json, x->a);
}

static const struct json *seen(struct fixture *x)
{
	struct json *all;

	assert_int_equal(json_parse(bytes_str(apns_server_call("seen", NULL,
		x->a)), x->a, &all, &x->e), 0);
	return all;
}

/* ---- the world ---- */

static int setup(void **state)
{
	struct fixture *x = test_calloc(1, sizeof(*x));
	void *w = NULL;

	if (world_setup(&w) != 0)
		return -1;
	x->w = w;
	x->a = arena_new();
	x->now = clk_now();
	x->conf = x->w->conf;
	x->conf.dir = x->w->dir;
	x->conf.apns_url = apns_server.url;
	x->conf.apns_ca_file = apns_server.ca_file;
	x->conf.push_expiration_hours = 168;
	apns_server_call("reset", NULL, x->a);
	x->p = pusher_new(x->w->st);
	put_cert(x, TOPIC);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char *stats = apns_server_call("stats", NULL, x->a);
	void *w = x->w;
	int rc;

	if (strstr(stats, "\"faults\": []") == NULL)
		fail_msg("%s", stats);
	pusher_free(x->p);
	rc = world_teardown(&w);
	arena_free(x->a);
	test_free(x);
	return rc;
}

/* ---- the tests ---- */

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

static int do_check(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct enrollment *en;

	if (store_enrollment_get(tx, c->num, c->x->a, &en, e) != 0)
		return -1;
	return push_check(tx, en, c->x->a, &c->at, &c->passing, e);
}

/* push_check's kind, and *hold. */
static enum err_kind check(struct fixture *x, uint64_t num, int64_t *hold)
{
	struct call c = { .x = x, .num = num };

	x->e = (struct err)ERR_INIT;
	(void)store_read(x->w->st, do_check, &c, &x->e);
	*hold = c.at;
	return x->e.kind;
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

/* ---- connections ---- */

static void test_loss(void **state)
{
	static const struct {
		const char *action;
		enum push_result result;
		size_t seen;
	} row[] = {
		/* Surely not worked on: again at once. */
		{ "goaway", PUSH_TAKEN, 1 }, { "refuse", PUSH_TAKEN, 1 },
		{ "last", PUSH_TAKEN, 1 },
		/* Who knows: by its job. */
		{ "reset", PUSH_WAITS, 1 }, { "drop", PUSH_WAITS, 0 },
		{ "lose", PUSH_WAITS, 1 },
	};
	struct fixture *x = *state;
	struct push_request rq;
	struct call c;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *topic = arena_printf(x->a, TOPIC ".%zu", i);
		uint64_t num = enroll(x, topic, i, 1);

		put_cert(x, topic);
		apns_server_call("reset", NULL, x->a);
		rule(x, arena_printf(x->a, "{\"next\":1,\"action\":\"%s\"}",
			row[i].action));
		rq = push(x, num);
		c = look(x, num, NULL);
		assert_int_equal(rq.result, row[i].result);
		assert_int_equal(json_len(seen(x)), row[i].seen);
		assert_int_equal(c.state.status, rq.status);
		if (rq.result == PUSH_TAKEN) {
			assert_null(c.job);
			continue;
		}
		assert_int_equal(rq.status, 0);
		assert_int_equal(rq.err.kind, ERR_UPSTREAM);
		assert_string_equal(c.state.reason, rq.err.msg);
		assert_in_range(c.job->due, x->now + 5, clk_now() + 10);
		assert_int_equal(push(x, num).result, PUSH_TAKEN);
	}
}

static void test_restarted_server(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 600);
	struct push_request *rq;

	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	apns_server_call("unlisten", NULL, x->a);
	rq = send(x, num, 600);
	for (size_t i = 0; i < 600; i++) {
		assert_int_equal(rq[i].result, PUSH_WAITS);
		assert_int_equal(rq[i].status, 0);
		assert_non_null(look(x, num + i, NULL).job);
	}
	apns_server_call("listen", NULL, x->a);
	rq = send(x, num, 600);
	for (size_t i = 0; i < 600; i++)
		assert_int_equal(rq[i].result, PUSH_TAKEN);
	assert_int_equal(apns_server_stat("connections"), 2);
}

/* An APNs that can do no more gets new connections, but not one for each
 * push. */
static void test_overloaded(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 400);
	struct push_request *rq;

	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	rule(x, "{\"status\":503,\"reason\":\"ServiceUnavailable\"}");
	rq = send(x, num, 400);
	for (size_t i = 0; i < 400; i++) {
		assert_int_equal(rq[i].result, PUSH_WAITS);
		assert_int_equal(rq[i].status, 503);
	}
	assert_int_equal(json_len(seen(x)), 401);
	assert_true(apns_server_stat("connections") <= 3);
}

/* A caller need not wait for a slow answer; it is written all the same. */
static void test_slow(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2);
	int64_t start = clk_mono_us();
	struct push_request rq = { .enrollment = num, .apns_id = "" };

	rule(x, "{\"next\":1,\"delay\":1.5}");
	add_jobs(x, num, 1);
	pusher_send(x->p, &x->conf, &rq, 1, 100);
	assert_int_equal(rq.result, PUSH_WAITS);
	assert_true(clk_mono_us() - start < 1400000);
	UNTIL(look(x, num, NULL).job == NULL);
	assert_int_equal(look(x, num, NULL).state.status, 200);
	/* What is under way is finished before the end. */
	rule(x, "{\"next\":1,\"delay\":0.5}");
	rq.enrollment = num + 1;
	add_jobs(x, num + 1, 1);
	pusher_send(x->p, &x->conf, &rq, 1, 0);
	UNTIL(json_len(seen(x)) == 2);
	pusher_free(x->p);
	assert_int_equal(look(x, num + 1, NULL).state.status, 200);
	x->p = pusher_new(x->w->st);
}

static void test_same_enrollment(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 1);
	struct push_request rq[20];

	add_jobs(x, num, 1);
	for (size_t i = 0; i < 20; i++)
		rq[i] = (struct push_request){ .enrollment = num,
			.apns_id = "" };
	pusher_send(x->p, &x->conf, rq, 20, 30000);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(rq[i].result, PUSH_TAKEN);
	assert_int_equal(json_len(seen(x)), 1);
	/* Without a job it was pushed by somebody else: that one's outcome. */
	pusher_send(x->p, &x->conf, rq, 1, 30000);
	assert_int_equal(rq[0].result, PUSH_TAKEN);
	assert_int_equal(json_len(seen(x)), 1);
	rq[0].enrollment = 4711;
	pusher_send(x->p, &x->conf, rq, 1, 30000);
	assert_int_equal(rq[0].result, PUSH_FAILED);
}

static void test_no_push_data(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, NULL, 1, 1);
	int64_t hold;

	assert_int_equal(check(x, num, &hold), ERR_NOT_FOUND);
	assert_string_equal(x->e.msg, "push data missing for id");
	assert_int_equal(push(x, num).result, PUSH_FAILED);
	assert_null(look(x, num, NULL).job);
}

#define MANY 10000

static void test_ten_thousand(void **state)
{
	struct fixture *x = *state;
	struct push_request *rq;
	uint64_t num;

	num = enroll(x, TOPIC, 1, MANY);
	rq = arena_zalloc(x->a, MANY * sizeof(*rq));
	add_jobs(x, num, MANY);
	for (size_t i = 0; i < MANY; i++) {
		rq[i].enrollment = num + i;
		rq[i].apns_id = "";
	}
	pusher_send(x->p, &x->conf, rq, MANY, 300000);
	for (size_t i = 0; i < MANY; i++)
		if (rq[i].result != PUSH_TAKEN)
			fail_msg("%zu: %d %s", i, rq[i].result, rq[i].err.msg);
	assert_int_equal(apns_server_stat("requests"), MANY);
	assert_int_equal(apns_server_stat("connections"), 1);
	assert_int_equal(pusher_connections(x->p), 1);
	assert_null(look(x, num + MANY - 1, NULL).job);
}

/* ---- who stays silent ---- */

static int do_command(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct command cmd = { .uuid = c->uuid != NULL ? c->uuid : "C",
		.request_type = "ProfileList",
		.body = bytes_str("<plist/>"), .created = c->x->now };
	enum store_queued queued;
	struct enrollment *en;

	digest_sha256(cmd.body, cmd.digest);
	if (store_command_put(tx, &cmd, &c->flag, e) != 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (store_enrollment_get(tx, c->num + i, c->x->a, &en,
			e) != 0 || store_target_add(tx, en, cmd.uuid,
			c->options, c->at, &queued, e) != 0)
			return -1;
	return 0;
}

static int do_settle(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_settle(tx, c->num, &c->state, 0, e);
}

static void settle(struct fixture *x, uint64_t num, int64_t sent,
	int64_t dead)
{
	struct call c = { .x = x, .num = num, .state = { .sent = sent,
		.apns_id = "", .dead = dead } };

	WRITE(do_settle, &c);
}

/* Who has a command that may be given later is pushed again then. */
static void test_not_before(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2);
	struct target_options later = { .priority = 100,
		.not_before = clk_now() + 3600 };
	struct call c = { .x = x, .num = num, .n = 1, .at = x->now,
		.options = &later };

	WRITE(do_command, &c);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	assert_int_equal(look(x, num, NULL).job->due, later.not_before);
	assert_int_equal(push(x, num + 1).result, PUSH_TAKEN);
	assert_null(look(x, num + 1, NULL).job);
}

static void sweep(struct fixture *x, int64_t now, uint64_t *after,
	size_t expected)
{
	int64_t oldest;
	size_t added;

	assert_int_equal(push_sweep(x->w->st, &x->conf, now, 1, after, &added,
		&oldest, &x->e), 0);
	assert_int_equal(added, expected);
	assert_int_equal(oldest, x->now - 77);
}

/* A job that waits for a not-before keeps nobody from being pushed again for
 * what was queued before; what is not ready is no reason to push. */
static void test_sweep_not_before(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 2), after = 0;
	struct target_options later = { .priority = 100,
		.not_before = clk_now() + 100 * 86400 };
	struct call c = { .x = x, .num = num, .n = 2, .at = x->now - 77,
		.options = &later };
	int64_t now = x->now + 7200;

	WRITE(do_command, &c);
	c.uuid = "D";
	c.options = NULL;
	c.n = 1;
	WRITE(do_command, &c);
	assert_int_equal(push(x, num).result, PUSH_TAKEN);
	assert_int_equal(push(x, num + 1).result, PUSH_TAKEN);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	sweep(x, now, &after, 1);
	assert_int_equal(look(x, num, NULL).job->due, now);
	assert_int_equal(look(x, num + 1, NULL).job->due, later.not_before);
	sweep(x, now, &after, 0);
}

static void test_sweep(void **state)
{
	struct fixture *x = *state;
	uint64_t num = enroll(x, TOPIC, 1, 20), after = 0;
	struct call c = { .x = x, .num = num, .n = 10, .at = x->now - 77 };
	int64_t now = x->now + 7200;

	WRITE(do_command, &c);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	/* Their tokens came just now. */
	sweep(x, x->now, &after, 0);
	/* Two hours later one was seen, one was pushed, one is dead, one has
	 * a job; the other six are due. */
	store_touch_seen(x->w->st, num + 1, now - 60);
	settle(x, num + 2, now - 60, 0);
	settle(x, num + 3, x->now, x->now);
	add_jobs(x, num + 4, 1);
	sweep(x, now, &after, 4);
	assert_true(after != 0);
	sweep(x, now, &after, 2);
	assert_int_equal(after, 0);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(look(x, num + i, NULL).job != NULL,
			i < 10 && (i < 1 || i > 3));
	assert_int_equal(look(x, num, NULL).job->due, now);
	sweep(x, now, &after, 0);
	assert_int_equal(after, 0);
	/* Never. */
	x->conf.push_again_hours = 0;
	sweep(x, now + 86400, &after, 0);
}

/* One call goes over many pages of queues, to its bound or to the end. */
static void test_sweep_pages(void **state)
{
	struct fixture *x = *state;
	size_t n = 1300, added;
	uint64_t num = enroll(x, TOPIC, 1, n), after = 0;
	struct call c = { .x = x, .num = num, .n = n, .at = x->now - 77 };
	int64_t now = x->now + 7200, oldest;

	WRITE(do_command, &c);
	/* All but the last were seen just now. */
	for (size_t i = 0; i + 1 < n; i++)
		store_touch_seen(x->w->st, num + i, now - 60);
	x->conf.push_again_hours = 1;
	x->conf.push_again_limit = 4;
	assert_int_equal(push_sweep(x->w->st, &x->conf, now, 1000, &after,
		&added, &oldest, &x->e), 0);
	assert_int_equal(added, 0);
	assert_int_equal(oldest, c.at);
	assert_int_equal(after, num + 999);
	after = 0;
	assert_int_equal(push_sweep(x->w->st, &x->conf, now, n + 1, &after,
		&added, &oldest, &x->e), 0);
	assert_int_equal(added, 1);
	assert_int_equal(after, 0);
	assert_non_null(look(x, num + n - 1, NULL).job);
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
		TEST(test_loss), TEST(test_restarted_server),
		TEST(test_overloaded), TEST(test_slow), TEST(test_same_enrollment),
		TEST(test_no_push_data), TEST(test_not_before), TEST(test_sweep),
		TEST(test_sweep_not_before), TEST(test_sweep_pages),
		TEST(test_ten_thousand),
	};

	return cmocka_run_group_tests(tests, apns_server_start,
		apns_server_stop);
}
