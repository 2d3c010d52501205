/*
 * A compacted copy that can be given up. LMDB writes it to a pipe, in a
 * thread of its own; we drain the pipe to the file and look meanwhile how
 * much the store grows, and to give up is to close the pipe.
 */
#include "store/lmdb/lmdb_care.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/lmdb/lmdb_room.h"

#define CHUNK ((size_t)1 << 20)

/* ---- the file: without a name until it is whole ---- */

struct target_file {
	const char *path;
	char temp[PATH_MAX];	/* "": it has no name yet */
	char dir[PATH_MAX];
	int fd;
};

static void dir_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;

	if (slash == NULL) {
		memcpy(out, ".", 2);
		return;
	}
	memcpy(out, path, n > 0 ? n : 1);
	out[n > 0 ? n : 1] = '\0';
}

int lmdb_sync_dir(const char *path)
{
	char dir[PATH_MAX];
	int fd, rc;

	dir_of(path, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	rc = fsync(fd) < 0 ? errno : 0;
	close(fd);
	return rc;
}

static int open_target(const char *path, struct target_file *f, struct err *e)
{
	struct stat sb;

	*f = (struct target_file){ .path = path, .fd = -1 };
	if (strlen(path) + sizeof(".XXXXXX") > PATH_MAX)
		return err_set(e, ERR_BAD_INPUT, "%.100s…: path too long",
		    path);
	if (lstat(path, &sb) == 0)
		return err_errno(e, ERR_CONFLICT, EEXIST, "%s", path);
	dir_of(path, f->dir);
	/* Without a name it goes by itself when we are killed. */
	f->fd = open(f->dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == EINVAL)) {
		snprintf(f->temp, sizeof(f->temp), "%s.XXXXXX", path);
		f->fd = mkostemp(f->temp, O_CLOEXEC);
		if (f->fd < 0)
			f->temp[0] = '\0';
	}
	if (f->fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	return 0;
}

/* Never over a file that came meanwhile. An errno code. */
static int name_target(struct target_file *f)
{
	char self[64];
	int rc;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	if (f->temp[0] == '\0')
		rc = linkat(AT_FDCWD, self, AT_FDCWD, f->path,
		    AT_SYMLINK_FOLLOW);
	else
		rc = link(f->temp, f->path);
	/* A file system without hard links. */
	if (rc < 0 && f->temp[0] != '\0' && (errno == EPERM ||
	    errno == EOPNOTSUPP)) {
		rc = access(f->path, F_OK) == 0 ? EEXIST :
		    rename(f->temp, f->path) < 0 ? errno : 0;
		if (rc == 0)
			f->temp[0] = '\0';
		return rc;
	}
	return rc < 0 ? errno : 0;
}

static int finish_target(struct target_file *f, struct err *e)
{
	int rc = fsync(f->fd) < 0 ? errno : name_target(f);

	if (rc == 0)
		rc = lmdb_sync_dir(f->path);
	return rc == 0 ? 0 : err_errno(e, rc == EEXIST ? ERR_CONFLICT :
	    ERR_INTERNAL, rc, "%s", f->path);
}

static void close_target(struct target_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp[0] != '\0')
		unlink(f->temp);
}

/* ---- LMDB's side ---- */

struct source {
	MDB_env *env;
	int fd;			/* the pipe's end that is written */
	int rc;			/* LMDB's or errno code */
};

static void *copy_thread(void *arg)
{
	struct source *s = arg;
	sigset_t all;

	/* Signals are for the other threads; a pipe without a reader is an
	 * error here and no signal. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	s->rc = mdb_env_copyfd2(s->env, s->fd, MDB_CP_COMPACT);
	close(s->fd);
	return NULL;
}

/* ---- our side ---- */

struct drain {
	MDB_env *env;
	struct store_copying *c;
	size_t page, first_end;
	uint64_t of;
	const char *path;
};

static int look(struct drain *d, struct err *e)
{
	struct store_copying *c = d->c;
	MDB_envinfo info;
	int rc = mdb_env_info(d->env, &info);

	if (rc != 0)
		return lmdb_fault(NULL, rc, "copy", e);
	c->grown = info.me_last_pgno > d->first_end ?
	    (info.me_last_pgno - d->first_end) * d->page : 0;
	if (c->max_growth != 0 && c->grown > c->max_growth)
		return err_set(e, ERR_BUSY, "given up: the store grew by %llu "
		    "MiB meanwhile, which is more than backup_max_growth",
		    (unsigned long long)(c->grown >> 20));
	if (c->progress != NULL && !c->progress(c->copied, d->of, c->arg))
		return err_set(e, ERR_BUSY, "given up");
	return 0;
}

static int write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno != EINTR)
			return errno;
		if (did > 0) {
			p += did;
			n -= (size_t)did;
		}
	}
	return 0;
}

static int drain(struct drain *d, int from, int to, unsigned char *chunk,
	struct err *e)
{
	int rc = look(d, e);

	while (rc == 0) {
		ssize_t n = read(from, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, ERR_INTERNAL, errno, "copy");
		if (n == 0)
			return 0;
		rc = write_all(to, chunk, (size_t)n);
		if (rc != 0)
			return err_errno(e, ERR_INTERNAL, rc, "%s", d->path);
		d->c->copied += (uint64_t)n;
		rc = look(d, e);
	}
	return rc;
}

static int measure(struct drain *d, struct err *e)
{
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;
	uint64_t unused = 0;
	int rc = mdb_env_info(d->env, &info);

	if (rc == 0)
		rc = mdb_env_stat(d->env, &stat);
	if (rc == 0)
		rc = mdb_txn_begin(d->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return lmdb_fault(NULL, rc, "copy", e);
	rc = lmdb_room_free_pages(txn, &unused);
	mdb_txn_abort(txn);
	if (rc != 0)
		return lmdb_fault(NULL, rc, "copy", e);
	d->page = stat.ms_psize;
	d->first_end = info.me_last_pgno;
	d->of = (info.me_last_pgno + 1 - unused) * d->page;
	return 0;
}

static int pump(struct drain *d, int to, struct err *e)
{
	struct source s = { .env = d->env };
	unsigned char *chunk;
	pthread_t thread;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "copy");
	(void)fcntl(ends[1], F_SETPIPE_SZ, (int)CHUNK);
	s.fd = ends[1];
	rc = pthread_create(&thread, NULL, copy_thread, &s);
	if (rc != 0) {
		close(ends[0]);
		close(ends[1]);
		return err_errno(e, ERR_INTERNAL, rc, "copy");
	}
	chunk = malloc(CHUNK);
	if (chunk == NULL)
		abort();
	rc = drain(d, ends[0], to, chunk, e);
	close(ends[0]);
	pthread_join(thread, NULL);
	free(chunk);
	if (rc == 0 && s.rc != 0)
		rc = lmdb_fault(NULL, s.rc, "copy", e);
	return rc;
}

int lmdb_copy_env(MDB_env *env, const char *path, struct store_copying *c,
	struct err *e)
{
	struct drain d = { .env = env, .c = c, .path = path };
	struct target_file f;
	int rc;

	c->copied = c->grown = 0;
	if (measure(&d, e) < 0 || open_target(path, &f, e) < 0)
		return -1;
	rc = pump(&d, f.fd, e);
	if (rc == 0)
		rc = finish_target(&f, e);
	close_target(&f);
	return rc;
}

int lmdb_copy(struct store *base, const char *path, struct store_copying *c,
	struct err *e)
{
	struct lmdb_store *st = (struct lmdb_store *)base;

	if (st->pid != getpid())
		return err_set(e, ERR_INTERNAL,
		    "the store was opened before fork");
	return lmdb_copy_env(st->env, path, c, e);
}
