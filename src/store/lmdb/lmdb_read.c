/* Read transactions: renewed from a pool, so that a poll costs no slot in
 * the reader table. */
#include "store/lmdb/lmdb_tx.h"

#include <unistd.h>

/* Set while a closure runs: another transaction inside of it would wait for
 * itself. */
static _Thread_local bool in_closure;

bool lmdb_in_closure(void)
{
	return in_closure;
}

void lmdb_set_in_closure(bool in)
{
	in_closure = in;
}

static struct lmdb_tx *take(struct lmdb_store *st)
{
	struct lmdb_tx *tx;

	pthread_mutex_lock(&st->pool_mutex);
	tx = st->pool;
	if (tx != NULL)
		st->pool = tx->next;
	pthread_mutex_unlock(&st->pool_mutex);
	return tx;
}

static void give_back(struct lmdb_store *st, struct lmdb_tx *tx)
{
	mdb_txn_reset(tx->txn);
	arena_reset(tx->scratch);
	pthread_mutex_lock(&st->pool_mutex);
	tx->next = st->pool;
	st->pool = tx;
	pthread_mutex_unlock(&st->pool_mutex);
}

static int begin(struct lmdb_store *st, struct lmdb_tx *tx)
{
	MDB_txn *txn = tx->txn;
	int rc, stale;

	if (txn != NULL) {
		rc = mdb_txn_renew(txn);
	} else {
		rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, &txn);
		/* Slots of processes that were killed are found by asking. */
		if (rc == MDB_READERS_FULL &&
		    mdb_reader_check(st->env, &stale) == 0 && stale > 0)
			rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, &txn);
	}
	if (rc == 0)
		lmdb_tx_begin(tx, txn);
	return rc;
}

int lmdb_read(struct store *base, store_fn fn, void *arg, struct err *e)
{
	struct lmdb_store *st = (struct lmdb_store *)base;
	struct lmdb_tx *tx;
	int rc;

	if (in_closure || st->pid != getpid())
		return err_set(e, ERR_INTERNAL, in_closure ?
		    "store_read inside of a transaction" :
		    "the store was opened before fork");
	if (atomic_load(&st->dead))
		return lmdb_fault(st, MDB_PANIC, "read", e);
	tx = take(st);
	if (tx == NULL)
		tx = lmdb_tx_new(st, false);
	rc = begin(st, tx);
	if (rc != 0) {
		lmdb_tx_free(tx);
		return lmdb_fault(st, rc, "read", e);
	}
	in_closure = true;
	rc = fn(&tx->base, arg, e);
	in_closure = false;
	if (tx->rc != 0) {
		*e = tx->err;
		rc = -1;
	}
	give_back(st, tx);
	return rc;
}
