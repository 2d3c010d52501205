#ifndef MOORING_STORE_LMDB_LMDB_SWEEP_H
#define MOORING_STORE_LMDB_LMDB_SWEEP_H

#include "store/lmdb/lmdb_tx.h"

__typeof__(store_sweep) lmdb_sweep;

#endif
