/* What LMDB's error codes mean to a caller, and the one alert line that an
 * operator gets for each trouble. */
#include "store/lmdb/lmdb_store.h"

#include <errno.h>

#include "base/log.h"

/* Once, until a commit goes well again. */
static void alert(struct lmdb_store *st, const struct err *e)
{
	struct log_line l;

	if (st == NULL || atomic_exchange(&st->alerted, true))
		return;
	log_begin(&l, LOG_ERROR, "store_trouble");
	log_str(&l, "store", st->dir);
	log_str(&l, "msg", e->msg);
	log_end(&l);
}

void lmdb_recovered(struct lmdb_store *st)
{
	atomic_store(&st->alerted, false);
}

int lmdb_fault(struct lmdb_store *st, int rc, const char *what, struct err *e)
{
	switch (rc) {
	case MDB_MAP_FULL:
		err_set(e, ERR_BUSY, "the store is full: map_size is used up "
		    "(%s)", what);
		break;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		err_set(e, ERR_BUSY, "no space left for the store (%s)", what);
		break;
	case MDB_TXN_FULL:
		err_set(e, ERR_BUSY, "too much in one transaction (%s)", what);
		return -1;
	case MDB_READERS_FULL:
		err_set(e, ERR_BUSY, "too many readers of the store");
		break;
	case MDB_PANIC:
		if (st != NULL)
			atomic_store(&st->dead, true);
		err_set(e, ERR_BUSY, "the store failed; this process must end");
		break;
	case MDB_MAP_RESIZED:
		/* A map is never resized while it is in use. */
		if (st != NULL)
			atomic_store(&st->dead, true);
		err_set(e, ERR_BUSY, "another process with a larger map_size made "
		    "the store outgrow the map of this one, which must end");
		break;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_INCOMPATIBLE:
	case MDB_VERSION_MISMATCH:
		err_set(e, ERR_BUSY, "store damaged: %s: %s", what,
		    mdb_strerror(rc));
		break;
	case MDB_BAD_TXN:
	case MDB_BAD_VALSIZE:
	case MDB_BAD_DBI:
	case EINVAL:
		err_set(e, ERR_INTERNAL, "%s: %s", what, mdb_strerror(rc));
		break;
	default:
		err_set(e, ERR_BUSY, "%s: %s", what, mdb_strerror(rc));
		break;
	}
	alert(st, e);
	return -1;
}
