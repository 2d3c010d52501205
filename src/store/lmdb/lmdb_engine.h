#ifndef MOORING_STORE_LMDB_LMDB_ENGINE_H
#define MOORING_STORE_LMDB_LMDB_ENGINE_H

#include "store/store_ops.h"

/* The embedded engine. This header alone is seen outside of its folder. */
extern const struct store_engine lmdb_engine;

#endif
