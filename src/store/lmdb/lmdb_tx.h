#ifndef MOORING_STORE_LMDB_LMDB_TX_H
#define MOORING_STORE_LMDB_LMDB_TX_H

#include "base/buf.h"
#include "codec/rec.h"
#include "store/lmdb/lmdb_key.h"
#include "store/lmdb/lmdb_store.h"

/*
 * One transaction and what may be done in it. The first failure of LMDB
 * sticks: everything after it fails with the same error and the transaction
 * is rolled back, whatever the closure returns.
 */
struct lmdb_tx {
	struct store_tx base;	/* first */
	struct lmdb_store *st;
	MDB_txn *txn;
	int rc;			/* the first failure, 0: none */
	struct err err;		/* its message */
	bool sweep;		/* frees space … */
	bool stores;		/* … or stores a body: both is no sweep */
	bool arms;		/* the guard, at open: must not fail for room */
	bool settles;		/* changes in place what leads to freeing: may
				 * use the reserve, not the ballast */
	struct arena *scratch;	/* until the verb is done */
	struct buf rec;		/* one record being written */
	struct lmdb_tx *next;	/* in the pool */
};

struct lmdb_tx *lmdb_tx_new(struct lmdb_store *st, bool write);
/* Aborts what is open. NULL is fine. */
void lmdb_tx_free(struct lmdb_tx *tx);
/* Before a closure runs in it. */
void lmdb_tx_begin(struct lmdb_tx *tx, MDB_txn *txn);
/* At the begin of a verb: the engine's transaction behind the public one,
 * its scratch arena empty. */
struct lmdb_tx *lmdb_tx_verb(struct store_tx *tx);
int lmdb_tx_fail(struct lmdb_tx *tx, int rc, const char *what,
	struct err *e);
/* Frees space, so that the ballast may be given up for it. */
bool lmdb_tx_frees(const struct lmdb_tx *tx);
/* A record that does not parse or open: ERR_BUSY, and an alert. *e holds
 * the reason; returns -1. */
int lmdb_tx_damaged(struct lmdb_tx *tx, const char *what, struct err *e);

/* Values are views into the map: until the next write of this transaction.
 * Absent: out->p = NULL. */
int lmdb_get(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes *out, struct err *e);
int lmdb_has(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	bool *out, struct err *e);
int lmdb_put(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes v, struct err *e);
/* was may be NULL. */
int lmdb_del(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	bool *was, struct err *e);
/* The first entry at or after from that begins with its first `prefix`
 * bytes; none: k->n = 0. */
int lmdb_seek(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key from,
	size_t prefix, struct lmdb_key *k, struct bytes *v, struct err *e);
/* The last entry of a table; none: k->n = 0. */
int lmdb_last(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key *k,
	struct bytes *v, struct err *e);
int lmdb_count(struct lmdb_tx *tx, enum lmdb_table t, uint64_t *out,
	struct err *e);

/* As lmdb_seek, one after the other; nothing may be written meanwhile. */
struct lmdb_iter {
	struct lmdb_tx *tx;
	MDB_cursor *c;
	struct lmdb_key from;
	size_t prefix;
	bool started;
};
int lmdb_iter_open(struct lmdb_tx *tx, enum lmdb_table t,
	struct lmdb_key from, size_t prefix, struct lmdb_iter *it,
	struct err *e);
int lmdb_iter_next(struct lmdb_iter *it, struct lmdb_key *k, struct bytes *v,
	struct err *e);
void lmdb_iter_close(struct lmdb_iter *it);

/* A record: begin, rec_put_*, put. */
struct buf *lmdb_rec_begin(struct lmdb_tx *tx);
int lmdb_rec_put(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct err *e);

/* Sealed under the table's name and the key. Absent: out->p = NULL. */
int lmdb_put_sealed(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes plain, struct err *e);
/* A record in place of lmdb_rec_put. */
int lmdb_rec_put_sealed(struct lmdb_tx *tx, enum lmdb_table t,
	struct lmdb_key k, struct err *e);
int lmdb_get_sealed(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct arena *a, struct bytes *out, struct err *e);
int lmdb_unseal(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes sealed, struct arena *a, struct bytes *out,
	struct err *e);

/* The next number of a counter: 1, 2, … never given twice. */
int lmdb_next_number(struct lmdb_tx *tx, const char *counter, uint64_t *out,
	struct err *e);

/* lmdb_read.c */
__typeof__(store_read) lmdb_read;

#endif
