#ifndef MOORING_STORE_LMDB_LMDB_CARE_H
#define MOORING_STORE_LMDB_LMDB_CARE_H

#include "store/lmdb/lmdb_store.h"

__typeof__(store_info) lmdb_info;
__typeof__(store_copy) lmdb_copy;
__typeof__(store_compact) lmdb_compact;
/* lmdb_check.c */
__typeof__(store_check) lmdb_check;

#endif
