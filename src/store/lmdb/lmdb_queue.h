#ifndef MOORING_STORE_LMDB_LMDB_QUEUE_H
#define MOORING_STORE_LMDB_LMDB_QUEUE_H

#include "store/lmdb/lmdb_tx.h"

__typeof__(store_queue_next) lmdb_queue_next;
__typeof__(store_queue_settle) lmdb_queue_settle;
__typeof__(store_queue_unpark) lmdb_queue_unpark;
__typeof__(store_queue_has_parked) lmdb_queue_has_parked;
__typeof__(store_queue_waiting) lmdb_queue_waiting;
__typeof__(store_queue_cancel) lmdb_queue_cancel;
__typeof__(store_queue_list) lmdb_queue_list;

#endif
