#ifndef MOORING_STORE_LMDB_LMDB_NOTE_H
#define MOORING_STORE_LMDB_LMDB_NOTE_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_note.h"

__typeof__(store_note_get) lmdb_note_get;
__typeof__(store_note_put) lmdb_note_put;

#endif
