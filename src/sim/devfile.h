#ifndef MOORING_SIM_DEVFILE_H
#define MOORING_SIM_DEVFILE_H

#include "sim/device.h"

/* The state folder: one property list per simulated device, 0600, keys and
 * tokens in it. */
struct devfile_dir {
	char *path;
	int lock;	/* held until close; -1: opened to read only */
};

/* How a folder is opened: DEVFILE_MAKE makes it (0700) when it is not there.
 * ERR_CONFLICT when another process has it open to write. */
enum devfile_mode { DEVFILE_READ, DEVFILE_WRITE, DEVFILE_MAKE };
int devfile_open(const char *path, enum devfile_mode mode,
	struct devfile_dir *out, struct err *e);
void devfile_close(struct devfile_dir *dir);

/* Ties a device to its file, named by a digest of its id. */
void devfile_bind(const struct devfile_dir *dir, struct device *d);
/* Writes beside and renames. Not synced to disk: a simulated device need
 * not survive a power cut. */
int devfile_save(struct device *d, struct err *e);
/* The device of that id; 0 and NULL when there is none. */
int devfile_load(const struct devfile_dir *dir, const char *id,
	struct device **out, struct err *e);

struct devfile_list {
	struct device **at;
	size_t n;
};
/* All whose id starts with prefix (NULL: all), ordered by id, at most limit
 * (0: no limit). On the heap. */
int devfile_load_all(const struct devfile_dir *dir, const char *prefix,
	size_t limit, struct devfile_list *out, struct err *e);
void devfile_free_all(struct devfile_list *l);

/* Gives back what a long life of changes has piled up in the device's arena:
 * *d may be another device afterwards, with the same content. */
void devfile_compact(struct device **d);

/* The two directions of a file's content. */
struct bytes devfile_encode(const struct device *d, struct arena *a);
int devfile_decode(struct bytes in, struct device **out, struct err *e);

#endif
