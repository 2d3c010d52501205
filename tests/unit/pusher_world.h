#ifndef MOORING_TESTS_UNIT_PUSHER_WORLD_H
#define MOORING_TESTS_UNIT_PUSHER_WORLD_H

/* A pusher on a real store, with tests/e2e/apns.py to push to. */

#include <stdio.h>
#include <string.h>

#include "apns_server.h"
#include "base/clk.h"
#include "base/enc.h"
#include "codec/json.h"
#include "mdm_world.h"
#include "push/pusher.h"
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

static inline int do_cert(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	return store_push_cert_put(tx, c->cert, e);
}

/* A certificate of its own for this topic; replaces. */
static inline void put_cert(struct fixture *x, const char *topic)
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

static inline int do_get(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;

	if (store_push_state_get(tx, c->num, c->x->a, &c->state, e) != 0 ||
		store_push_job_get(tx, c->num, c->x->a, &c->job, e) != 0)
		return -1;
	return c->topic == NULL ? 0 : store_push_cert_get(tx, c->topic,
		c->x->a, &c->cert, e);
}

static inline struct call look(struct fixture *x, uint64_t num,
	const char *topic)
{
	struct call c = { .x = x, .num = num, .topic = topic };

	assert_int_equal(store_read(x->w->st, do_get, &c, &x->e), 0);
	return c;
}

/* What a TokenUpdate leaves, of n enrollments whose tokens are numbers. */
static inline int do_enroll(struct store_tx *tx, void *arg, struct err *e)
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
static inline uint64_t enroll(struct fixture *x, const char *topic,
	uint64_t token, size_t n)
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

static inline int do_jobs(struct store_tx *tx, void *arg, struct err *e)
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

static inline void add_jobs(struct fixture *x, uint64_t num, size_t n)
{
	for (size_t i = 0; i < n; i += 500) {
		struct call c = { .x = x, .num = num + i,
			.n = n - i < 500 ? n - i : 500,
			.at = x->now + LEASE };

		WRITE(do_jobs, &c);
	}
}

/* Jobs for these, pushed. */
static inline struct push_request *send(struct fixture *x, uint64_t num,
	size_t n)
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

static inline struct push_request push(struct fixture *x, uint64_t num)
{
	return *send(x, num, 1);
}

static inline void rule(struct fixture *x, const char *json)
{
	apns_server_call("rule", json, x->a);
}

static inline const struct json *seen(struct fixture *x)
{
	struct json *all;

	assert_int_equal(json_parse(bytes_str(apns_server_call("seen", NULL,
		x->a)), x->a, &all, &x->e), 0);
	return all;
}

/* ---- the world ---- */

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

/* ---- dead tokens ---- */

static inline int do_check(struct store_tx *tx, void *arg, struct err *e)
{
	struct call *c = arg;
	struct enrollment *en;

	if (store_enrollment_get(tx, c->num, c->x->a, &en, e) != 0)
		return -1;
	return push_check(tx, en, c->x->a, &c->at, &c->passing, e);
}

/* push_check's kind, and *hold. */
static inline enum err_kind check(struct fixture *x, uint64_t num,
	int64_t *hold)
{
	struct call c = { .x = x, .num = num };

	x->e = (struct err)ERR_INIT;
	(void)store_read(x->w->st, do_check, &c, &x->e);
	*hold = c.at;
	return x->e.kind;
}

#endif
