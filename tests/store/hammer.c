/*
 * 16 threads in each of two processes on one store: they enroll, queue,
 * answer, take the same challenges, list and copy for a bounded number of rounds, then what was
 * acknowledged is counted. Also what runs under ThreadSanitizer.
 */
#include "store_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_enroll.h"

#define THREADS 16
#define PROCESSES 2
#define DEVICES 8
#define ROUNDS 60

/* Shared by both processes: what was acknowledged. */
struct tally {
	atomic_uint queued[DEVICES], answered[DEVICES], users, issued;
	atomic_uint faults;
};

struct hammerer {
	struct world *w;
	struct tally *tally;
	unsigned process, thread, round, device;
	uint64_t num[DEVICES];
	struct arena *a;
	enum store_queued queued;
	enum store_answer answer;
	bool had;		/* a command to answer */
	bool got;		/* the certificate of a challenge */
	pthread_t id;
};

static void trouble(struct hammerer *h, const char *what, const struct err *e)
{
	fprintf(stderr, "process %u thread %u round %u: %s: %s\n", h->process,
	    h->thread, h->round, what, e->msg);
	atomic_fetch_add(&h->tally->faults, 1);
}

static int get_device(struct store_tx *tx, struct hammerer *h,
	struct enrollment **out, struct err *e)
{
	return store_enrollment_get(tx, h->num[h->device], h->a, out, e);
}

static int queue_one(struct store_tx *tx, void *arg, struct err *e)
{
	struct hammerer *h = arg;
	struct target_options o = { .priority = (uint8_t)(h->round * 7) };
	struct enrollment *en;
	struct command c;
	char uuid[64];
	bool created;

	/* Half of them are shared between the devices and the processes. */
	if (h->round % 2 == 0)
		snprintf(uuid, sizeof(uuid), "own %u %u %u", h->process,
		    h->thread, h->round);
	else
		snprintf(uuid, sizeof(uuid), "shared %u", h->round);
	c = world_command(uuid);
	if (get_device(tx, h, &en, e) < 0 ||
	    store_command_put(tx, &c, &created, e) < 0)
		return -1;
	return store_target_add(tx, en, uuid, &o, h->w->now, &h->queued, e);
}

static int answer_one(struct store_tx *tx, void *arg, struct err *e)
{
	struct hammerer *h = arg;
	uint64_t num = h->num[h->device];
	struct store_next next;

	h->had = false;
	if (store_queue_next(tx, num, true, h->w->now, h->a, &next, e) < 0)
		return -1;
	if (next.settle)
		return store_queue_settle(tx, num, true, h->w->now, e);
	if (next.command == NULL)
		return 0;
	if (h->round % 5 == 0)
		return store_target_park(tx, num, next.command->uuid,
		    h->w->now, e);
	h->had = true;
	return store_target_answer(tx, num, next.command->uuid,
	    TARGET_ACKNOWLEDGED, bytes_str(next.command->uuid), h->w->now,
	    &h->answer, e);
}

static int add_user(struct store_tx *tx, void *arg, struct err *e)
{
	struct hammerer *h = arg;
	struct enrollment *en, user;
	char name[64];

	snprintf(name, sizeof(name), "u%u.%u.%u", h->process, h->thread,
	    h->round);
	if (get_device(tx, h, &en, e) < 0)
		return -1;
	user = *en;
	user.num = 0;
	user.parent = en->num;
	user.id.kind = ENROLLMENT_USER;
	user.id.user = bytes_str(name);
	if (store_enrollment_put(tx, &user, e) < 0)
		return -1;
	return store_secret_put(tx, user.num, STORE_PUSH_TOKEN,
	    bytes_str(name), e);
}

static struct ticket challenge(unsigned round)
{
	return (struct ticket){ .kind = TICKET_CHALLENGE,
		.hash = { 1, (unsigned char)round }, .expires = 100 + round,
		.grant = { .source = GRANT_OPEN } };
}

/* All want the one of their round, and one may have it. */
static int take_challenge(struct store_tx *tx, void *arg, struct err *e)
{
	struct hammerer *h = arg;
	struct ticket t = challenge(h->round), *now;
	struct store_cert c = { .device = h->num[h->device],
		.not_after = 1 + h->round };
	struct issued i = { .not_after = c.not_after, .grant = t.grant };
	char serial[16], der[64];

	h->got = false;
	if (store_ticket_get(tx, t.hash, h->a, &now, e) < 0)
		return -1;
	if (now == NULL)
		return err_set(e, ERR_CONFLICT, "the challenge is gone");
	if (now->used != 0)
		return 0;
	snprintf(serial, sizeof(serial), "%x", h->round + 1);
	snprintf(der, sizeof(der), "%u %u %u", h->process, h->thread,
	    h->round);
	i.serial = serial;
	i.der = bytes_str(der);
	digest_sha256(i.der, i.cert);
	now->used = h->w->now;
	memcpy(now->cert, i.cert, DIGEST_LEN);
	h->got = true;
	if (store_issued_add(tx, &i, e) < 0 ||
	    store_cert_put(tx, i.cert, &c, e) < 0)
		return -1;
	return store_ticket_put(tx, now, e);
}

/* Begins something and thinks better of it. */
static int give_up(struct store_tx *tx, void *arg, struct err *e)
{
	if (add_user(tx, arg, e) < 0)
		return -1;
	return err_set(e, ERR_CONFLICT, "given up");
}

static int look(struct store_tx *tx, void *arg, struct err *e)
{
	struct hammerer *h = arg;
	uint64_t num = h->num[h->device], *nums, count;
	struct bytes cursor = { NULL, 0 };
	struct enrollment **all;
	struct target **t;
	size_t n, children;

	if (store_enrollment_list(tx, 0, 1000, h->a, &all, &n, e) < 0 ||
	    store_enrollment_count(tx, &count, e) < 0)
		return -1;
	if (n != count && n != 1000)
		return err_set(e, ERR_CONFLICT, "%zu of %u enrollments", n,
		    (unsigned)count);
	if (store_enrollment_children(tx, num, 0, 1000, h->a, &nums,
	    &children, e) < 0)
		return -1;
	do {
		if (store_queue_list(tx, num, cursor, 7, h->a, &t, &n, &cursor,
		    e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (!target_state_is_queued(t[i]->state))
				return err_set(e, ERR_CONFLICT, "%s is %s",
				    t[i]->uuid,
				    target_state_name(t[i]->state));
	} while (cursor.p != NULL);
	return 0;
}

static void copy(struct hammerer *h)
{
	struct store_copying c = { .max_growth = 0 };
	struct err e = ERR_INIT;
	char path[128];

	snprintf(path, sizeof(path), "%s/copy%u", h->w->dir, h->process);
	if (store_copy(h->w->st, path, &c, &e) < 0)
		trouble(h, "copy", &e);
	unlink(path);
}

static void one_round(struct hammerer *h)
{
	struct store *st = h->w->st;
	struct err e = ERR_INIT;

	h->device = (h->process * 3 + h->thread + h->round) % DEVICES;
	if (store_write(st, queue_one, h, &e) < 0)
		trouble(h, "queue", &e);
	else if (h->queued == STORE_QUEUED)
		atomic_fetch_add(&h->tally->queued[h->device], 1);
	if (store_read(st, look, h, &e) < 0)
		trouble(h, "look", &e);
	store_touch_seen(st, h->num[h->device], h->w->now + h->round);
	if (h->round % 4 == 0) {
		if (store_write(st, add_user, h, &e) < 0)
			trouble(h, "user", &e);
		else
			atomic_fetch_add(&h->tally->users, 1);
		if (store_write(st, give_up, h, &e) == 0 ||
		    e.kind != ERR_CONFLICT)
			trouble(h, "give up", &e);
	}
	if (store_write(st, answer_one, h, &e) < 0)
		trouble(h, "answer", &e);
	else if (h->had && h->answer != STORE_ANSWERED)
		trouble(h, "answered twice", &e);
	else if (h->had)
		atomic_fetch_add(&h->tally->answered[h->device], 1);
	if (store_write(st, take_challenge, h, &e) < 0)
		trouble(h, "challenge", &e);
	else if (h->got)
		atomic_fetch_add(&h->tally->issued, 1);
	if (h->thread == 0 && h->round % 5 == 0)
		copy(h);
	arena_reset(h->a);
}

static void *hammer(void *arg)
{
	struct hammerer *h = arg;

	h->a = arena_new();
	for (h->round = 0; h->round < ROUNDS; h->round++)
		one_round(h);
	arena_free(h->a);
	return NULL;
}

static void process(struct world *w, struct tally *tally, unsigned which,
	const uint64_t num[DEVICES])
{
	struct hammerer h[THREADS];

	world_open(w);
	for (unsigned i = 0; i < THREADS; i++) {
		h[i] = (struct hammerer){ .w = w, .tally = tally,
			.process = which, .thread = i };
		memcpy(h[i].num, num, sizeof(h[i].num));
		if (pthread_create(&h[i].id, NULL, hammer, &h[i]) != 0)
			_exit(3);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(h[i].id, NULL);
	world_close(w);
	_exit(0);
}

static size_t count_pages(struct world *w, __typeof__(store_queue_list) *list,
	uint64_t num)
{
	struct store_tx *tx = world_read(w);
	struct bytes cursor = { NULL, 0 };
	struct target **t;
	size_t n, all = 0;

	do {
		OK(list(tx, num, cursor, 100, w->arena, &t, &n, &cursor,
		    &w->err));
		all += n;
	} while (cursor.p != NULL);
	world_end(w);
	return all;
}

/* One for each challenge, and for the one who was told so. */
static void expect_issued(struct world *w, struct tally *t)
{
	const struct bytes start = { NULL, 0 };
	struct store_tx *tx = world_read(w);
	struct store_cert_row *rows;
	struct ticket **tickets;
	struct issued **certs;
	struct bytes next;
	size_t n;

	assert_int_equal(atomic_load(&t->issued), ROUNDS);
	OK(store_issued_list(tx, start, 2 * ROUNDS, w->arena, &certs, &n,
	    &next, &w->err));
	assert_int_equal(n, ROUNDS);
	OK(store_cert_expiring(tx, INT64_MAX, start, 2 * ROUNDS, w->arena,
	    &rows, &n, &next, &w->err));
	assert_int_equal(n, ROUNDS);
	OK(store_ticket_list(tx, TICKET_CHALLENGE, start, 2 * ROUNDS,
	    w->arena, &tickets, &n, &next, &w->err));
	assert_int_equal(n, ROUNDS);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(tickets[i]->used, w->now);
		assert_memory_equal(tickets[i]->cert, certs[i]->cert,
		    DIGEST_LEN);
		assert_memory_equal(rows[i].sha256, certs[i]->cert,
		    DIGEST_LEN);
	}
	world_end(w);
}

static void expect_tally(struct world *w, struct tally *t,
	const uint64_t num[DEVICES])
{
	struct store_info info;
	unsigned queued = 0;

	assert_int_equal(atomic_load(&t->faults), 0);
	for (int i = 0; i < DEVICES; i++) {
		size_t left = count_pages(w, store_queue_list, num[i]),
		    done = count_pages(w, store_history_list, num[i]);

		assert_int_equal(done, atomic_load(&t->answered[i]));
		assert_int_equal(left + done, atomic_load(&t->queued[i]));
		queued += atomic_load(&t->queued[i]);
	}
	assert_true(queued > THREADS * PROCESSES * ROUNDS / 2);
	OK(store_info(w->st, &info, &w->err));
	assert_int_equal(info.enrollments, DEVICES + atomic_load(&t->users));
	expect_issued(w, t);
	world_check(w);
}

static void test_hammer(void **state)
{
	struct world *w = *state;
	uint64_t num[DEVICES];
	pid_t pid[PROCESSES];
	struct tally *tally = mmap(NULL, sizeof(*tally),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_true(tally != MAP_FAILED);
	for (int i = 0; i < DEVICES; i++) {
		char udid[8];

		snprintf(udid, sizeof(udid), "d%d", i);
		num[i] = world_enroll(w, udid).num;
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ticket t = challenge(i);

		OK(store_ticket_put(world_write(w), &t, &w->err));
		world_commit(w);
	}
	world_close(w);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			process(w, tally, i, num);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	world_open(w);
	expect_tally(w, tally, num);
	munmap(tally, sizeof(*tally));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hammer, world_setup,
		    world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
