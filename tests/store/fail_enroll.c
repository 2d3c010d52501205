/* The verbs of store_enroll.h, forwarded. */
#include "fail_verbs.h"

int fail_ticket_put(struct store_tx *tx, const struct ticket *t,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_ticket_put(fail_inner(tx), t, e);
}

int fail_ticket_get(struct store_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct ticket **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_ticket_get(fail_inner(tx), hash,
	    a, out, e);
}

int fail_ticket_del(struct store_tx *tx, const unsigned char hash[DIGEST_LEN],
	bool *was, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_ticket_del(fail_inner(tx), hash,
	    was, e);
}

int fail_ticket_list(struct store_tx *tx, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_ticket_list(fail_inner(tx), kind,
	    cursor, limit, a, out, n, next, e);
}

int fail_ticket_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_ticket_sweep(fail_inner(tx),
	    before, limit, n, e);
}

int fail_issued_add(struct store_tx *tx, const struct issued *c,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_add(fail_inner(tx), c, e);
}

int fail_issued_get(struct store_tx *tx, const unsigned char cert[DIGEST_LEN],
	struct arena *a, struct issued **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_get(fail_inner(tx), cert,
	    a, out, e);
}

int fail_issued_find(struct store_tx *tx,
	const unsigned char request[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_find(fail_inner(tx),
	    request, a, out, e);
}

int fail_issued_by_serial(struct store_tx *tx, const char *serial,
	struct arena *a, struct issued **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_by_serial(fail_inner(tx),
	    serial, a, out, e);
}

int fail_issued_list(struct store_tx *tx, struct bytes cursor, size_t limit,
	struct arena *a, struct issued ***out, size_t *n, struct bytes *next,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_list(fail_inner(tx),
	    cursor, limit, a, out, n, next, e);
}

int fail_issued_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_issued_sweep(fail_inner(tx),
	    before, limit, n, e);
}

int fail_cert_of(struct store_tx *tx, uint64_t device,
	const unsigned char *after, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_cert_of(fail_inner(tx), device,
	    after, limit, a, out, n, e);
}

int fail_cert_expiring(struct store_tx *tx, int64_t before,
	struct bytes cursor, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct bytes *next,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_cert_expiring(fail_inner(tx),
	    before, cursor, limit, a, out, n, next, e);
}

int fail_cert_revoked(struct store_tx *tx, const unsigned char *after,
	size_t limit, struct arena *a, struct store_cert_row **out, size_t *n,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_cert_revoked(fail_inner(tx),
	    after, limit, a, out, n, e);
}

int fail_account_put(struct store_tx *tx, const struct account *c,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_account_put(fail_inner(tx), c, e);
}

int fail_account_get(struct store_tx *tx, const char *name, struct arena *a,
	struct account **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_account_get(fail_inner(tx), name,
	    a, out, e);
}

int fail_account_list(struct store_tx *tx, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_account_list(fail_inner(tx),
	    after, limit, a, out, n, e);
}

int fail_account_del(struct store_tx *tx, const char *name, bool *was,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_account_del(fail_inner(tx), name,
	    was, e);
}

int fail_enrollment_awaiting(struct store_tx *tx, int64_t now, size_t limit,
	struct arena *a, uint64_t **nums, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_awaiting(
	    fail_inner(tx), now, limit, a, nums, n, e);
}
