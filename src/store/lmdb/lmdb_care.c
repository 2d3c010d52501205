/* Figures and compaction: what an operator asks of the file. */
#include "store/lmdb/lmdb_care.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/lmdb/lmdb_fs.h"
#include "store/lmdb/lmdb_tx.h"

static int count_all(struct store_tx *base, void *arg, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct store_info *out = arg;
	MDB_envinfo info;
	MDB_stat stat;
	uint64_t unused;
	int rc;

	if (lmdb_count(tx, LMDB_ENROLLMENTS, &out->enrollments, e) < 0 ||
	    lmdb_count(tx, LMDB_COMMANDS, &out->commands, e) < 0 ||
	    lmdb_count(tx, LMDB_QUEUE, &out->queued, e) < 0 ||
	    lmdb_count(tx, LMDB_FINISHED, &out->finished, e) < 0)
		return -1;
	rc = lmdb_room_free_pages(tx->txn, &unused);
	if (rc == 0)
		rc = mdb_env_info(tx->st->env, &info);
	if (rc == 0)
		rc = mdb_env_stat(tx->st->env, &stat);
	if (rc != 0)
		return lmdb_tx_fail(tx, rc, "info", e);
	out->map_size = info.me_mapsize;
	out->kept_bytes = lmdb_room_reserve(info.me_mapsize / stat.ms_psize) *
	    stat.ms_psize;
	out->used_bytes = (info.me_last_pgno + 1 - unused) * stat.ms_psize;
	out->readers = info.me_numreaders;
	out->max_readers = info.me_maxreaders;
	return 0;
}

int lmdb_info(struct store *base, struct store_info *out, struct err *e)
{
	struct lmdb_store *st = (struct lmdb_store *)base;
	struct stat sb;
	int fd;

	memset(out, 0, sizeof(*out));
	if (lmdb_read(base, count_all, out, e) < 0)
		return -1;
	if (mdb_env_get_fd(st->env, &fd) == 0 && fstat(fd, &sb) == 0)
		out->file_bytes = (uint64_t)sb.st_size;
	pthread_mutex_lock(&st->write_mutex);
	out->commits = st->commits;
	out->committed = st->committed;
	out->waiting = st->waiting;
	pthread_mutex_unlock(&st->write_mutex);
	out->schema = LMDB_SCHEMA;
	return 0;
}

/* ---- compaction ---- */

static uint64_t size_of(const char *path)
{
	struct stat sb;

	return stat(path, &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

/* Nobody else has it open, nor can come in. */
static int compact_alone(const struct store_options *o, uint64_t *before,
	uint64_t *after, struct err *e)
{
	struct store_copying whole = { .max_growth = 0 };
	char data[PATH_MAX], fresh[PATH_MAX];
	MDB_env *env;
	int rc;

	if (snprintf(data, sizeof(data), "%s/data.mdb", o->dir) >=
	    (int)sizeof(data) ||
	    snprintf(fresh, sizeof(fresh), "%s/data.new", o->dir) >=
	    (int)sizeof(fresh))
		return err_set(e, ERR_BAD_INPUT, "path too long");
	*before = size_of(data);
	if (*before == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "no store here: run `mooringctl init`");
	if (lmdb_env_open_at(o->dir, o->map_size, &env, e) < 0)
		return -1;
	unlink(fresh);	/* of one that was interrupted */
	rc = lmdb_copy_env(env, fresh, &whole, e);
	mdb_env_close(env);
	if (rc < 0)
		return -1;
	*after = size_of(fresh);
	if (rename(fresh, data) < 0 || (rc = lmdb_sync_dir(data)) != 0)
		return err_errno(e, ERR_INTERNAL, rc > 0 ? rc : errno, "%s",
		    data);
	return 0;
}

int lmdb_compact(const struct store_options *o, uint64_t *before,
	uint64_t *after, struct err *e)
{
	struct lmdb_lock lock;
	int rc;

	*before = *after = 0;
	if (lmdb_fs_check(o->dir, e) < 0 ||
	    lmdb_lock_open(o->dir, &lock, e) < 0)
		return -1;
	rc = lmdb_lock_need_alone(&lock, e);
	if (rc == 0)
		rc = compact_alone(o, before, after, e);
	/* Whether the last one ended well is not ours to say. */
	lmdb_lock_close(&lock, false);
	return rc < 0 ? err_wrap(e, "%s", o->dir) : 0;
}
