#ifndef MOORING_BASE_FILE_H
#define MOORING_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The whole file, followed by a NUL, in the arena. Absent: 0 and
 * out->p = NULL. Over max: ERR_TOO_LARGE. */
int file_read(const char *path, size_t max, struct arena *a,
	struct bytes *out, struct err *e);
/* The whole of an open descriptor, under the same rules. */
int file_read_fd(int fd, size_t max, struct arena *a, struct bytes *out,
	struct err *e);
/* Writes beside, fsyncs, renames, fsyncs the folder. mode is exact,
 * whatever the umask. */
int file_write(const char *path, struct bytes data, mode_t mode,
	struct err *e);
/* Fails now as file_write would for want of a folder or the right to write
 * there: to be asked before something is done that cannot be undone. */
int file_may_write(const char *path, struct err *e);
/* Creates a folder with exactly this mode; fine when it is there already
 * (its mode is left alone). */
int file_mkdir(const char *path, mode_t mode, struct err *e);
bool file_exists(const char *path);
/* What a file looked like, to see whether it was changed since; all zero: no
 * file was seen. Take it before reading: what is written meanwhile is seen the
 * next time. */
struct file_state {
	bool seen;
	struct stat sb;
};
/* Looks anew; whether it is another file, or was changed. */
bool file_state_take(struct file_state *m, const char *path);
/* "dir/name" in the arena. */
char *file_path(struct arena *a, const char *dir, const char *name);
/* "lighttpd (process 4711)": a process for a message, by what /proc calls it;
 * "?" stands for one that is gone. */
char *file_process(struct arena *a, long pid);

#endif
