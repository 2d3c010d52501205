/* No room: in the map, on the disk. What was acknowledged stays, nothing is
 * half done, and what frees space still works. */
#include "store_world.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_enroll.h"
#include "store/store_event.h"

#define BODY 3000

struct filling {
	struct world *w;
	struct enrollment en;
	unsigned n;		/* acknowledged */
	char body[BODY + 1];
};

static void uuid_of(unsigned i, char out[16])
{
	snprintf(out, 16, "C%06u", i);
}

static int add(struct store_tx *tx, void *arg, struct err *e)
{
	struct filling *f = arg;
	enum store_queued how;
	struct command c;
	char uuid[16];
	bool created;

	uuid_of(f->n, uuid);
	c = world_command(uuid);
	c.body = bytes_of(f->body, BODY);
	if (store_command_put(tx, &c, &created, e) < 0)
		return -1;
	return store_target_add(tx, &f->en, uuid, NULL, f->w->now, &how, e);
}

/* Until there is no room. */
static void fill(struct filling *f)
{
	struct world *w = f->w;

	memset(f->body, 'x', BODY);
	while (store_write(w->st, add, f, &w->err) == 0)
		if (++f->n > 100000)
			fail_msg("it never gets full");
	assert_int_equal(w->err.kind, ERR_BUSY);
}

static void expect_all(struct filling *f)
{
	struct world *w = f->w;
	struct store_info info;
	char uuid[16];

	OK(store_info(w->st, &info, &w->err));
	assert_int_equal(info.queued, f->n);
	for (unsigned i = 0; i < f->n; i += f->n / 10 + 1) {
		uuid_of(i, uuid);
		assert_non_null(world_target(w, f->en.num, uuid));
	}
	assert_string_equal(world_next(w, f->en.num, false), "C000000");
	world_check(w);
}

struct freeing {
	struct filling *f;
	size_t n;
};

static int cancel(struct store_tx *tx, void *arg, struct err *e)
{
	struct freeing *g = arg;

	return store_queue_cancel(tx, g->f->en.num, 10, 1, &g->n, e);
}

static int sweep(struct store_tx *tx, void *arg, struct err *e)
{
	struct freeing *g = arg;

	return store_sweep(tx, 2, 0, 10, &g->n, e);
}

/* A device that enrolls anew frees its queue and brings a body: it may not
 * spend what is kept back for freeing. */
static int enroll_anew(struct store_tx *tx, void *arg, struct err *e)
{
	static unsigned char raw[65536];
	struct freeing *g = arg;

	if (store_queue_cancel(tx, g->f->en.num, 1, 1, &g->n, e) < 0)
		return -1;
	return store_secret_put(tx, g->f->en.num, STORE_RAW_AUTHENTICATE,
	    bytes_of(raw, sizeof(raw)), e);
}

static void make_room(struct filling *f)
{
	struct world *w = f->w;
	struct freeing g = { f, 0 };
	size_t cancelled = 0, swept = 0;

	FAILS(store_write(w->st, enroll_anew, &g, &w->err), ERR_BUSY);
	do {
		OK(store_write(w->st, cancel, &g, &w->err));
		cancelled += g.n;
		OK(store_write(w->st, sweep, &g, &w->err));
		swept += g.n;
	} while (cancelled < f->n / 2 && g.n > 0);
	assert_true(cancelled > 0);
	assert_int_equal(swept, cancelled);
}

static void run(struct world *w)
{
	struct filling f = { .w = w };
	unsigned first;

	f.en = world_enroll(w, "A");
	fill(&f);
	first = f.n;
	assert_true(first > 50);
	expect_all(&f);
	/* Reading goes on, and so does a process that comes now. */
	world_close(w);
	world_open(w);
	expect_all(&f);
	assert_true(store_write(w->st, add, &f, &w->err) < 0);
	make_room(&f);
	world_check(w);
	/* And there is room again. */
	f.n = first;
	for (unsigned i = 0; i < first / 4; i++, f.n++)
		OK(store_write(w->st, add, &f, &w->err));
	world_check(w);
}

/* ---- the map ---- */

static void test_map_full(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 5 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(NULL, sizes[i] << 20);

		world_open(w);
		run(w);
		world_free(w);
	}
}

/* The smallest of writes: what is left when it fails is kept back. */
static int add_cert(struct store_tx *tx, void *arg, struct err *e)
{
	struct store_cert c = { .device = 1 };
	unsigned char sha256[DIGEST_LEN];
	unsigned *n = arg;

	digest_sha256(bytes_of(n, sizeof(*n)), sha256);
	++*n;
	return store_cert_put(tx, sha256, &c, e);
}

/* ---- events that nobody fetches ---- */

static int add_hook(struct store_tx *tx, void *arg, struct err *e)
{
	struct webhook h = { .name = "h", .url = "https://h/", .topics = "" };

	(void)arg;
	return store_webhook_put(tx, &h, e);
}

static int add_event(struct store_tx *tx, void *arg, struct err *e)
{
	struct filling *f = arg;
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		.created = 1, .enrollment = f->n % 7,
		.raw = bytes_of(f->body, BODY) };
	unsigned takers;

	return store_event_add(tx, &ev, f->w->arena, &takers, e);
}

/* Delivers what is due and gives up every third. */
static int deliver(struct store_tx *tx, void *arg, struct err *e)
{
	struct freeing *g = arg;
	struct world *w = g->f->w;
	struct claim **c, *next;

	if (store_delivery_claim(tx, 1, w->now, w->now + 60, 20, w->arena, &c,
	    &g->n, e) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if ((i % 3 == 0 ? store_delivery_bury(tx, c[i], w->now, "w",
		    e) : store_delivery_done(tx, c[i], w->now, 0, w->arena,
		    &next, e)) < 0)
			return -1;
	return 0;
}

static int hold(struct store_tx *tx, void *arg, struct err *e)
{
	struct webhook_state s = { .failures = 1, .last_error = "no answer" };

	(void)arg;
	return store_webhook_state_put(tx, 1, &s, e);
}

static int sweep_events(struct store_tx *tx, void *arg, struct err *e)
{
	struct freeing *g = arg;

	return store_event_sweep(tx, 2, 0, 10, &g->n, e);
}

static void fill_with_events(struct filling *f)
{
	struct world *w = f->w;

	memset(f->body, 'x', BODY);
	while (store_write(w->st, add_event, f, &w->err) == 0)
		if (++f->n > 100000)
			fail_msg("it never gets full");
	assert_int_equal(w->err.kind, ERR_BUSY);
}

/* A store full of events is emptied by delivering them. */
static void test_map_full_of_events(void **state)
{
	struct world *w = world_new(NULL, (uint64_t)2 << 20);
	struct filling f = { .w = w };
	struct freeing g = { &f, 0 };
	unsigned certs = 0;
	size_t delivered = 0, swept = 0;

	(void)state;
	world_open(w);
	f.en = world_enroll(w, "A");
	OK(store_write(w->st, add_hook, NULL, &w->err));
	fill_with_events(&f);
	while (store_write(w->st, add_cert, &certs, &w->err) == 0)
		assert_true(certs < 100000);
	assert_true(f.n > 50);
	world_check(w);
	do {
		OK(store_write(w->st, deliver, &g, &w->err));
		delivered += g.n;
		OK(store_write(w->st, hold, NULL, &w->err));
	} while (g.n > 0);
	assert_int_equal(delivered, f.n);
	world_check(w);
	do {
		OK(store_write(w->st, sweep_events, &g, &w->err));
		swept += g.n;
	} while (g.n > 0);
	assert_int_equal(swept, f.n);
	for (unsigned i = 0; i < f.n / 2; i++)
		OK(store_write(w->st, add_event, &f, &w->err));
	world_check(w);
	world_free(w);
}

/* ---- challenges that nobody used, certificates that are over ---- */

static int hand_out(struct store_tx *tx, void *arg, struct err *e)
{
	struct filling *f = arg;
	struct ticket t = { .kind = TICKET_CHALLENGE, .expires = f->n,
		.grant = { .source = GRANT_OPEN,
		.facts = bytes_of(f->body, 200) } };
	struct issued c = { .not_after = f->n, .grant = t.grant };
	char serial[16];

	snprintf(serial, sizeof(serial), "%x", f->n + 1);
	digest_sha256(bytes_str(serial), t.hash);
	c.serial = serial;
	c.der = bytes_of(f->body, 2900 + f->n % 100);
	f->body[f->n % 1200] ^= 1;
	digest_sha256(c.der, c.cert);
	memcpy(c.request, t.hash, DIGEST_LEN);
	if (store_ticket_put(tx, &t, e) < 0)
		return -1;
	return store_issued_add(tx, &c, e);
}

static int sweep_handed_out(struct store_tx *tx, void *arg, struct err *e)
{
	struct freeing *g = arg;
	size_t n;

	if (store_ticket_sweep(tx, INT64_MAX, 5, &g->n, e) < 0 ||
	    store_issued_sweep(tx, INT64_MAX, 5, &n, e) < 0)
		return -1;
	return n == g->n ? 0 : err_set(e, ERR_CONFLICT,
	    "%zu tickets, %zu certificates", g->n, n);
}

static void test_map_full_of_tickets(void **state)
{
	struct world *w = world_new(NULL, (uint64_t)4 << 20);
	struct filling f = { .w = w };
	struct freeing g = { &f, 0 };
	unsigned certs = 0;
	size_t swept = 0;

	(void)state;
	world_open(w);
	world_enroll(w, "A");
	for (f.n = 0; store_write(w->st, hand_out, &f, &w->err) == 0; f.n++)
		assert_true(f.n < 100000);
	assert_int_equal(w->err.kind, ERR_BUSY);
	assert_true(f.n > 50);
	while (store_write(w->st, add_cert, &certs, &w->err) == 0)
		assert_true(certs < 100000);
	world_check(w);
	do {
		OK(store_write(w->st, sweep_handed_out, &g, &w->err));
		swept += g.n;
	} while (g.n > 0);
	assert_int_equal(swept, f.n);
	world_check(w);
	for (unsigned i = f.n; f.n < i + i / 4; f.n++)
		OK(store_write(w->st, hand_out, &f, &w->err));
	world_check(w);
	world_free(w);
}

/* An end that was not clean arms the guard, and without that nobody may open
 * the store, not even to make room. */
static void test_map_full_and_unclean(void **state)
{
	struct world *w = world_new(NULL, (uint64_t)1 << 20);
	struct filling f = { .w = w };
	struct store_guard g;
	unsigned certs = 0;
	char path[128];

	(void)state;
	world_open(w);
	f.en = world_enroll(w, "A");
	fill(&f);
	while (store_write(w->st, add_cert, &certs, &w->err) == 0)
		assert_true(certs < 100000);
	world_close(w);
	snprintf(path, sizeof(path), "%s/schema.lock", w->path);
	assert_int_equal(unlink(path), 0);
	world_open(w);
	OK(store_guard_get(world_read(w), w->now, w->arena, &g, &w->err));
	world_end(w);
	assert_int_equal(g.armed_until, w->now + 24 * 3600);
	expect_all(&f);
	make_room(&f);
	world_check(w);
	world_free(w);
}

static int put_big(struct store_tx *tx, void *arg, struct err *e)
{
	const struct bytes *big = arg;

	return store_secret_put(tx, 1, STORE_RAW_AUTHENTICATE, *big, e);
}

static void test_body_larger_than_the_map(void **state)
{
	struct world *w = world_new(NULL, (uint64_t)2 << 20);
	size_t n = (size_t)4 << 20;
	unsigned char *p = calloc(1, n);
	struct bytes big = bytes_of(p, n);

	(void)state;
	world_open(w);
	world_enroll(w, "A");
	for (int i = 0; i < 3; i++)
		FAILS(store_write(w->st, put_big, &big, &w->err), ERR_BUSY);
	world_enroll(w, "B");
	world_check(w);
	world_free(w);
	free(p);
}

/* ---- the disk ---- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

/* A small disk of our own, over /tmp, seen by this process alone. */
static int small_disk(const char *options)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			return -1;
		write_to("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
		write_to("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
		write_to("/proc/self/gid_map", map);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return mount("tmpfs", "/tmp", "tmpfs", 0, options);
}

static void in_child(const char *options, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (small_disk(options) < 0) {
			perror("a mount of its own");
			_exit(1);
		}
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("ended with %x", (unsigned)status);
}

static void expect(bool ok, const char *what, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, e->msg);
	_exit(2);
}

static bool has_ballast(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ballast", w->path);
	return access(path, F_OK) == 0;
}

/* Leaves not a block. */
static void fill_disk(void)
{
	static char block[4096];
	int fd = open("/tmp/other", O_WRONLY | O_CREAT | O_APPEND, 0600);

	while (write(fd, block, sizeof(block)) > 0)
		;
	while (write(fd, block, 1) > 0)
		;
	close(fd);
}

static void full_disk(void)
{
	struct world *w = world_new(NULL, (uint64_t)1 << 30);
	struct filling f = { .w = w };
	struct freeing g = { &f, 0 };
	struct err *e = &w->err;

	world_open(w);
	expect(has_ballast(w), "no ballast", e);
	f.en = world_enroll(w, "A");
	memset(f.body, 'x', BODY);
	for (; f.n < 200; f.n++)
		expect(store_write(w->st, add, &f, e) == 0, "add", e);
	/* A reader holds what is freed from now on, as a long copy does. */
	(void)world_read(w);
	fill_disk();
	while (store_write(w->st, add, &f, e) == 0)
		f.n++;		/* into pages that were free before */
	expect(e->kind == ERR_BUSY, "full", e);
	expect(has_ballast(w), "an ordinary write takes no ballast", e);
	/* Until the blocks of writes that failed are used up as well. */
	for (size_t n = 0; n < f.n && has_ballast(w); n += g.n)
		expect(store_write(w->st, cancel, &g, e) == 0, "cancel", e);
	expect(!has_ballast(w), "the ballast is given up", e);
	world_end(w);
	expect(store_write(w->st, sweep, &g, e) == 0, "sweep", e);
	expect(g.n == 10, "swept", e);
	unlink("/tmp/other");
	expect(store_write(w->st, sweep, &g, e) == 0, "sweep", e);
	expect(has_ballast(w), "the ballast is made again", e);
	expect(store_write(w->st, add, &f, e) == 0, "add again", e);
	world_check(w);
	world_free(w);
}

/* Events whose deliveries are done give up the ballast for their sweep. */
static void full_disk_of_events(void)
{
	struct world *w = world_new(NULL, (uint64_t)1 << 30);
	struct filling f = { .w = w };
	struct freeing g = { &f, 0 };
	struct err *e = &w->err;

	world_open(w);
	expect(store_write(w->st, add_hook, NULL, e) == 0, "hook", e);
	memset(f.body, 'x', BODY);
	for (; f.n < 200; f.n++)
		expect(store_write(w->st, add_event, &f, e) == 0, "add", e);
	do
		expect(store_write(w->st, deliver, &g, e) == 0, "deliver", e);
	while (g.n > 0);
	(void)world_read(w);
	fill_disk();
	while (store_write(w->st, add_event, &f, e) == 0)
		f.n++;
	expect(e->kind == ERR_BUSY, "full", e);
	expect(has_ballast(w), "an ordinary write takes no ballast", e);
	for (int i = 0; i < 10; i++) {
		expect(store_write(w->st, sweep_events, &g, e) == 0, "sweep",
		    e);
		expect(g.n == 10, "swept", e);
	}
	expect(!has_ballast(w), "the ballast is given up", e);
	world_end(w);
	unlink("/tmp/other");
	expect(store_write(w->st, sweep_events, &g, e) == 0, "sweep", e);
	expect(has_ballast(w), "the ballast is made again", e);
	expect(store_write(w->st, add_event, &f, e) == 0, "add again", e);
	world_check(w);
	world_free(w);
}

/* Room for the store, none for its ballast; then no room at all, where a
 * new reader needs its slot in lock.mdb. */
static void tiny_disk(void)
{
	struct world *w = world_new(NULL, (uint64_t)1 << 30);
	struct err e = ERR_INIT;

	expect(!has_ballast(w), "no room for ballast", &e);
	world_open(w);
	world_enroll(w, "A");
	fill_disk();
	for (int i = 0; i < 200; i++)
		(void)world_read(w);
	while (w->txs != NULL)
		world_end(w);
	world_close(w);
	world_open(w);
	world_check(w);
	world_free(w);
}

static void test_disk_full(void **state)
{
	(void)state;
	in_child("size=80m,mode=0700", full_disk);
}

static void test_disk_full_of_events(void **state)
{
	(void)state;
	in_child("size=80m,mode=0700", full_disk_of_events);
}

static void test_disk_without_room_for_ballast(void **state)
{
	(void)state;
	in_child("size=4m,mode=0700", tiny_disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_full),
		cmocka_unit_test(test_map_full_and_unclean),
		cmocka_unit_test(test_map_full_of_events),
		cmocka_unit_test(test_map_full_of_tickets),
		cmocka_unit_test(test_body_larger_than_the_map),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_disk_full_of_events),
		cmocka_unit_test(test_disk_without_room_for_ballast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
