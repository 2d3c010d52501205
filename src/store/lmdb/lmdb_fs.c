/* What the store asks of the file system below it. */
#include "store/lmdb/lmdb_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* LMDB's header and 64 bytes for each of 4096 readers, in whole pages. */
#define LOCK_BYTES ((off_t)66 * 4096)

const char *lmdb_fs_network(unsigned long f_type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ 0x00006969, "nfs" }, { 0x0000517b, "smb" },
		{ 0xff534d42, "cifs" }, { 0xfe534d42, "smb2" },
		{ 0x65735546, "fuse" }, { 0x01021997, "9p" },
		{ 0x5346414f, "afs" }, { 0x6b414653, "kafs" },
		{ 0x00c36400, "ceph" }, { 0x73757245, "coda" },
		{ 0x0000564c, "ncp" }, { 0x0bd00bd0, "lustre" },
		{ 0x01161970, "gfs2" }, { 0x7461636f, "ocfs2" },
		{ 0x47504653, "gpfs" }, { 0x19830326, "beegfs" },
		{ 0xaad7aaea, "panfs" }, { 0x20030528, "orangefs" },
		{ 0xbacbacbc, "vmhgfs" }, { 0x786f4256, "vboxsf" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((uint32_t)f_type == types[i].type)
			return types[i].name;
	return NULL;
}

int lmdb_fs_check(const char *dir, struct err *e)
{
	const char *name;
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	name = lmdb_fs_network((unsigned long)fs.f_type);
	if (name == NULL)
		return 0;
	return err_set(e, ERR_CONFLICT, "%s is on a network file system (%s); "
	    "the store needs a local disk", dir, name);
}

int lmdb_fs_reserve_lock(const char *dir, struct err *e)
{
	char path[PATH_MAX];
	struct stat sb;
	int fd, rc = 0;

	if (snprintf(path, sizeof(path), "%s/lock.mdb", dir) >=
	    (int)sizeof(path))
		return err_set(e, ERR_BAD_INPUT, "%.100s…: path too long", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &sb) < 0)
		rc = errno;
	else if (sb.st_size < LOCK_BYTES ||
	    (off_t)sb.st_blocks * 512 < sb.st_size)
		rc = posix_fallocate(fd, 0, sb.st_size > LOCK_BYTES ?
		    sb.st_size : LOCK_BYTES);
	if (fd >= 0)
		close(fd);
	return rc == 0 ? 0 : err_errno(e, ERR_BUSY, rc, "%s", path);
}
