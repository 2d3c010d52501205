#ifndef MOORING_STORE_LMDB_LMDB_SWEEP_H
#define MOORING_STORE_LMDB_LMDB_SWEEP_H

#include "store/lmdb/lmdb_tx.h"

/* A finished or queued target with its result, its places in the indexes, and
 * its command when it was the last. */
int lmdb_sweep_target(struct lmdb_tx *tx, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct err *e);

__typeof__(store_sweep) lmdb_sweep;

#endif
