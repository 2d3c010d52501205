/*
 * A copy comes into the store's place. It is first copied into a folder
 * beside the database, opened and checked there as a store of its own; only
 * one that is sound is moved to where the database was, in one step.
 */
#include "store/lmdb/lmdb_care.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clk.h"
#include "base/file.h"
#include "base/log.h"
#include "store/lmdb/lmdb_ballast.h"
#include "store/lmdb/lmdb_fs.h"
#include "store/lmdb/lmdb_schema.h"
#include "store/lmdb/lmdb_tx.h"

#define CHUNK ((size_t)1 << 20)
#define KEPT_MAX 100	/* in one second */

struct restoring {
	const struct store_options *o;
	const char *from;
	int64_t now;
	void (*report)(const char *line, void *arg);
	void *arg;
	struct arena *a;
	const char *data;	/* DIR/store/data.mdb */
	const char *stage;	/* DIR/store/restore */
	const char *staged;	/* DIR/store/restore/data.mdb */
	const char *kept;
};

static void clear_stage(const struct restoring *r)
{
	static const char *const names[] = { "data.mdb", "lock.mdb",
		"schema.lock", "ballast" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(file_path(r->a, r->stage, names[i]));
	rmdir(r->stage);
}

/* ---- into the folder ---- */

static int copy_fd(int from, int to)
{
	unsigned char *chunk = malloc(CHUNK);
	ssize_t n, did = 0;
	int rc = 0;

	if (chunk == NULL)
		abort();
	while (rc == 0 && (n = read(from, chunk, CHUNK)) != 0) {
		if (n < 0 && errno != EINTR)
			rc = errno;
		for (ssize_t at = 0; rc == 0 && at < n; at += did) {
			did = write(to, chunk + at, (size_t)(n - at));
			if (did < 0 && errno != EINTR)
				rc = errno;
			if (did < 0)
				did = 0;
		}
	}
	if (rc == 0 && fsync(to) < 0)
		rc = errno;
	free(chunk);
	return rc;
}

static int stage(const struct restoring *r, struct err *e)
{
	struct stat sb;
	int from, to, rc;

	from = open(r->from, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_errno(e, errno == ENOENT ? ERR_NOT_FOUND :
		    ERR_BAD_INPUT, errno, "%s", r->from);
	if (fstat(from, &sb) < 0 || !S_ISREG(sb.st_mode)) {
		close(from);
		return err_set(e, ERR_BAD_INPUT, "%s: no file", r->from);
	}
	clear_stage(r);	/* of one that was interrupted */
	if (file_mkdir(r->stage, 0700, e) < 0) {
		close(from);
		return -1;
	}
	to = open(r->staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = to < 0 ? errno : copy_fd(from, to);
	close(from);
	if (to >= 0)
		close(to);
	return rc == 0 ? 0 : err_errno(e, ERR_INTERNAL, rc, "%s", r->staged);
}

/* ---- is it sound ---- */

static int arm(struct store_tx *tx, void *arg, struct err *e)
{
	const struct restoring *r = arg;

	return store_guard_arm(tx, r->now + 3600 *
	    (int64_t)r->o->guard_hours, "restore", e);
}

static int check_open(struct restoring *r, struct store *st,
	struct err *e)
{
	uint64_t faults = 0;

	if (store_check(st, r->report, r->arg, &faults, e) < 0)
		return -1;
	if (faults > 0)
		return err_set(e, ERR_BAD_INPUT, "it has %llu faults (where "
		    "they name keys that are not in the key ring: it needs "
		    "that of the server it was made on)",
		    (unsigned long long)faults);
	return r->o->guard_hours == 0 ? 0 : store_write(st, arm, r, e);
}

static int check(struct restoring *r, struct err *e)
{
	struct store_options o = *r->o;
	unsigned from, to;
	struct store *st;
	int rc;

	o.dir = r->stage;
	o.guard_hours = 0;	/* armed here, and says why */
	o.touch_seconds = 0;
	if (lmdb_migrate(&o, r->now, &from, &to, e) < 0 ||
	    lmdb_open(&o, r->now, &st, e) < 0)
		rc = -1;
	else {
		rc = check_open(r, st, e);
		store_close(st);
	}
	if (rc == 0)
		return 0;
	/* Trouble with the copy is not the store's. */
	if (e->kind == ERR_BUSY || e->kind == ERR_NOT_FOUND ||
	    e->kind == ERR_CONFLICT)
		e->kind = ERR_BAD_INPUT;
	return err_wrap(e, "%s", r->from);
}

/* ---- into its place ---- */

/* Both names at once, so that there is a database at each moment; without
 * hard links there is none for a moment. An errno code. */
static int keep_as(const char *data, const char *kept)
{
	if (link(data, kept) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return errno;
	if (file_exists(kept))
		return EEXIST;
	return rename(data, kept) == 0 ? 0 : errno;
}

static int keep(struct restoring *r, struct err *e)
{
	char when[CLK_TEXT_LEN + 1];
	const char *name;
	int rc = EEXIST;

	if (!file_exists(r->data))
		return 0;
	clk_text(r->now, when);
	name = arena_printf(r->a, "%s.before-%s", r->data, when);
	for (int i = 1; i < KEPT_MAX && rc == EEXIST; i++) {
		r->kept = i == 1 ? name : arena_printf(r->a, "%s-%d", name, i);
		rc = keep_as(r->data, r->kept);
	}
	if (rc == 0)
		return 0;
	err_errno(e, ERR_INTERNAL, rc, "%s", r->kept);
	r->kept = NULL;
	return -1;
}

static void unkeep(struct restoring *r)
{
	if (r->kept == NULL)
		return;
	/* Does nothing when both are names of one file. */
	if (rename(r->kept, r->data) == 0)
		unlink(r->kept);
	r->kept = NULL;
}

static int move(struct restoring *r, struct err *e)
{
	int rc;

	if (keep(r, e) < 0)
		return -1;
	if (rename(r->staged, r->data) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "%s", r->data);
		unkeep(r);
		return -1;
	}
	rc = lmdb_sync_dir(r->data);
	return rc == 0 ? 0 : err_errno(e, ERR_INTERNAL, rc, "%s", r->data);
}

int lmdb_restore(const struct store_options *o, const char *path, int64_t now,
	void (*report)(const char *line, void *arg), void *arg, struct arena *a,
	const char **kept, struct err *e)
{
	struct restoring r = { .o = o, .from = path, .now = now,
		.report = report, .arg = arg, .a = a,
		.data = file_path(a, o->dir, "data.mdb"),
		.stage = file_path(a, o->dir, "restore") };
	struct lmdb_lock lock;
	int rc;

	*kept = NULL;
	r.staged = file_path(a, r.stage, "data.mdb");
	if (file_mkdir(o->dir, 0700, e) < 0 || lmdb_fs_check(o->dir, e) < 0 ||
	    lmdb_lock_open(o->dir, &lock, e) < 0)
		return -1;
	rc = lmdb_lock_need_alone(&lock, e);
	if (rc < 0)
		err_wrap(e, "%s", o->dir);
	if (rc == 0) {
		rc = stage(&r, e);
		if (rc == 0)
			rc = check(&r, e);
		if (rc == 0)
			rc = move(&r, e);
		clear_stage(&r);
	}
	if (rc == 0 && !lmdb_ballast_make(o->dir))
		log_msg(LOG_WARN, "store_ballast", "no room for %llu MiB of "
		    "reserve on this disk",
		    (unsigned long long)(LMDB_BALLAST >> 20));
	lmdb_lock_close(&lock, rc == 0);
	*kept = r.kept;
	return rc;
}
