/* Transactions such as the rules make, and what tells whether one of them
 * was done by half. */
#include "scenario.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store_push.h"

#define TRY(call) do { if ((call) < 0) return -1; } while (0)
/* In a store that is damaged, anything may be absent. */
#define NEED(p) do { \
	if ((p) == NULL) \
		return err_set(e, ERR_BUSY, "%s is not there", #p); \
} while (0)

static const unsigned char cert[DIGEST_LEN] = { 7 };

static int put_one(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const struct target_options *o, int64_t now,
	struct err *e)
{
	struct command c = world_command(uuid);
	enum store_queued how;
	bool created;

	TRY(store_command_put(tx, &c, &created, e));
	return store_target_add(tx, en, uuid, o, now, &how, e);
}

static int prepare_push(struct store_tx *tx, struct world *w, uint64_t a,
	uint64_t b, struct err *e)
{
	struct push_cert c = { .topic = "t", .cert_pem = bytes_str("cert"),
		.key_pem = bytes_str("key"), .not_after = w->now + 9 };
	struct push_state s = { .sent = w->now, .apns_id = "old" };

	TRY(store_push_cert_put(tx, &c, e));
	TRY(store_push_add(tx, a, "a1", w->now, w->now, e));
	TRY(store_push_add(tx, b, "b1", w->now, w->now, e));
	return store_push_settle(tx, b, &s, w->now + 100, e);
}

static int prepare(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct enrollment a = world_device("A"), b = world_device("B");
	struct target_options later = { .priority = 100,
		.not_before = w->now + 5 }, key = { .dedupe = "k" };
	enum store_answer how;
	bool moved;

	TRY(store_enrollment_put(tx, &a, e));
	TRY(store_enrollment_put(tx, &b, e));
	TRY(store_secret_put(tx, a.num, STORE_PUSH_TOKEN, bytes_str("t"), e));
	TRY(put_one(tx, &a, "ready", NULL, w->now, e));
	TRY(put_one(tx, &a, "parked", NULL, w->now, e));
	TRY(put_one(tx, &a, "later", &later, w->now, e));
	TRY(put_one(tx, &a, "keyed", &key, w->now, e));
	TRY(put_one(tx, &a, "done", NULL, w->now, e));
	TRY(put_one(tx, &a, "once", NULL, w->now, e));
	TRY(store_target_park(tx, a.num, "parked", w->now, e));
	TRY(store_target_sent(tx, a.num, "once", w->now, &moved, e));
	TRY(store_target_answer(tx, a.num, "done", TARGET_ERROR,
	    bytes_str("raw"), w->now, &how, e));
	TRY(store_allow_put(tx, STORE_ALLOW_SERIAL, bytes_str("S"), w->now,
	    e));
	TRY(prepare_push(tx, w, a.num, b.num, e));
	TRY(scenario_prepare_event(tx, w, e));
	TRY(scenario_prepare_enroll(tx, w, a.num, e));
	return scenario_prepare_admin(tx, w, a.num, b.num, e);
}

void scenario_prepare(struct world *w)
{
	OK(store_write(w->st, prepare, w, &w->err));
}

int scenario_setup(void **state, const struct variant *variant)
{
	union {
		const struct variant *in;
		void *out;
	} v = { variant };

	*state = v.out;
	if (world_setup(state) != 0)
		return -1;
	scenario_prepare(*state);
	return 0;
}

/* A compacted copy is the same, byte by byte, for the same contents. */
void scenario_digest(struct world *w, unsigned char out[DIGEST_LEN])
{
	struct store_copying c = { .max_growth = 0 };
	struct arena *a = arena_new();
	struct bytes all;
	char path[96];

	snprintf(path, sizeof(path), "%s/digest", w->dir);
	OK(store_copy(w->st, path, &c, &w->err));
	OK(file_read(path, (size_t)64 << 20, a, &all, &w->err));
	digest_sha256(all, out);
	unlink(path);
	arena_free(a);
}

/* ---- the scenarios ---- */

static int authenticate(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct enrollment *a, user;
	struct store_cert c;
	uint64_t *nums;
	bool found;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	TRY(store_cert_get(tx, cert, &found, &c, e));
	c.device = a->num;
	TRY(store_cert_put(tx, cert, &c, e));
	a->generation++;
	a->state = ENROLLMENT_AUTHENTICATED;
	TRY(store_enrollment_put(tx, a, e));
	user = *a;
	user.num = 0;
	user.parent = a->num;
	user.id.kind = ENROLLMENT_USER;
	user.id.user = bytes_str("joe");
	TRY(store_enrollment_put(tx, &user, e));
	TRY(store_enrollment_children(tx, a->num, 0, 10, w->arena, &nums, &n,
	    e));
	TRY(store_target_cancel(tx, a->num, "keyed", w->now, &found, e));
	TRY(store_queue_cancel(tx, a->num, 100, w->now, &n, e));
	TRY(store_secret_del(tx, a->num, STORE_PUSH_TOKEN, e));
	TRY(store_secret_put(tx, a->num, STORE_RAW_AUTHENTICATE,
	    bytes_str("<plist/>"), e));
	return store_guard_release(tx, w->now, e);
}

static int enqueue(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct target_options key = { .priority = 200, .dedupe = "new",
		.not_after = w->now + 9 };
	struct enrollment *a, *b;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	TRY(store_enrollment_lookup(tx, bytes_str("B"), w->arena, &b, e));
	TRY(put_one(tx, a, "X", &key, w->now, e));
	TRY(put_one(tx, b, "X", &key, w->now, e));
	b->generation++;
	TRY(put_one(tx, b, "X", NULL, w->now, e));
	return store_target_requeue(tx, a, "done", w->now, e);
}

static int exchange(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct enrollment *a;
	struct store_next next;
	enum store_answer how;
	bool moved;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	TRY(store_target_answer(tx, a->num, "once", TARGET_ACKNOWLEDGED,
	    bytes_str("raw"), w->now, &how, e));
	TRY(store_queue_unpark(tx, a->num, e));
	TRY(store_target_park(tx, a->num, "ready", w->now, e));
	TRY(store_queue_settle(tx, a->num, true, w->now + 10, e));
	TRY(store_queue_next(tx, a->num, true, w->now + 10, w->arena, &next,
	    e));
	return store_target_sent(tx, a->num, next.command->uuid, w->now,
	    &moved, e);
}

static int retention(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	size_t n;

	TRY(store_sweep(tx, w->now + 1, 0, 100, &n, e));
	return n == 2 ? 0 : err_set(e, ERR_CONFLICT, "%zu were swept", n);
}

static int refuse(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct store_guard g;
	int64_t when;
	unsigned count;
	bool was;

	TRY(store_guard_get(tx, w->now, w->arena, &g, e));
	TRY(store_guard_refused(tx, cert, &when, e));
	TRY(store_guard_refuse(tx, cert, w->now, e));
	TRY(store_guard_arm(tx, w->now + 99, "test", e));
	TRY(store_allow_put(tx, STORE_ALLOW_UDID, bytes_str("U"), w->now, e));
	TRY(store_allow_del(tx, STORE_ALLOW_SERIAL, bytes_str("S"), &was, e));
	for (int i = 0; i < 3; i++)
		TRY(store_unreadable(tx, cert, cert, bytes_str("?"), w->now,
		    &count, e));
	return 0;
}

static int push(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct push_state s = { .sent = w->now, .status = 429 };
	struct push_cert c = { .topic = "u", .cert_pem = bytes_str("cert"),
		.key_pem = bytes_str("key") };
	struct enrollment *a;
	struct push_place at = { 0, 0 };
	struct push_job *jobs;
	bool did;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	TRY(store_push_cert_put(tx, &c, e));
	TRY(store_push_cert_stop(tx, "t", 0, w->now, "why", &did, e));
	TRY(store_push_cert_stop(tx, "t", 0, 0, NULL, &did, e));
	TRY(store_push_add(tx, a->num, "a2", w->now, w->now, e));
	TRY(store_push_hasten(tx, "t", &at, 9, &did, e));
	TRY(store_push_claim(tx, w->now, w->now + 9, 9, w->arena, &jobs, &n,
	    e));
	s.apns_id = "a2";
	TRY(store_push_settle(tx, a->num, &s, w->now + 50, e));
	TRY(store_push_renew(tx, a->num, w->now, e));
	TRY(store_push_settle(tx, a->num, &s, 0, e));
	return store_push_cert_del(tx, "u", &did, e);
}

static int look_push(struct store_tx *tx, struct world *w, uint64_t num,
	struct err *e)
{
	struct push_cert *c, **certs;
	struct push_state s;
	struct push_job *j;
	int64_t due;
	size_t n;

	TRY(store_push_cert_get(tx, "t", w->arena, &c, e));
	TRY(store_push_cert_list(tx, w->arena, &certs, &n, e));
	TRY(store_push_next_due(tx, &due, e));
	TRY(store_push_job_get(tx, num, w->arena, &j, e));
	return store_push_state_get(tx, num, w->arena, &s, e);
}

static int look(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct enrollment *a, **all;
	struct bytes v, cursor = { NULL, 0 };
	struct store_allowed *allowed;
	struct store_next next;
	struct target *t, **ts;
	struct command *c;
	uint64_t count;
	int64_t when;
	bool b;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	NEED(a);
	TRY(store_enrollment_find(tx, &a->id, w->arena, &a, e));
	NEED(a);
	TRY(store_enrollment_get(tx, a->num, w->arena, &a, e));
	NEED(a);
	TRY(store_enrollment_list(tx, 0, 9, w->arena, &all, &n, e));
	TRY(store_enrollment_skip(tx, 0, 1, &count, e));
	TRY(store_enrollment_count(tx, &count, e));
	TRY(store_secret_get(tx, a->num, STORE_PUSH_TOKEN, w->arena, &v, e));
	TRY(store_command_get(tx, "done", w->arena, &c, e));
	TRY(store_target_get(tx, a->num, "done", w->arena, &t, e));
	NEED(t);
	TRY(store_result_get(tx, a->num, t->result, w->arena, &v, e));
	TRY(store_queue_has_parked(tx, a->num, &b, e));
	TRY(store_queue_waiting(tx, a->num, 0, &when, e));
	TRY(store_queue_next(tx, a->num, true, w->now, w->arena, &next, e));
	TRY(store_queue_list(tx, a->num, cursor, 9, w->arena, &ts, &n, &cursor,
	    e));
	TRY(store_history_list(tx, a->num, cursor, 9, w->arena, &ts, &n,
	    &cursor, e));
	TRY(store_target_list(tx, "done", 0, 9, w->arena, &ts, &n, e));
	TRY(store_allow_has(tx, STORE_ALLOW_SERIAL, bytes_str("S"), &b, e));
	TRY(store_allow_list(tx, cursor, 9, w->arena, &allowed, &n, &cursor,
	    e));
	return look_push(tx, w, a->num, e);
}

const struct scenario scenarios[] = {
	{ "authenticate", authenticate, false },
	{ "enqueue", enqueue, false },
	{ "exchange", exchange, false },
	{ "retention", retention, false },
	{ "refuse", refuse, false },
	{ "look", look, true },
	{ "push", push, false },
	{ "administer", scenario_administer, false },
	{ "look after", scenario_look_after, true },
	{ "deliver", scenario_deliver, false },
	{ "look out", scenario_look_out, true },
	{ "issue", scenario_issue, false },
	{ "look in", scenario_look_in, true },
};
const size_t scenarios_n = sizeof(scenarios) / sizeof(scenarios[0]);
