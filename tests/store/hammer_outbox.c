/*
 * Threads of two processes add events and pushes while others claim and
 * settle them: every event reaches every webhook, those of one enrollment in
 * their order, and nobody is given what another has. Also what runs under
 * ThreadSanitizer.
 */
#include "store_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_event.h"
#include "store/store_push.h"

#define PROCESSES 2
#define ADDERS 4	/* threads of each process */
#define COURIERS 4
#define HOOKS 2
#define DEVICES 6
#define ROUNDS 40
#define EVENTS (PROCESSES * ADDERS * ROUNDS)
#define LEASE 1000000	/* longer than the test */

/* Shared by both processes. */
struct tally {
	atomic_uint adding;	/* threads that still add */
	atomic_uint delivered[HOOKS][EVENTS + 1];
	atomic_ullong last[HOOKS][DEVICES + 1];
	atomic_uint held[HOOKS][DEVICES + 1];
	atomic_uint events, pushes, settled, retried, buried, faults;
};

struct worker {
	struct world *w;
	struct tally *tally;
	unsigned process, thread, round;
	struct arena *a;
	pthread_t id;
	/* of one closure */
	uint64_t seq, hook;
	struct claim **claims, *next;
	const struct claim *claim;
	struct push_job *jobs;
	const struct push_job *job;
	size_t n;
};

static void trouble(struct worker *h, const char *what, const char *why)
{
	fprintf(stderr, "process %u thread %u round %u: %s: %s\n", h->process,
	    h->thread, h->round, what, why);
	atomic_fetch_add(&h->tally->faults, 1);
}

static bool write_it(struct worker *h, store_fn fn, const char *what)
{
	struct err e = ERR_INIT;

	if (store_write(h->w->st, fn, h, &e) == 0)
		return true;
	trouble(h, what, e.msg);
	return false;
}

/* ---- who adds ---- */

static uint64_t device_of(const struct worker *h)
{
	return 1 + (h->process + h->thread * 5 + h->round) % DEVICES;
}

static int add(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		.created = h->w->now, .enrollment = device_of(h),
		.raw = bytes_str("<plist/>") };
	unsigned hooks;

	if (store_event_add(tx, &ev, h->a, &hooks, e) < 0)
		return -1;
	h->seq = ev.seq;
	return hooks == HOOKS ? 0 : err_set(e, ERR_CONFLICT, "%u take it",
	    hooks);
}

static int ask(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;

	return store_push_add(tx, device_of(h), "id", h->w->now, h->w->now, e);
}

/* Begins something and thinks better of it. */
static int give_up(struct store_tx *tx, void *arg, struct err *e)
{
	if (add(tx, arg, e) < 0)
		return -1;
	return err_set(e, ERR_CONFLICT, "given up");
}

static void *adder(void *arg)
{
	struct worker *h = arg;
	struct err e;

	h->a = arena_new();
	for (h->round = 0; h->round < ROUNDS; h->round++) {
		if (write_it(h, add, "add"))
			atomic_fetch_add(&h->tally->events, 1);
		if (write_it(h, ask, "ask"))
			atomic_fetch_add(&h->tally->pushes, 1);
		if (h->round % 5 == 0 &&
		    store_write(h->w->st, give_up, h, &e) == 0)
			trouble(h, "give up", "it did not");
		arena_reset(h->a);
	}
	atomic_fetch_sub(&h->tally->adding, 1);
	arena_free(h->a);
	return NULL;
}

/* ---- who delivers ---- */

static int claim(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;

	return store_delivery_claim(tx, h->hook, h->w->now, h->w->now + LEASE,
	    2, h->a, &h->claims, &h->n, e);
}

static int done(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;

	return store_delivery_done(tx, h->claim, h->w->now, h->round % 3 == 0 ?
	    0 : h->w->now + LEASE, h->a, &h->next, e);
}

static int retry(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;

	return store_delivery_retry(tx, h->claim, h->w->now, "again", e);
}

static int bury(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;
	bool queued;

	/* And thinks better of it: it comes again, first in its lane. */
	if (store_delivery_bury(tx, h->claim, h->w->now, "why", e) < 0)
		return -1;
	return store_delivery_replay(tx, h->claim->webhook, h->claim->seq,
	    h->w->now, &queued, e);
}

/* Nobody else has this lane now. */
static void hold(struct worker *h, const struct claim *c, int by)
{
	unsigned was = atomic_fetch_add(&h->tally->held[c->webhook - 1]
	    [c->enrollment], (unsigned)by);

	if (was != (by > 0 ? 0 : 1))
		trouble(h, "lane", "another has it");
}

static void count(struct worker *h, const struct claim *c)
{
	unsigned long long last = atomic_exchange(&h->tally->last
	    [c->webhook - 1][c->enrollment], c->seq);

	if (last >= c->seq)
		trouble(h, "lane", "out of order");
	if (atomic_fetch_add(&h->tally->delivered[c->webhook - 1][c->seq],
	    1) != 0)
		trouble(h, "lane", "delivered twice");
}

static void deliver(struct worker *h, const struct claim *c)
{
	while (c != NULL) {
		h->round++;
		h->claim = c;
		h->next = NULL;
		hold(h, c, 1);
		if (h->round % 7 == 0 || h->round % 11 == 0) {
			hold(h, c, -1);
			if (h->round % 7 == 0 && write_it(h, retry, "retry"))
				atomic_fetch_add(&h->tally->retried, 1);
			else if (h->round % 7 != 0 && write_it(h, bury, "bury"))
				atomic_fetch_add(&h->tally->buried, 1);
			return;
		}
		count(h, c);
		hold(h, c, -1);
		if (!write_it(h, done, "done"))
			return;
		c = h->next;
	}
}

static int claim_pushes(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;

	return store_push_claim(tx, h->w->now, h->w->now + LEASE, 3, h->a,
	    &h->jobs, &h->n, e);
}

static int settle(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;
	struct push_state s = { .sent = h->w->now, .status = 200,
		.apns_id = h->job->apns_id };

	return store_push_settle(tx, h->job->enrollment, &s,
	    h->round % 4 == 0 ? h->w->now : 0, e);
}

static void push(struct worker *h)
{
	if (!write_it(h, claim_pushes, "claim pushes"))
		return;
	for (size_t i = 0; i < h->n; i++) {
		h->round++;
		h->job = &h->jobs[i];
		if (write_it(h, settle, "settle"))
			atomic_fetch_add(&h->tally->settled, 1);
	}
}

static int waits(struct store_tx *tx, void *arg, struct err *e)
{
	struct worker *h = arg;
	struct store_outbox o;
	int64_t due;

	if (store_outbox_info(tx, &o, e) < 0 ||
	    store_push_next_due(tx, &due, e) < 0)
		return -1;
	h->n = o.waiting + (due != 0);
	return 0;
}

static bool is_over(struct worker *h)
{
	bool adding = atomic_load(&h->tally->adding) > 0;
	struct err e = ERR_INIT;

	if (store_read(h->w->st, waits, h, &e) < 0) {
		trouble(h, "look", e.msg);
		return true;
	}
	return (!adding && h->n == 0) || atomic_load(&h->tally->faults) > 0;
}

static void *courier(void *arg)
{
	struct worker *h = arg;

	h->a = arena_new();
	while (!is_over(h)) {
		h->hook = 1 + h->round++ % HOOKS;
		if (write_it(h, claim, "claim")) {
			struct claim **claims = h->claims;
			size_t n = h->n;

			for (size_t i = 0; i < n; i++)
				deliver(h, claims[i]);
		}
		push(h);
		arena_reset(h->a);
	}
	arena_free(h->a);
	return NULL;
}

/* ---- the test ---- */

static void process(struct world *w, struct tally *tally, unsigned which)
{
	struct worker h[ADDERS + COURIERS];

	world_open(w);
	for (unsigned i = 0; i < ADDERS + COURIERS; i++) {
		h[i] = (struct worker){ .w = w, .tally = tally,
			.process = which, .thread = i };
		if (pthread_create(&h[i].id, NULL, i < ADDERS ? adder :
		    courier, &h[i]) != 0)
			_exit(3);
	}
	for (unsigned i = 0; i < ADDERS + COURIERS; i++)
		pthread_join(h[i].id, NULL);
	world_close(w);
	_exit(0);
}

static void prepare(struct world *w)
{
	struct store_tx *tx;
	char name[8];

	for (int i = 1; i <= DEVICES; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		assert_int_equal(world_enroll(w, name).num, i);
	}
	tx = world_write(w);
	for (int i = 0; i < HOOKS; i++) {
		struct webhook h = { .name = i == 0 ? "a" : "b",
			.url = "https://h/", .topics = "" };

		OK(store_webhook_put(tx, &h, &w->err));
		assert_int_equal(h.num, i + 1);
	}
	world_commit(w);
}

static void expect_tally(struct world *w, struct tally *t)
{
	struct store_outbox o;
	unsigned delivered = 0;

	assert_int_equal(atomic_load(&t->faults), 0);
	assert_int_equal(atomic_load(&t->events), EVENTS);
	assert_int_equal(atomic_load(&t->pushes), EVENTS);
	assert_true(atomic_load(&t->settled) > DEVICES);
	assert_true(atomic_load(&t->retried) > 0);
	assert_true(atomic_load(&t->buried) > 0);
	for (int h = 0; h < HOOKS; h++)
		for (int i = 1; i <= EVENTS; i++)
			delivered += atomic_load(&t->delivered[h][i]) == 1;
	assert_int_equal(delivered, HOOKS * EVENTS);
	OK(store_outbox_info(world_read(w), &o, &w->err));
	world_end(w);
	assert_int_equal(o.events, EVENTS);
	assert_int_equal(o.waiting, 0);
	assert_int_equal(o.buried, 0);
	world_check(w);
}

static void test_hammer_outbox(void **state)
{
	struct world *w = *state;
	pid_t pid[PROCESSES];
	struct tally *tally = mmap(NULL, sizeof(*tally),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_true(tally != MAP_FAILED);
	atomic_store(&tally->adding, PROCESSES * ADDERS);
	prepare(w);
	world_close(w);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			process(w, tally, i);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	world_open(w);
	expect_tally(w, tally);
	munmap(tally, sizeof(*tally));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hammer_outbox,
		    world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
