/* The ballast file: made of real blocks, so that giving it up gives space. */
#include "store/lmdb/lmdb_ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"

static bool path_of(const char *dir, const char *name, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

/* posix_fallocate writes zeros by itself where the file system cannot
 * allocate. */
static int make(const char *tmp, const char *path)
{
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = errno;

	if (fd < 0)
		return rc;
	rc = posix_fallocate(fd, 0, (off_t)LMDB_BALLAST);
	close(fd);
	if (rc == 0 && rename(tmp, path) < 0)
		rc = errno;
	if (rc != 0)
		unlink(tmp);
	return rc;
}

/* Not the last blocks: those are for the store itself. */
static bool has_room(const char *dir)
{
	struct statvfs fs;

	return statvfs(dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >=
	    LMDB_BALLAST + LMDB_BALLAST / 8;
}

bool lmdb_ballast_make(const char *dir)
{
	char path[PATH_MAX], tmp[PATH_MAX];
	struct stat sb;

	if (!path_of(dir, "ballast", path) || !path_of(dir, "ballast.new", tmp))
		return false;
	if (stat(path, &sb) == 0 && (uint64_t)sb.st_size >= LMDB_BALLAST)
		return true;
	return has_room(dir) && make(tmp, path) == 0;
}

bool lmdb_ballast_drop(const char *dir)
{
	char path[PATH_MAX];

	if (!path_of(dir, "ballast", path) || unlink(path) < 0)
		return false;
	log_msg(LOG_WARN, "store_ballast", "the disk is full: the reserve is "
	    "given up for a sweep");
	return true;
}
