/* The operator's verbs of the store: as store.c, hands over to the engine. */
#include "store/store_admin.h"

#include "store/lmdb/lmdb_engine.h"
#include "store/store_ops.h"

static int reading(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "store: a write in a read transaction");
}

int store_migrate(const struct store_options *o, int64_t now, unsigned *from,
	unsigned *to, struct err *e)
{
	return lmdb_engine.migrate(o, now, from, to, e);
}

/* ---- tokens ---- */

int store_token_put(struct store_tx *tx, struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->token_put(tx, t, hash, e);
}

int store_token_find(struct store_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct token **out, struct err *e)
{
	return tx->ops->token_find(tx, hash, a, out, e);
}

int store_token_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct token **out, struct err *e)
{
	return tx->ops->token_get(tx, num, a, out, e);
}

int store_token_list(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct token ***out, size_t *n, struct err *e)
{
	return tx->ops->token_list(tx, after, limit, a, out, n, e);
}

/* ---- audit log ---- */

int store_audit_add(struct store_tx *tx, struct audit *r, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->audit_add(tx, r, e);
}

int store_audit_list(struct store_tx *tx, const struct audit_query *q,
	struct arena *a, struct audit ***out, size_t *n, struct err *e)
{
	return tx->ops->audit_list(tx, q, a, out, n, e);
}

int store_audit_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->audit_sweep(tx, before, max, limit, n, e);
}

/* ---- inventory ---- */

int store_inventory_put(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, int64_t at, struct bytes plist, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->inventory_put(tx, num, k, at, plist, e);
}

int store_inventory_get(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, struct arena *a, int64_t *at, struct bytes *plist,
	struct err *e)
{
	return tx->ops->inventory_get(tx, num, k, a, at, plist, e);
}

/* ---- removing, figures ---- */

int store_enrollment_remove(struct store_tx *tx, uint64_t num, size_t limit,
	bool *done, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->enrollment_remove(tx, num, limit, done, e);
}

int store_counts(struct store_tx *tx, struct store_counts *out, struct err *e)
{
	return tx->ops->counts(tx, out, e);
}

int store_queue_owners(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct queue_owner **out, size_t *n, struct err *e)
{
	return tx->ops->queue_owners(tx, after, limit, a, out, n, e);
}
