/* Get, put and cursors on tables, with errors that stick. Knows nothing of
 * what the tables mean. */
#include "store/lmdb/lmdb_tx.h"

#include <stdlib.h>

#include "base/enc.h"

#define RECORD_MAX ((size_t)1 << 20)

struct lmdb_tx *lmdb_tx_new(struct lmdb_store *st, bool write)
{
	struct lmdb_tx *tx = calloc(1, sizeof(*tx));

	if (tx == NULL)
		abort();
	tx->base.ops = &lmdb_ops;
	tx->base.write = write;
	tx->st = st;
	tx->scratch = arena_new();
	buf_init(&tx->rec, RECORD_MAX);
	return tx;
}

void lmdb_tx_free(struct lmdb_tx *tx)
{
	if (tx == NULL)
		return;
	if (tx->txn != NULL)
		mdb_txn_abort(tx->txn);
	arena_free(tx->scratch);
	buf_fini(&tx->rec);
	free(tx);
}

void lmdb_tx_begin(struct lmdb_tx *tx, MDB_txn *txn)
{
	tx->txn = txn;
	tx->rc = 0;
	tx->sweep = false;
	tx->stores = false;
	tx->arms = false;
	tx->settles = false;
	arena_reset(tx->scratch);
}

bool lmdb_tx_frees(const struct lmdb_tx *tx)
{
	return tx->sweep && !tx->stores;
}

/* What is kept back of the map. */
static bool may_use_reserve(const struct lmdb_tx *tx)
{
	return lmdb_tx_frees(tx) || tx->arms ||
	    (tx->settles && !tx->stores);
}

struct lmdb_tx *lmdb_tx_verb(struct store_tx *tx)
{
	struct lmdb_tx *mine = (struct lmdb_tx *)tx;

	arena_reset(mine->scratch);
	return mine;
}

int lmdb_tx_fail(struct lmdb_tx *tx, int rc, const char *what, struct err *e)
{
	lmdb_fault(tx->st, rc, what, e);
	if (tx->rc == 0) {
		tx->rc = rc;
		tx->err = *e;
	}
	return -1;
}

int lmdb_tx_damaged(struct lmdb_tx *tx, const char *what, struct err *e)
{
	struct err why = *e;

	lmdb_tx_fail(tx, MDB_CORRUPTED, what, e);
	return err_set(e, ERR_BUSY, "store damaged: %s: %s", what, why.msg);
}

static int stuck(const struct lmdb_tx *tx, struct err *e)
{
	*e = tx->err;
	return -1;
}

static MDB_val val_of(struct bytes b)
{
	/* LMDB takes pointers to void that it only reads. */
	union {
		const void *in;
		void *out;
	} p = { b.p };

	return (MDB_val){ b.n, p.out };
}

int lmdb_get(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes *out, struct err *e)
{
	MDB_val key = { k.n, k.p }, v;
	int rc;

	*out = bytes_of(NULL, 0);
	if (tx->rc != 0)
		return stuck(tx, e);
	rc = mdb_get(tx->txn, tx->st->dbi[t], &key, &v);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return lmdb_tx_fail(tx, rc, lmdb_table_name(t), e);
	*out = bytes_of(v.mv_data, v.mv_size);
	return 0;
}

int lmdb_has(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	bool *out, struct err *e)
{
	struct bytes v;

	if (lmdb_get(tx, t, k, &v, e) < 0)
		return -1;
	*out = v.p != NULL;
	return 0;
}

int lmdb_put(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes v, struct err *e)
{
	MDB_val key = { k.n, k.p }, val = val_of(v);
	int rc;

	if (tx->rc != 0)
		return stuck(tx, e);
	if (!lmdb_room_take(&tx->st->room, v.n) && !may_use_reserve(tx))
		return lmdb_tx_fail(tx, MDB_MAP_FULL, lmdb_table_name(t), e);
	rc = mdb_put(tx->txn, tx->st->dbi[t], &key, &val, 0);
	return rc == 0 ? 0 : lmdb_tx_fail(tx, rc, lmdb_table_name(t), e);
}

int lmdb_del(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	bool *was, struct err *e)
{
	MDB_val key = { k.n, k.p };
	int rc;

	if (tx->rc != 0)
		return stuck(tx, e);
	rc = mdb_del(tx->txn, tx->st->dbi[t], &key, NULL);
	if (was != NULL)
		*was = rc == 0;
	if (rc == 0 || rc == MDB_NOTFOUND)
		return 0;
	return lmdb_tx_fail(tx, rc, lmdb_table_name(t), e);
}

int lmdb_count(struct lmdb_tx *tx, enum lmdb_table t, uint64_t *out,
	struct err *e)
{
	MDB_stat s;
	int rc;

	if (tx->rc != 0)
		return stuck(tx, e);
	rc = mdb_stat(tx->txn, tx->st->dbi[t], &s);
	if (rc != 0)
		return lmdb_tx_fail(tx, rc, lmdb_table_name(t), e);
	*out = s.ms_entries;
	return 0;
}

/* ---- cursors ---- */

int lmdb_iter_open(struct lmdb_tx *tx, enum lmdb_table t,
	struct lmdb_key from, size_t prefix, struct lmdb_iter *it,
	struct err *e)
{
	int rc;

	*it = (struct lmdb_iter){ .tx = tx, .from = from, .prefix = prefix };
	if (tx->rc != 0)
		return stuck(tx, e);
	rc = mdb_cursor_open(tx->txn, tx->st->dbi[t], &it->c);
	return rc == 0 ? 0 : lmdb_tx_fail(tx, rc, lmdb_table_name(t), e);
}

static bool has_prefix(const MDB_val *key, const struct lmdb_iter *it)
{
	return bytes_eq(bytes_of(it->from.p, it->prefix),
	    bytes_of(key->mv_data, key->mv_size < it->prefix ?
	    key->mv_size : it->prefix));
}

/* What a cursor came to. */
static int found(struct lmdb_tx *tx, const MDB_val *key, const MDB_val *val,
	struct lmdb_key *k, struct bytes *v, struct err *e)
{
	if (!lmdb_key_from(bytes_of(key->mv_data, key->mv_size), k))
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "overlong key", e);
	*v = bytes_of(val->mv_data, val->mv_size);
	return 0;
}

int lmdb_iter_next(struct lmdb_iter *it, struct lmdb_key *k, struct bytes *v,
	struct err *e)
{
	MDB_val key = { it->from.n, it->from.p }, val;
	MDB_cursor_op op = MDB_NEXT;
	int rc;

	k->n = 0;
	*v = bytes_of(NULL, 0);
	if (it->tx->rc != 0)
		return stuck(it->tx, e);
	if (!it->started)
		op = it->from.n > 0 ? MDB_SET_RANGE : MDB_FIRST;
	it->started = true;
	rc = mdb_cursor_get(it->c, &key, &val, op);
	if (rc == MDB_NOTFOUND || (rc == 0 && !has_prefix(&key, it)))
		return 0;
	if (rc != 0)
		return lmdb_tx_fail(it->tx, rc, "cursor", e);
	return found(it->tx, &key, &val, k, v, e);
}

void lmdb_iter_close(struct lmdb_iter *it)
{
	if (it->c != NULL)
		mdb_cursor_close(it->c);
	it->c = NULL;
}

int lmdb_seek(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key from,
	size_t prefix, struct lmdb_key *k, struct bytes *v, struct err *e)
{
	struct lmdb_iter it;
	int rc;

	if (lmdb_iter_open(tx, t, from, prefix, &it, e) < 0)
		return -1;
	rc = lmdb_iter_next(&it, k, v, e);
	lmdb_iter_close(&it);
	return rc;
}

int lmdb_last(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key *k,
	struct bytes *v, struct err *e)
{
	struct lmdb_iter it;
	MDB_val key, val;
	int rc;

	k->n = 0;
	*v = bytes_of(NULL, 0);
	if (lmdb_iter_open(tx, t, lmdb_key_none(), 0, &it, e) < 0)
		return -1;
	rc = mdb_cursor_get(it.c, &key, &val, MDB_LAST);
	lmdb_iter_close(&it);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return lmdb_tx_fail(tx, rc, "cursor", e);
	return found(tx, &key, &val, k, v, e);
}

/* ---- records, sealed values, counters ---- */

struct buf *lmdb_rec_begin(struct lmdb_tx *tx)
{
	rec_begin(&tx->rec);
	return &tx->rec;
}

static int rec_fits(const struct lmdb_tx *tx, enum lmdb_table t,
	struct err *e)
{
	return !tx->rec.full ? 0 : err_set(e, ERR_TOO_LARGE,
	    "%s: more than %zu bytes", lmdb_table_name(t), RECORD_MAX);
}

int lmdb_rec_put(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct err *e)
{
	if (rec_fits(tx, t, e) < 0)
		return -1;
	return lmdb_put(tx, t, k, buf_bytes(&tx->rec), e);
}

int lmdb_put_sealed(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes plain, struct err *e)
{
	/* A device that enrolls anew cancels its queue and brings bodies: the
	 * reserve is not for that. */
	tx->stores = true;
	return lmdb_put(tx, t, k, seal_box(tx->st->seal, lmdb_table_name(t),
	    lmdb_key_bytes(&k), plain, tx->scratch), e);
}

int lmdb_rec_put_sealed(struct lmdb_tx *tx, enum lmdb_table t,
	struct lmdb_key k, struct err *e)
{
	if (rec_fits(tx, t, e) < 0)
		return -1;
	return lmdb_put_sealed(tx, t, k, buf_bytes(&tx->rec), e);
}

int lmdb_unseal(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct bytes sealed, struct arena *a, struct bytes *out,
	struct err *e)
{
	if (seal_unbox(tx->st->seal, lmdb_table_name(t), lmdb_key_bytes(&k),
	    sealed, a, out, e) < 0)
		return lmdb_tx_damaged(tx, lmdb_table_name(t), e);
	return 0;
}

int lmdb_get_sealed(struct lmdb_tx *tx, enum lmdb_table t, struct lmdb_key k,
	struct arena *a, struct bytes *out, struct err *e)
{
	struct bytes sealed;

	*out = bytes_of(NULL, 0);
	if (lmdb_get(tx, t, k, &sealed, e) < 0)
		return -1;
	return sealed.p == NULL ? 0 : lmdb_unseal(tx, t, k, sealed, a, out, e);
}

int lmdb_next_number(struct lmdb_tx *tx, const char *counter, uint64_t *out,
	struct err *e)
{
	struct lmdb_key k = lmdb_key_text(counter);
	unsigned char next[8];
	struct bytes v;
	uint64_t n = 0;

	if (lmdb_get(tx, LMDB_META, k, &v, e) < 0)
		return -1;
	if (v.p != NULL && v.n != sizeof(next))
		return lmdb_tx_fail(tx, MDB_CORRUPTED, counter, e);
	if (v.p != NULL)
		n = enc_unbe64(v.p);
	enc_be64(next, n + 1);
	if (lmdb_put(tx, LMDB_META, k, bytes_of(next, 8), e) < 0)
		return -1;
	*out = n + 1;
	return 0;
}
