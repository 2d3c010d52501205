/* The verbs of store_admin.h, forwarded. */
#include "fail_verbs.h"

int fail_token_put(struct store_tx *tx, struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	return fail_now(tx, e) ? -1 : store_token_put(fail_inner(tx), t, hash,
	    e);
}

int fail_token_find(struct store_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct token **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_token_find(fail_inner(tx), hash, a,
	    out, e);
}

int fail_token_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct token **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_token_get(fail_inner(tx), num, a,
	    out, e);
}

int fail_token_list(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct token ***out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_token_list(fail_inner(tx), after,
	    limit, a, out, n, e);
}

int fail_audit_add(struct store_tx *tx, struct audit *r, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_audit_add(fail_inner(tx), r, e);
}

int fail_audit_list(struct store_tx *tx, const struct audit_query *q,
	struct arena *a, struct audit ***out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_audit_list(fail_inner(tx), q, a,
	    out, n, e);
}

int fail_audit_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_audit_sweep(fail_inner(tx), before,
	    max, limit, n, e);
}

int fail_inventory_put(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, int64_t at, struct bytes plist, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_inventory_put(fail_inner(tx), num,
	    k, at, plist, e);
}

int fail_inventory_get(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, struct arena *a, int64_t *at, struct bytes *plist,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_inventory_get(fail_inner(tx), num,
	    k, a, at, plist, e);
}

int fail_enrollment_remove(struct store_tx *tx, uint64_t num, size_t limit,
	bool *done, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_remove(fail_inner(tx),
	    num, limit, done, e);
}

int fail_counts(struct store_tx *tx, struct store_counts *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_counts(fail_inner(tx), out, e);
}

int fail_queue_owners(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct queue_owner **out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_owners(fail_inner(tx), after,
	    limit, a, out, n, e);
}
