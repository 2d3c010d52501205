/* Whole files: reading with a limit, writing so that a crash leaves either
 * the old or the new one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rnd.h"

int file_read_fd(int fd, size_t max, struct arena *a, struct bytes *out, struct err *e)
{
	struct buf b;
	ssize_t got = 1;

	buf_init(&b, max + 1);
	while (got > 0 && b.n <= max) {
		size_t want = max + 1 - b.n < 65536 ? max + 1 - b.n : 65536;
		void *to = buf_reserve(&b, want);

		got = read(fd, to, want);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			buf_grew(&b, (size_t)got);
	}
	if (got < 0)
		err_errno(e, ERR_INTERNAL, errno, "read");
	else if (b.n > max)
		got = err_set(e, ERR_TOO_LARGE, "more than %zu bytes", max);
	else
		*out = bytes_of(arena_memdup(a, b.p, b.n), b.n);
	buf_fini(&b);
	return got < 0 ? -1 : 0;
}

int file_read(const char *path, size_t max, struct arena *a, struct bytes *out,
	struct err *e)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = bytes_of(NULL, 0);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	rc = file_read_fd(fd, max, a, out, e);
	close(fd);
	return rc < 0 ? err_wrap(e, "%s", path) : 0;
}

static int write_all(int fd, struct bytes data)
{
	while (data.n > 0) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data = bytes_of(data.p + n, data.n - (size_t)n);
	}
	return 0;
}

static int sync_folder_of(const char *path)
{
	char *copy = strdup(path);
	int fd, rc;

	if (copy == NULL)
		abort();
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int file_write(const char *path, struct bytes data, mode_t mode, struct err *e)
{
	char tmp[4096], unique[RND_UUID_LEN + 1];
	int fd;

	rnd_uuid(unique);
	if (snprintf(tmp, sizeof(tmp), "%s.%.8s", path, unique) >= (int)sizeof(tmp))
		return err_set(e, ERR_BAD_INPUT, "%.100s…: path too long", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	if (write_all(fd, data) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "%s", path);
		close(fd);
		unlink(tmp);
		return -1;
	}
	close(fd);
	if (rename(tmp, path) < 0 || sync_folder_of(path) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "%s", path);
		unlink(tmp);
		return -1;
	}
	return 0;
}

int file_may_write(const char *path, struct err *e)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');

	if (snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 :
		slash == path ? 1 : (int)(slash - path), slash == NULL ? "." :
		path) >= (int)sizeof(folder))
		return err_set(e, ERR_BAD_INPUT, "%.100s…: path too long", path);
	return access(folder, W_OK | X_OK) == 0 ? 0 :
		err_errno(e, ERR_INTERNAL, errno, "%s", path);
}

int file_mkdir(const char *path, mode_t mode, struct err *e)
{
	struct stat sb;

	if (mkdir(path, mode) == 0) {
		if (chmod(path, mode) < 0)
			return err_errno(e, ERR_INTERNAL, errno, "%s", path);
		return 0;
	}
	if (errno != EEXIST)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	if (stat(path, &sb) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	if (!S_ISDIR(sb.st_mode))
		return err_set(e, ERR_CONFLICT, "%s: exists and is not a folder", path);
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size &&
		is_same_time(a->st_mtim, b->st_mtim) &&
		is_same_time(a->st_ctim, b->st_ctim);
}

bool file_state_take(struct file_state *m, const char *path)
{
	struct file_state now = { 0 };
	bool same;

	now.seen = stat(path, &now.sb) == 0;
	same = now.seen == m->seen &&
		(!now.seen || is_same_file(&now.sb, &m->sb));
	*m = now;
	return !same;
}

char *file_process(struct arena *a, long pid)
{
	struct err e = ERR_INIT;
	struct bytes comm;

	if (file_read(arena_printf(a, "/proc/%ld/comm", pid), 64, a, &comm,
		&e) < 0 || comm.n == 0)
		comm = bytes_str("?\n");
	return arena_printf(a, "%.*s (process %ld)", (int)comm.n - 1,
		(const char *)comm.p, pid);
}

char *file_path(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}
