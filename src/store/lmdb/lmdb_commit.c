/*
 * Group commit. A writer that finds no leader becomes one, takes LMDB's
 * write lock, and only then collects all that wait, so that those who came
 * while it waited are in its group. Each closure runs in a nested
 * transaction, so that one that fails is rolled back alone; one commit makes
 * all of them durable; then all are woken with their results. There is no
 * thread of our own: the next leader is the first of those who came later.
 */
#include "store/lmdb/lmdb_tx.h"

#include <errno.h>
#include <unistd.h>

#include "store/lmdb/lmdb_ballast.h"
#include "store/lmdb/lmdb_room.h"

#define GROUP_MAX 256

struct lmdb_member {
	store_fn fn;
	void *arg;
	struct err *e;
	int rc;
	bool done, leads;
	bool full;		/* did not fit beside others: alone, then */
	pthread_cond_t wake;
	struct lmdb_member *next;
};

struct group {
	struct lmdb_store *st;
	struct lmdb_member *first;
	size_t n;
	MDB_txn *txn;		/* LMDB's write lock; NULL: not held */
	struct lmdb_touch_map touches;
	bool touched;		/* touches are written in txn */
	bool sweep;		/* one member frees space */
	unsigned commits;
};

static void abort_txn(struct group *g)
{
	if (g->txn != NULL)
		mdb_txn_abort(g->txn);
	g->txn = NULL;
	g->touched = false;
}

static int begin(struct group *g)
{
	int rc = mdb_txn_begin(g->st->env, NULL, 0, &g->txn);

	if (rc != 0)
		return rc;
	rc = lmdb_room_measure(g->st);
	if (rc != 0)
		abort_txn(g);
	return rc;
}

static int run(struct group *g, struct lmdb_member *m, MDB_txn *txn)
{
	struct lmdb_tx *tx = g->st->wtx;

	lmdb_tx_begin(tx, txn);
	lmdb_set_in_closure(true);
	m->rc = m->fn(&tx->base, m->arg, m->e);
	lmdb_set_in_closure(false);
	if (tx->rc != 0) {
		*m->e = tx->err;
		m->rc = -1;
	}
	m->full = tx->rc == MDB_TXN_FULL && (g->n > 1 || g->touched);
	g->sweep = g->sweep || lmdb_tx_frees(tx);
	tx->txn = NULL;
	return m->rc;
}

static void run_nested(struct group *g, struct lmdb_member *m)
{
	uint64_t used = g->st->room.used;
	MDB_txn *txn;
	int rc = mdb_txn_begin(g->st->env, g->txn, 0, &txn);

	if (rc == 0 && run(g, m, txn) < 0) {
		mdb_txn_abort(txn);
		g->st->room.used = used;
	} else if (rc == 0) {
		rc = mdb_txn_commit(txn);
	}
	if (rc != 0) {
		m->rc = lmdb_fault(g->st, rc, "write", m->e);
		m->full = rc == MDB_TXN_FULL;
	}
}

/* Touches come first, so that closures see what was delivered. They must not
 * cost anybody his write: on trouble they wait for another time. */
static int write_touches(struct group *g)
{
	struct lmdb_tx *tx = g->st->wtx;
	struct err why = ERR_INIT;

	if (!lmdb_touches_take(&g->st->touches, &g->touches))
		return 0;
	lmdb_tx_begin(tx, g->txn);
	g->touched = lmdb_touches_write(tx, &g->touches, &why) == 0;
	tx->txn = NULL;
	if (g->touched)
		return 0;
	abort_txn(g);
	return begin(g);
}

/* Runs and commits; 0, or the code that everybody fails with. */
static int attempt(struct group *g)
{
	bool any = g->touched;
	int rc;

	if (g->n == 1 && !g->touched) {
		any = run(g, g->first, g->txn) == 0;
	} else {
		for (struct lmdb_member *m = g->first; m != NULL; m = m->next) {
			run_nested(g, m);
			any = any || m->rc == 0;
		}
	}
	if (!any) {
		abort_txn(g);
		return 0;
	}
	rc = mdb_txn_commit(g->txn);
	g->txn = NULL;
	if (rc == 0)
		g->commits++;
	else
		g->touched = false;
	return rc;
}

static void fail_all(struct group *g, int rc)
{
	for (struct lmdb_member *m = g->first; m != NULL; m = m->next)
		if (m->rc == 0 || m->full) {
			m->rc = lmdb_fault(g->st, rc, "commit", m->e);
			m->full = false;
		}
}

/* True when the disk is full, a member frees space and the ballast could
 * be given up for it. */
static bool ballast_helps(struct group *g, int rc)
{
	return (rc == ENOSPC || rc == EDQUOT) && g->sweep &&
	    lmdb_ballast_drop(g->st->dir);
}

/* The group is collected and its transaction open. */
static void commit_group(struct group *g)
{
	struct err why = ERR_INIT;
	bool dropped = false;
	int rc = 0;

	if (lmdb_lock_mark(&g->st->lock, &why) < 0) {
		abort_txn(g);
		for (struct lmdb_member *m = g->first; m != NULL; m = m->next) {
			*m->e = why;
			m->rc = -1;
		}
		return;
	}
	rc = write_touches(g);
	if (rc == 0)
		rc = attempt(g);
	if (ballast_helps(g, rc)) {
		dropped = true;
		rc = begin(g);
		if (rc == 0)
			rc = attempt(g);
	}
	if (rc != 0)
		fail_all(g, rc);
	else if (g->commits > 0)
		lmdb_recovered(g->st);
	if (rc == 0 && g->sweep && !dropped)
		(void)lmdb_ballast_make(g->st->dir);
	if (g->touched)
		lmdb_touch_map_free(&g->touches);
	else
		lmdb_touches_give_back(&g->st->touches, &g->touches);
}

/* What did not fit beside the others gets a transaction of its own. */
static void commit_alone(struct group *all, struct lmdb_member *m)
{
	struct lmdb_member *next = m->next;
	struct group g = { .st = all->st, .first = m, .n = 1 };
	int rc;

	m->next = NULL;
	m->full = false;
	rc = begin(&g);
	if (rc == 0)
		rc = attempt(&g);
	if (rc != 0)
		fail_all(&g, rc);
	all->commits += g.commits;
	m->next = next;
}

/* All that wait now, at most GROUP_MAX. */
static void collect(struct lmdb_store *st, struct group *g)
{
	struct lmdb_member **end = &g->first;

	pthread_mutex_lock(&st->write_mutex);
	while (st->first != NULL && g->n < GROUP_MAX) {
		struct lmdb_member *m = st->first;

		st->first = m->next;
		*end = m;
		end = &m->next;
		g->n++;
		st->waiting--;
	}
	*end = NULL;
	if (st->first == NULL)
		st->last = &st->first;
	pthread_mutex_unlock(&st->write_mutex);
}

/* Wakes the group and hands on the lead. */
static void release(struct lmdb_store *st, struct group *g)
{
	struct lmdb_member *next;

	pthread_mutex_lock(&st->write_mutex);
	st->commits += g->commits;
	for (struct lmdb_member *m = g->first; m != NULL; m = next) {
		next = m->next;	/* m is gone as soon as it sees done */
		m->done = true;
		st->committed += m->rc == 0;
		pthread_cond_signal(&m->wake);
	}
	st->led = st->first != NULL;
	if (st->led) {
		st->first->leads = true;
		pthread_cond_signal(&st->first->wake);
	}
	pthread_mutex_unlock(&st->write_mutex);
}

static void lead(struct lmdb_store *st)
{
	struct group g = { .st = st };
	int rc = begin(&g);

	collect(st, &g);
	if (rc == 0)
		commit_group(&g);
	else
		fail_all(&g, rc);
	for (struct lmdb_member *m = g.first; m != NULL; m = m->next)
		if (m->full)
			commit_alone(&g, m);
	release(st, &g);
}

int lmdb_write(struct store *base, store_fn fn, void *arg, struct err *e)
{
	struct lmdb_store *st = (struct lmdb_store *)base;
	struct lmdb_member m = { .fn = fn, .arg = arg, .e = e,
		.wake = PTHREAD_COND_INITIALIZER };

	if (lmdb_in_closure() || st->pid != getpid())
		return err_set(e, ERR_INTERNAL, lmdb_in_closure() ?
		    "store_write inside of a transaction" :
		    "the store was opened before fork");
	if (atomic_load(&st->dead))
		return lmdb_fault(st, MDB_PANIC, "write", e);
	pthread_mutex_lock(&st->write_mutex);
	*st->last = &m;
	st->last = &m.next;
	st->waiting++;
	if (!st->led) {
		st->led = true;
		m.leads = true;
	}
	while (!m.done && !m.leads)
		pthread_cond_wait(&m.wake, &st->write_mutex);
	pthread_mutex_unlock(&st->write_mutex);
	if (!m.done)
		lead(st);
	pthread_cond_destroy(&m.wake);
	return m.rc;
}
