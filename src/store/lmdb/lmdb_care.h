#ifndef MOORING_STORE_LMDB_LMDB_CARE_H
#define MOORING_STORE_LMDB_LMDB_CARE_H

#include "store/lmdb/lmdb_store.h"

__typeof__(store_info) lmdb_info;
__typeof__(store_compact) lmdb_compact;
/* lmdb_copy.c */
__typeof__(store_copy) lmdb_copy;
/* As store_copy, of an environment that needs no tables. */
int lmdb_copy_env(MDB_env *env, const char *path, struct store_copying *c,
	struct err *e);
/* The folder of a path; an errno code. */
int lmdb_sync_dir(const char *path);
/* lmdb_restore.c */
__typeof__(store_restore) lmdb_restore;
/* lmdb_check.c */
__typeof__(store_check) lmdb_check;

#endif
