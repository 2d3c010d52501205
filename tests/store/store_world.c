/* A store for a test, and transactions that stay open between its lines: a
 * thread sits in the closure meanwhile. */
#include "store_world.h"

#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "fail_engine.h"

enum tx_step { STEP_STARTING, STEP_OPEN, STEP_ENDING, STEP_ENDED };

struct world_tx {
	struct world *world;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	enum tx_step step;
	struct store_tx *tx;
	bool write;
	int verdict, rc;
	struct err err;
	struct world_tx *next;
};

static const struct variant plain = { "lmdb", 0, false };

/* ---- a store ---- */

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e != NULL ? e->msg : "failed");
	exit(99);
}

struct world *world_new(const struct variant *v, uint64_t map_size)
{
	struct world *w = calloc(1, sizeof(*w));
	char key[96];

	if (w == NULL)
		die("calloc", NULL);
	strcpy(w->dir, "/tmp/mooring-store-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		die("mkdtemp", NULL);
	snprintf(w->path, sizeof(w->path), "%s/store", w->dir);
	snprintf(key, sizeof(key), "%s/seal.key", w->dir);
	w->variant = v != NULL ? v : &plain;
	w->arena = arena_new();
	w->now = 1700000000;
	if (seal_create(key, &w->err) < 0 ||
	    seal_open(key, &w->seal, &w->err) < 0)
		die("seal", &w->err);
	w->options = (struct store_options){ .dir = w->path,
		.map_size = map_size, .seal = w->seal, .max_deliveries = 3,
		.touch_seconds = w->variant->touch_seconds, .guard_hours = 24 };
	if (store_create(&w->options, &w->err) < 0)
		die("store_create", &w->err);
	return w;
}

void world_open(struct world *w)
{
	if (store_open(&w->options, w->now, &w->st, &w->err) < 0)
		die("store_open", &w->err);
	if (w->variant->forwarded)
		w->st = fail_engine_new(w->st);
}

void world_close(struct world *w)
{
	store_close(w->st);
	w->st = NULL;
}

static int remove_one(const char *path, const struct stat *sb, int type,
	struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

void world_free(struct world *w)
{
	while (w->txs != NULL)
		world_abort(w);
	world_close(w);
	seal_close(w->seal);
	arena_free(w->arena);
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
}

int world_setup(void **state)
{
	struct world *w = world_new(*state, (uint64_t)256 << 20);

	world_open(w);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- transactions ---- */

static void wait_for(struct world_tx *t, enum tx_step step)
{
	while (t->step < step)
		pthread_cond_wait(&t->cond, &t->mutex);
}

static void go_on(struct world_tx *t, enum tx_step step)
{
	t->step = step;
	pthread_cond_broadcast(&t->cond);
}

static int sit(struct store_tx *tx, void *arg, struct err *e)
{
	struct world_tx *t = arg;
	int verdict;

	pthread_mutex_lock(&t->mutex);
	t->tx = tx;
	go_on(t, STEP_OPEN);
	wait_for(t, STEP_ENDING);
	verdict = t->verdict;
	pthread_mutex_unlock(&t->mutex);
	return verdict < 0 ? err_set(e, ERR_CONFLICT, "the test says so") : 0;
}

static void *tx_thread(void *arg)
{
	struct world_tx *t = arg;
	int rc = (t->write ? store_write : store_read)(t->world->st, sit, t,
	    &t->err);

	pthread_mutex_lock(&t->mutex);
	t->rc = rc;
	go_on(t, STEP_ENDED);
	pthread_mutex_unlock(&t->mutex);
	return NULL;
}

static struct store_tx *open_tx(struct world *w, bool write)
{
	struct world_tx *t = calloc(1, sizeof(*t));
	struct store_tx *tx;

	assert_non_null(t);
	t->world = w;
	t->write = write;
	pthread_mutex_init(&t->mutex, NULL);
	pthread_cond_init(&t->cond, NULL);
	assert_int_equal(pthread_create(&t->thread, NULL, tx_thread, t), 0);
	pthread_mutex_lock(&t->mutex);
	wait_for(t, STEP_OPEN);
	tx = t->tx;
	pthread_mutex_unlock(&t->mutex);
	t->next = w->txs;
	w->txs = t;
	if (tx == NULL)
		fail_msg("no transaction: %s", t->err.msg);
	return tx;
}

struct store_tx *world_read(struct world *w)
{
	return open_tx(w, false);
}

struct store_tx *world_write(struct world *w)
{
	return open_tx(w, true);
}

static int end_tx(struct world *w, int verdict)
{
	struct world_tx *t = w->txs;
	int rc;

	w->txs = t->next;
	pthread_mutex_lock(&t->mutex);
	t->verdict = verdict;
	if (t->step < STEP_ENDING)
		go_on(t, STEP_ENDING);
	wait_for(t, STEP_ENDED);
	rc = t->rc;
	if (rc < 0)
		w->err = t->err;
	pthread_mutex_unlock(&t->mutex);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->cond);
	pthread_mutex_destroy(&t->mutex);
	free(t);
	return rc;
}

void world_end(struct world *w)
{
	OK(end_tx(w, 0));
}

void world_commit(struct world *w)
{
	OK(end_tx(w, 0));
}

int world_try_commit(struct world *w)
{
	return end_tx(w, 0);
}

void world_abort(struct world *w)
{
	if (end_tx(w, -1) == 0)
		fail_msg("a closure failed and its transaction did not");
}

/* ---- things to store ---- */

struct enrollment world_device(const char *udid)
{
	return (struct enrollment){
		.id = { ENROLLMENT_DEVICE, bytes_str(udid), { NULL, 0 } },
		.state = ENROLLMENT_ENABLED, .generation = 1,
	};
}

struct enrollment world_enroll(struct world *w, const char *udid)
{
	struct enrollment en = world_device(udid);
	struct store_tx *tx = world_write(w);

	OK(store_enrollment_put(tx, &en, &w->err));
	world_commit(w);
	return en;
}

struct command world_command(const char *uuid)
{
	return (struct command){ .uuid = uuid, .request_type = "ProfileList",
		.body = bytes_str("<plist>a command</plist>"),
		.created = 1700000000 };
}

enum store_queued world_add(struct world *w, const struct enrollment *en,
	const char *uuid, const struct target_options *o)
{
	struct command c = world_command(uuid);
	struct store_tx *tx = world_write(w);
	enum store_queued how;
	bool created;

	OK(store_command_put(tx, &c, &created, &w->err));
	OK(store_target_add(tx, en, uuid, o, w->now, &how, &w->err));
	world_commit(w);
	return how;
}

const char *world_next(struct world *w, uint64_t num, bool parked_too)
{
	struct store_next next;
	struct store_tx *tx = world_read(w);

	OK(store_queue_next(tx, num, parked_too, w->now, w->arena, &next,
	    &w->err));
	world_end(w);
	if (next.settle) {
		tx = world_write(w);
		OK(store_queue_settle(tx, num, parked_too, w->now, &w->err));
		OK(store_queue_next(tx, num, parked_too, w->now, w->arena,
		    &next, &w->err));
		world_commit(w);
		assert_false(next.settle);
	}
	return next.command != NULL ? next.command->uuid : NULL;
}

struct target *world_target(struct world *w, uint64_t num, const char *uuid)
{
	struct store_tx *tx = world_read(w);
	struct target *t;

	OK(store_target_get(tx, num, uuid, w->arena, &t, &w->err));
	world_end(w);
	return t;
}

enum store_answer world_answer(struct world *w, uint64_t num,
	const char *uuid, enum target_state state, const char *raw)
{
	struct store_tx *tx = world_write(w);
	enum store_answer how;

	OK(store_target_answer(tx, num, uuid, state, bytes_str(raw), w->now,
	    &how, &w->err));
	world_commit(w);
	return how;
}

void world_park(struct world *w, uint64_t num, const char *uuid)
{
	struct store_tx *tx = world_write(w);

	OK(store_target_park(tx, num, uuid, w->now, &w->err));
	world_commit(w);
}

static void report(const char *line, void *arg)
{
	(void)arg;
	print_error("store_check: %s\n", line);
}

void world_check(struct world *w)
{
	uint64_t faults;

	OK(store_check(w->st, report, NULL, &faults, &w->err));
	assert_int_equal(faults, 0);
}
