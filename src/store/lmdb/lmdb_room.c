/* How many pages a transaction may still use. An estimate on the safe side:
 * LMDB tells only what is committed. */
#include "store/lmdb/lmdb_room.h"

#include "store/lmdb/lmdb_store.h"

#define FREE_DBI 0	/* lmdb.h: the free list is the unnamed first table */
#define RESERVE_MIN ((uint64_t)64)
#define RESERVE_MAX ((uint64_t)4096)
/* With more than this behind the last page, the free list is not looked at:
 * no transaction of ours is as large. */
#define PLENTY ((uint64_t)1 << 17)

int lmdb_room_free_pages(MDB_txn *txn, uint64_t *out)
{
	MDB_val key, v;
	MDB_cursor *c;
	int rc = mdb_cursor_open(txn, FREE_DBI, &c);

	*out = 0;
	if (rc != 0)
		return rc;
	/* Each entry is a list of page numbers with its length in front. */
	while ((rc = mdb_cursor_get(c, &key, &v, MDB_NEXT)) == 0) {
		if (v.mv_size < sizeof(size_t))
			continue;
		*out += *(size_t *)v.mv_data;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* LMDB shows the free list to readers only. */
static int free_pages_now(MDB_env *env, uint64_t *out)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	rc = lmdb_room_free_pages(txn, out);
	mdb_txn_abort(txn);
	return rc;
}

uint64_t lmdb_room_reserve(uint64_t pages)
{
	uint64_t part = pages / 8;

	/* A small map needs as many for one sweep as a large one: the list of
	 * tables alone takes several. */
	if (part < RESERVE_MIN)
		part = pages / 4 < RESERVE_MIN ? pages / 4 : RESERVE_MIN;
	return part < RESERVE_MAX ? part : RESERVE_MAX;
}

int lmdb_room_measure(struct lmdb_store *st)
{
	struct lmdb_room *r = &st->room;
	uint64_t max, free_pages;
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(st->env, &info);

	if (rc == 0)
		rc = mdb_env_stat(st->env, &stat);
	if (rc != 0)
		return rc;
	max = info.me_mapsize / stat.ms_psize;
	r->page = stat.ms_psize;
	r->reserve = lmdb_room_reserve(max);
	r->pages = max > info.me_last_pgno ? max - info.me_last_pgno - 1 : 0;
	r->used = 0;
	if (r->pages > PLENTY)
		return 0;
	rc = free_pages_now(st->env, &free_pages);
	r->pages += free_pages;
	return rc;
}

bool lmdb_room_take(struct lmdb_room *r, size_t value)
{
	r->used += 1 + value / r->page;
	return r->used + r->reserve <= r->pages;
}
