/* The way into management as its callers see it: as store.c. */
#include "store/store_enroll.h"

#include <string.h>

#include "store/store_ops.h"

#define ACCOUNT_NAME_MAX 255

static int reading(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "store: a write in a read transaction");
}

/* ---- tickets ---- */

int store_ticket_put(struct store_tx *tx, const struct ticket *t,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	if (t->kind < TICKET_CHALLENGE || t->kind > TICKET_LOGIN)
		return err_set(e, ERR_INTERNAL, "store: %d is no kind of "
		    "ticket", (int)t->kind);
	return tx->ops->ticket_put(tx, t, e);
}

int store_ticket_get(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct ticket **out, struct err *e)
{
	return tx->ops->ticket_get(tx, hash, a, out, e);
}

int store_ticket_del(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], bool *was, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->ticket_del(tx, hash, was, e);
}

int store_ticket_list(struct store_tx *tx, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next, struct err *e)
{
	return tx->ops->ticket_list(tx, kind, cursor, limit, a, out, n, next,
	    e);
}

int store_ticket_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->ticket_sweep(tx, before, limit, n, e);
}

/* ---- issued certificates ---- */

int store_issued_add(struct store_tx *tx, const struct issued *c,
	struct err *e)
{
	size_t n = c->serial != NULL ? strlen(c->serial) : 0;

	if (!tx->write)
		return reading(e);
	if (n == 0 || n > STORE_SERIAL_LEN)
		return err_set(e, ERR_BAD_INPUT, "serial number: %zu "
		    "characters, 1 to %d are allowed", n, STORE_SERIAL_LEN);
	return tx->ops->issued_add(tx, c, e);
}

int store_issued_get(struct store_tx *tx,
	const unsigned char cert[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	return tx->ops->issued_get(tx, cert, a, out, e);
}

int store_issued_find(struct store_tx *tx,
	const unsigned char request[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e)
{
	return tx->ops->issued_find(tx, request, a, out, e);
}

int store_issued_by_serial(struct store_tx *tx, const char *serial,
	struct arena *a, struct issued **out, struct err *e)
{
	return tx->ops->issued_by_serial(tx, serial, a, out, e);
}

int store_issued_list(struct store_tx *tx, struct bytes cursor, size_t limit,
	struct arena *a, struct issued ***out, size_t *n, struct bytes *next,
	struct err *e)
{
	return tx->ops->issued_list(tx, cursor, limit, a, out, n, next, e);
}

int store_issued_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->issued_sweep(tx, before, limit, n, e);
}

/* ---- bound certificates ---- */

int store_cert_of(struct store_tx *tx, uint64_t device,
	const unsigned char *after, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct err *e)
{
	return tx->ops->cert_of(tx, device, after, limit, a, out, n, e);
}

int store_cert_expiring(struct store_tx *tx, int64_t before,
	struct bytes cursor, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct bytes *next,
	struct err *e)
{
	return tx->ops->cert_expiring(tx, before, cursor, limit, a, out, n,
	    next, e);
}

int store_cert_revoked(struct store_tx *tx, const unsigned char *after,
	size_t limit, struct arena *a, struct store_cert_row **out, size_t *n,
	struct err *e)
{
	return tx->ops->cert_revoked(tx, after, limit, a, out, n, e);
}

/* ---- accounts ---- */

int store_account_put(struct store_tx *tx, const struct account *c,
	struct err *e)
{
	size_t n = c->name != NULL ? strlen(c->name) : 0;

	if (!tx->write)
		return reading(e);
	if (n == 0 || n > ACCOUNT_NAME_MAX)
		return err_set(e, ERR_BAD_INPUT,
		    "account: a name of %zu bytes, 1 to %d are allowed", n,
		    ACCOUNT_NAME_MAX);
	return tx->ops->account_put(tx, c, e);
}

int store_account_get(struct store_tx *tx, const char *name, struct arena *a,
	struct account **out, struct err *e)
{
	return tx->ops->account_get(tx, name, a, out, e);
}

int store_account_list(struct store_tx *tx, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n, struct err *e)
{
	return tx->ops->account_list(tx, after, limit, a, out, n, e);
}

int store_account_del(struct store_tx *tx, const char *name, bool *was,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->account_del(tx, name, was, e);
}

/* ---- Setup Assistant ---- */

int store_enrollment_awaiting(struct store_tx *tx, int64_t now, size_t limit,
	struct arena *a, uint64_t **nums, size_t *n, struct err *e)
{
	return tx->ops->enrollment_awaiting(tx, now, limit, a, nums, n, e);
}
