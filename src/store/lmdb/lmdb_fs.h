#ifndef MOORING_STORE_LMDB_LMDB_FS_H
#define MOORING_STORE_LMDB_LMDB_FS_H

#include "base/err.h"

/* The name of a network file system by statfs' f_type, else NULL. FUSE
 * counts as one: what is behind it cannot be told. */
const char *lmdb_fs_network(unsigned long f_type);
/* ERR_CONFLICT names the file system when dir is on such a one. */
int lmdb_fs_check(const char *dir, struct err *e);
/* Before the environment is opened, by the one who holds the door: gives
 * lock.mdb all its blocks, since a full disk under a mapped hole is SIGBUS. */
int lmdb_fs_reserve_lock(const char *dir, struct err *e);

#endif
