/* Retention: finished targets go, oldest first, with their results; a
 * command goes with its last target. */
#include "store/lmdb/lmdb_sweep.h"

#include <string.h>

#include "store/lmdb/lmdb_command.h"
#include "store/lmdb/lmdb_target.h"

static int remove_unused(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	if (lmdb_seek(tx, LMDB_TARGETS, lmdb_key_hash(hash), DIGEST_LEN, &k,
	    &v, e) < 0)
		return -1;
	return k.n != 0 ? 0 : lmdb_command_remove(tx, hash, e);
}

int lmdb_sweep_target(struct lmdb_tx *tx, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct target *t;

	arena_reset(tx->scratch);
	if (lmdb_target_load(tx, num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "targets", e);
	if (t->result != 0 && lmdb_del(tx, LMDB_RESULTS,
	    lmdb_target_result_key(t), NULL, e) < 0)
		return -1;
	if (lmdb_target_unlink(tx, hash, t, e) < 0 ||
	    lmdb_del(tx, LMDB_TARGETS, lmdb_key_hash_num(hash, num), NULL,
	    e) < 0)
		return -1;
	return remove_unused(tx, hash, e);
}

/* The first of an index that begins with a time, if it is before. */
static int oldest(struct lmdb_tx *tx, enum lmdb_table t, int64_t before,
	struct lmdb_key *k, struct bytes *v, struct err *e)
{
	if (lmdb_seek(tx, t, lmdb_key_none(), 0, k, v, e) < 0)
		return -1;
	if (k->n != 0 && (int64_t)lmdb_key_num_at(k, 0) >= before)
		k->n = 0;
	return 0;
}

static int sweep_finished(struct lmdb_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct lmdb_key k;
	struct bytes v;
	uint64_t count;

	for (; *n < limit; ++*n) {
		if (lmdb_count(tx, LMDB_FINISHED, &count, e) < 0 ||
		    oldest(tx, LMDB_FINISHED, max != 0 && count > max ?
		    INT64_MAX : before, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (v.n != DIGEST_LEN)
			return lmdb_tx_fail(tx, MDB_CORRUPTED, "finished", e);
		memcpy(hash, v.p, DIGEST_LEN);
		if (lmdb_sweep_target(tx, lmdb_key_num_at(&k, LMDB_KEY_NUM),
		    hash, e) < 0)
			return -1;
	}
	return 0;
}

/* Commands that never got a target. */
static int sweep_idle(struct lmdb_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (; *n < limit; ++*n) {
		if (oldest(tx, LMDB_COMMANDS_IDLE, before, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (k.n != 8 + DIGEST_LEN)
			return lmdb_tx_fail(tx, MDB_CORRUPTED, "commands_idle",
			    e);
		if (lmdb_del(tx, LMDB_COMMANDS_IDLE, k, NULL, e) < 0 ||
		    lmdb_command_remove(tx, k.p + 8, e) < 0)
			return -1;
	}
	return 0;
}

int lmdb_sweep(struct store_tx *base, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	int stale, rc;

	*n = 0;
	/* Readers that were killed keep pages from being used again. */
	rc = mdb_reader_check(tx->st->env, &stale);
	if (rc != 0)
		return lmdb_tx_fail(tx, rc, "readers", e);
	tx->sweep = true;
	if (sweep_finished(tx, before, max, limit, n, e) < 0)
		return -1;
	return sweep_idle(tx, before, limit, n, e);
}
