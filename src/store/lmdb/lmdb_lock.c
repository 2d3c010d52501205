/* The schema lock and the mark of an unclean end. Knows nothing of LMDB,
 * whose own lock.mdb does something else. */
#include "store/lmdb/lmdb_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"

#define DOOR 1
#define HOLDERS 16	/* + pid */
#define NAMED_MAX 6
#define MARK_LEN 6
#define MARK_OPEN "open \n"
#define MARK_CLEAN "clean\n"
#define CLAIMS 16

/* What this process has open. */
static pthread_mutex_t claims_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct claim {
	pid_t pid;	/* 0: free; of another process: inherited by fork */
	dev_t dev;
	ino_t ino;
} claims[CLAIMS];

static int claim(const char *dir, struct lmdb_lock *l, struct err *e)
{
	struct claim *unused = NULL;
	pid_t me = getpid();
	struct stat sb;
	int rc = 0;

	if (stat(dir, &sb) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	pthread_mutex_lock(&claims_mutex);
	for (int i = 0; i < CLAIMS; i++) {
		struct claim *c = &claims[i];

		if (c->pid != me)
			unused = c;
		else if (c->dev == sb.st_dev && c->ino == sb.st_ino)
			rc = err_set(e, ERR_CONFLICT,
			    "%s: this process has it open already", dir);
	}
	if (rc == 0 && unused == NULL)
		rc = err_set(e, ERR_INTERNAL, "%s: too many stores open", dir);
	if (rc == 0) {
		*unused = (struct claim){ me, sb.st_dev, sb.st_ino };
		l->dev = sb.st_dev;
		l->ino = sb.st_ino;
	}
	pthread_mutex_unlock(&claims_mutex);
	return rc;
}

static void unclaim(const struct lmdb_lock *l)
{
	pthread_mutex_lock(&claims_mutex);
	for (int i = 0; i < CLAIMS; i++)
		if (claims[i].pid == getpid() && claims[i].dev == l->dev &&
		    claims[i].ino == l->ino)
			claims[i].pid = 0;
	pthread_mutex_unlock(&claims_mutex);
}

/* len 0: to the end of all files. */
static int lock_range(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET,
		.l_start = start, .l_len = len };
	int rc;

	do {
		rc = fcntl(fd, cmd, &fl);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

/* Whether all holders' bytes could be had; keeps them then. */
static int try_alone(int fd, bool *alone)
{
	*alone = lock_range(fd, F_SETLK, F_WRLCK, HOLDERS, 0) == 0;
	return *alone || errno == EACCES || errno == EAGAIN ? 0 : -1;
}

static bool says_clean(int fd)
{
	char mark[MARK_LEN];

	return pread(fd, mark, MARK_LEN, 0) == MARK_LEN &&
	    memcmp(mark, MARK_CLEAN, MARK_LEN) == 0;
}

static int look(struct lmdb_lock *l)
{
	if (lock_range(l->fd, F_SETLKW, F_WRLCK, DOOR, 1) < 0 ||
	    try_alone(l->fd, &l->alone) < 0)
		return -1;
	/* A file that is new says nothing: somebody put the data there. */
	l->unclean = l->alone && !says_clean(l->fd);
	return 0;
}

int lmdb_lock_open(const char *dir, struct lmdb_lock *l, struct err *e)
{
	char path[PATH_MAX];

	*l = (struct lmdb_lock){ .fd = -1 };
	if (snprintf(path, sizeof(path), "%s/schema.lock", dir) >=
	    (int)sizeof(path))
		return err_set(e, ERR_BAD_INPUT, "%.100s…: path too long", dir);
	if (claim(dir, l, e) < 0)
		return -1;
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->fd < 0 || look(l) < 0) {
		err_errno(e, ERR_BUSY, errno, "%s", path);
		lmdb_lock_close(l, false);
		return -1;
	}
	return 0;
}

int lmdb_lock_enter(struct lmdb_lock *l, struct err *e)
{
	off_t mine = HOLDERS + getpid();

	/* First a share of our own byte, then away with the rest. */
	if (lock_range(l->fd, F_SETLK, F_RDLCK, mine, 1) < 0 ||
	    (l->alone && (lock_range(l->fd, F_SETLK, F_UNLCK, HOLDERS,
	    mine - HOLDERS) < 0 ||
	    lock_range(l->fd, F_SETLK, F_UNLCK, mine + 1, 0) < 0)) ||
	    lock_range(l->fd, F_SETLK, F_UNLCK, DOOR, 1) < 0)
		return err_errno(e, ERR_BUSY, errno, "schema.lock");
	return 0;
}

/* Some holder of a byte in [from, to), to 0: of any from there; 0: none. */
static pid_t holder(int fd, off_t from, off_t to, off_t *at)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = from, .l_len = to != 0 ? to - from : 0 };

	if ((to != 0 && from >= to) || fcntl(fd, F_GETLK, &fl) < 0 ||
	    fl.l_type == F_UNLCK)
		return 0;
	*at = fl.l_start;
	return fl.l_pid;
}

/* The kernel names any one of them: one who holds a byte before its own may
 * be found by asking again. */
static const char *name_holders(int fd, off_t from, off_t to, int *left,
	struct arena *a)
{
	off_t at = 0;
	pid_t pid = *left > 0 ? holder(fd, from, to, &at) : 0;
	const char *before, *after, *me;

	if (pid == 0)
		return NULL;
	--*left;
	me = file_process(a, pid);
	before = name_holders(fd, from, at, left, a);
	after = name_holders(fd, at + 1, to, left, a);
	if (before != NULL)
		me = arena_printf(a, "%s, %s", before, me);
	return after == NULL ? me : arena_printf(a, "%s, %s", me, after);
}

int lmdb_lock_need_alone(const struct lmdb_lock *l, struct err *e)
{
	struct arena *a;
	const char *who;
	int left = NAMED_MAX;

	if (l->alone)
		return 0;
	a = arena_new();
	who = name_holders(l->fd, HOLDERS, 0, &left, a);
	if (who != NULL)
		err_set(e, ERR_CONFLICT, "the store is open in %s: stop that "
		    "first", who);
	else
		err_set(e, ERR_CONFLICT, "the store is open in a process that "
		    "is gone by now: try again");
	arena_free(a);
	return -1;
}

int lmdb_lock_mark(struct lmdb_lock *l, struct err *e)
{
	if (l->marked)
		return 0;
	if (pwrite(l->fd, MARK_OPEN, MARK_LEN, 0) != MARK_LEN ||
	    fdatasync(l->fd) < 0)
		return err_errno(e, ERR_BUSY, errno, "schema.lock");
	l->marked = true;
	return 0;
}

void lmdb_lock_close(struct lmdb_lock *l, bool clean)
{
	bool alone = false;

	/* The last one out says so. An end that cannot be noted, or whose note
	 * is lost, is taken for unclean later, which is the safe side. */
	if (l->fd >= 0 && clean &&
	    lock_range(l->fd, F_SETLKW, F_WRLCK, DOOR, 1) == 0 &&
	    try_alone(l->fd, &alone) == 0 && alone && !says_clean(l->fd) &&
	    pwrite(l->fd, MARK_CLEAN, MARK_LEN, 0) != MARK_LEN)
		log_msg(LOG_WARN, "store", "schema.lock could not be written");
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	unclaim(l);
}
