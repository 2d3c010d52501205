#ifndef MOORING_STORE_LMDB_LMDB_BALLAST_H
#define MOORING_STORE_LMDB_LMDB_BALLAST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * DIR/store/ballast: space on the disk that is given up when the disk is
 * full, since LMDB needs some even to delete.
 */
#define LMDB_BALLAST ((uint64_t)64 << 20)

/* Makes it unless it is there; false where there is no room for it: the
 * store goes on without. */
bool lmdb_ballast_make(const char *dir);
/* True when there was one and it is gone. */
bool lmdb_ballast_drop(const char *dir);

#endif
