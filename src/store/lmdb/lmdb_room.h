#ifndef MOORING_STORE_LMDB_LMDB_ROOM_H
#define MOORING_STORE_LMDB_LMDB_ROOM_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Pages left in the map. Deleting copies pages, so a map that is filled to
 * the brim can never be emptied again: ordinary writes stop before, and what
 * is left serves those that free space.
 */
struct lmdb_room {
	uint64_t pages, reserve;
	uint64_t used;		/* by this transaction, at most */
	size_t page;
};

struct lmdb_store;

/* Of a map of so many pages. */
uint64_t lmdb_room_reserve(uint64_t pages);
/* At the begin of a write transaction; an LMDB code. */
int lmdb_room_measure(struct lmdb_store *st);
/* Counts a value; false when only the reserve is left. */
bool lmdb_room_take(struct lmdb_room *r, size_t value);
/* Pages in the free list, as this read transaction sees it. */
int lmdb_room_free_pages(MDB_txn *txn, uint64_t *out);

#endif
