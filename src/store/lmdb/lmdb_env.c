/* Opening, making and closing the environment: the order of locks, checks
 * and tables that lets several processes come and go. */
#include <unistd.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "store/lmdb/lmdb_ballast.h"
#include "store/lmdb/lmdb_engine.h"
#include "store/lmdb/lmdb_fs.h"
#include "store/lmdb/lmdb_guard.h"
#include "store/lmdb/lmdb_schema.h"
#include "store/lmdb/lmdb_tx.h"

#define MAP_LEAST ((uint64_t)1 << 30)	/* halving stops here */

static int open_once(const char *dir, uint64_t map_size, MDB_env **out)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc != 0)
		return rc;
	if ((rc = mdb_env_set_maxreaders(env, LMDB_MAX_READERS)) != 0 ||
	    (rc = mdb_env_set_maxdbs(env, 128)) != 0 ||
	    (rc = mdb_env_set_mapsize(env, (size_t)map_size)) != 0 ||
	    (rc = mdb_env_open(env, dir, MDB_NOTLS, 0600)) != 0) {
		mdb_env_close(env);
		return rc;
	}
	*out = env;
	return 0;
}

int lmdb_env_open_at(const char *dir, uint64_t map_size, MDB_env **out,
	struct err *e)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = (map_size + page - 1) / page * page;
	int rc;

	if (lmdb_fs_reserve_lock(dir, e) < 0)
		return -1;
	/* The map is reserved here once and never resized. */
	while ((rc = open_once(dir, size, out)) == ENOMEM &&
	    size / 2 >= MAP_LEAST)
		size = size / 2 / page * page;
	if (rc != 0) {
		lmdb_fault(NULL, rc, dir, e);
		return -1;
	}
	if (size < map_size)
		log_msg(LOG_WARN, "store_map", "only %llu MiB of address space "
		    "could be reserved", (unsigned long long)(size >> 20));
	return 0;
}

/* ---- the tables ---- */

/* In a read transaction: no table is made, no write lock waited for. */
static int use_tables(MDB_env *env, MDB_dbi *dbi, struct err *e)
{
	MDB_txn *txn;
	uint32_t schema = 0;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return lmdb_fault(NULL, rc, "open", e);
	rc = mdb_dbi_open(txn, lmdb_table_name(LMDB_META), 0, &dbi[LMDB_META]);
	if (rc == 0)
		rc = lmdb_schema_of(txn, dbi[LMDB_META], &schema);
	if (rc == 0 && lmdb_schema_check(schema, e) < 0) {
		mdb_txn_abort(txn);
		return -1;
	}
	if (rc == 0)
		rc = lmdb_schema_tables(txn, 0, dbi);
	if (rc == MDB_NOTFOUND) {
		mdb_txn_abort(txn);
		return err_set(e, ERR_NOT_FOUND, "this is no store of Mooring, "
		    "or it was never finished: run `mooringctl init`");
	}
	if (rc != 0)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);	/* which keeps the handles */
	return rc == 0 ? 0 : lmdb_fault(NULL, rc, "open tables", e);
}

/* All in one transaction: a store is there whole or not at all. */
static int make_tables(MDB_env *env, struct err *e)
{
	MDB_dbi dbi[LMDB_TABLES];
	MDB_txn *txn;
	uint32_t schema;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc != 0)
		return lmdb_fault(NULL, rc, "create", e);
	rc = lmdb_schema_tables(txn, MDB_CREATE, dbi);
	if (rc == 0 && lmdb_schema_of(txn, dbi[LMDB_META], &schema) == 0) {
		mdb_txn_abort(txn);
		return err_set(e, ERR_CONFLICT, "there is a store already");
	}
	if (rc == 0)
		rc = lmdb_schema_write(txn, dbi[LMDB_META]);
	if (rc != 0)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);
	return rc == 0 ? 0 : lmdb_fault(NULL, rc, "create", e);
}

int lmdb_create(const struct store_options *o, struct err *e)
{
	struct lmdb_lock lock;
	MDB_env *env;
	int rc;

	if (file_mkdir(o->dir, 0700, e) < 0 || lmdb_fs_check(o->dir, e) < 0 ||
	    lmdb_lock_open(o->dir, &lock, e) < 0)
		return -1;
	rc = lock.alone ? 0 : err_set(e, ERR_CONFLICT,
	    "there is a store already, and it is open");
	if (rc == 0)
		rc = lmdb_env_open_at(o->dir, o->map_size, &env, e);
	if (rc == 0) {
		rc = make_tables(env, e);
		mdb_env_close(env);
	}
	if (rc == 0 && !lmdb_ballast_make(o->dir))
		log_msg(LOG_WARN, "store_ballast", "no room for %llu MiB of "
		    "reserve on this disk",
		    (unsigned long long)(LMDB_BALLAST >> 20));
	lmdb_lock_close(&lock, rc == 0);
	return rc < 0 ? err_wrap(e, "%s", o->dir) : 0;
}

/* ---- open and close ---- */

struct lmdb_store *lmdb_store_new(const struct store_options *o)
{
	struct lmdb_store *st = calloc(1, sizeof(*st));

	if (st == NULL || (st->dir = strdup(o->dir)) == NULL)
		abort();
	st->base.ops = &lmdb_ops;
	st->seal = o->seal;
	st->max_deliveries = o->max_deliveries;
	st->touch_seconds = o->touch_seconds;
	st->pid = getpid();
	st->last = &st->first;
	pthread_mutex_init(&st->pool_mutex, NULL);
	pthread_mutex_init(&st->write_mutex, NULL);
	lmdb_touches_init(&st->touches);
	st->wtx = lmdb_tx_new(st, true);
	return st;
}

void lmdb_store_free(struct lmdb_store *st)
{
	while (st->pool != NULL) {
		struct lmdb_tx *tx = st->pool;

		st->pool = tx->next;
		lmdb_tx_free(tx);
	}
	lmdb_tx_free(st->wtx);
	if (st->env != NULL)
		mdb_env_close(st->env);
	lmdb_touches_fini(&st->touches);
	pthread_mutex_destroy(&st->pool_mutex);
	pthread_mutex_destroy(&st->write_mutex);
	free(st->dir);
	free(st);
}

static bool has_data(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/data.mdb", dir) <
	    (int)sizeof(path) && file_exists(path);
}

void lmdb_pad_data(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat sb;
	off_t whole;
	int fd;

	if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0 ||
	    mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &sb) < 0)
		return;
	whole = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
	if (sb.st_size < whole && ftruncate(fd, whole) < 0)
		log_msg(LOG_WARN, "store", "data.mdb is shorter than it says: "
		    "%s", strerror(errno));
}

/* Behind the door. */
static int open_behind(struct lmdb_store *st, const struct store_options *o,
	int64_t now, struct err *e)
{
	int stale;

	if (lmdb_env_open_at(o->dir, o->map_size, &st->env, e) < 0)
		return -1;
	if (st->lock.alone)
		lmdb_pad_data(st->env);
	if (use_tables(st->env, st->dbi, e) < 0)
		return -1;
	mdb_reader_check(st->env, &stale);
	if (!st->lock.unclean || o->guard_hours == 0)
		return 0;
	log_msg(LOG_WARN, "store_unclean", "the store was not closed: the "
	    "guard is armed for %u hours", o->guard_hours);
	return lmdb_guard_arm_unclean(st, now + 3600 * (int64_t)o->guard_hours,
	    e);
}

int lmdb_open(const struct store_options *o, int64_t now, struct store **out,
	struct err *e)
{
	struct lmdb_store *st;

	*out = NULL;
	if (!has_data(o->dir))
		return err_set(e, ERR_NOT_FOUND,
		    "%s: no store here: run `mooringctl init`", o->dir);
	if (lmdb_fs_check(o->dir, e) < 0)
		return -1;
	st = lmdb_store_new(o);
	if (lmdb_lock_open(o->dir, &st->lock, e) < 0) {
		lmdb_store_free(st);
		return -1;
	}
	if (open_behind(st, o, now, e) < 0 ||
	    lmdb_lock_enter(&st->lock, e) < 0) {
		struct lmdb_lock lock = st->lock;

		lmdb_store_free(st);
		lmdb_lock_close(&lock, false);
		return err_wrap(e, "%s", o->dir);
	}
	*out = &st->base;
	return 0;
}

static int nothing(struct store_tx *tx, void *arg, struct err *e)
{
	(void)tx;
	(void)arg;
	(void)e;
	return 0;
}

void lmdb_close(struct store *base)
{
	struct lmdb_store *st = (struct lmdb_store *)base;
	struct lmdb_lock lock;
	struct err e = ERR_INIT;
	bool clean = !atomic_load(&st->dead);

	/* A child of the opener must not touch LMDB; it only forgets. */
	if (st->pid != getpid())
		return;
	if (st->touches.map.n > 0 &&
	    lmdb_write(base, nothing, NULL, &e) < 0)
		log_msg(LOG_WARN, "store_touch", "%s", e.msg);
	lock = st->lock;
	lmdb_store_free(st);
	lmdb_lock_close(&lock, clean);
}
