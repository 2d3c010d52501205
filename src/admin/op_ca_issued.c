/* What our CA issued, and which devices' certificates end soon. */
#include "admin/op_ca.h"

#include <string.h>

#include "model/renewal.h"

#define DAY 86400

struct listing {
	struct bytes cursor;
	size_t limit;
	struct arena *a;
	struct op_ca_rows *out;
};

static int issued_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_ca_rows *out = l->out;
	struct issued **list;

	if (store_issued_list(tx, l->cursor, l->limit, l->a, &list, &out->n,
		&out->next, e) < 0)
		return -1;
	out->list = arena_zalloc(l->a, out->n * sizeof(*out->list));
	for (size_t i = 0; i < out->n; i++) {
		struct op_ca_row *r = &out->list[i];
		struct store_cert c;
		bool found;

		r->cert = list[i];
		if (store_cert_get(tx, r->cert->cert, &found, &c, e) < 0)
			return -1;
		if (!found)
			continue;
		r->device = c.device;
		r->revoked = c.revoked;
		r->replaced = c.former;
	}
	return 0;
}

int op_ca_issued(const struct op *op, struct bytes cursor, size_t limit,
	struct arena *a, struct op_ca_rows *out, struct err *e)
{
	struct listing l = { cursor, limit, a, out };

	return op_list(op, limit, issued_tx, &l, e);
}

const char *op_ca_state(const struct op_ca_row *r, int64_t now)
{
	if (r->revoked != 0)
		return "revoked";
	if (r->cert->not_after < now)
		return "expired";
	return r->replaced != 0 ? "replaced" : "valid";
}

struct expiring {
	int64_t before;
	struct bytes cursor;
	size_t limit;
	struct arena *a;
	struct op_expirings *out;
};

static int describe(struct store_tx *tx, const struct expiring *x,
	const struct store_cert_row *row, struct op_expiring *out,
	struct err *e)
{
	struct err unreadable = ERR_INIT;
	struct renewal renewal;
	struct bytes v;

	memcpy(out->sha256, row->sha256, DIGEST_LEN);
	out->not_after = row->cert.not_after;
	if (store_enrollment_get(tx, row->cert.device, x->a, &out->en, e) < 0)
		return -1;
	if (out->en == NULL)
		return err_set(e, ERR_INTERNAL, "certificate of @%llu, which "
			"has no record", (unsigned long long)row->cert.device);
	if (store_secret_get(tx, row->cert.device, STORE_RENEWAL, x->a, &v,
		e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	/* One that cannot be read holds up nobody else: it was not asked. */
	if (renewal_parse(v, x->a, &renewal, &unreadable) < 0)
		return 0;
	out->asked = renewal.started;
	out->renewed = renewal.done;
	return 0;
}

static int expiring_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct expiring *x = arg;
	struct op_expirings *out = x->out;
	struct store_cert_row *rows;

	if (store_cert_expiring(tx, x->before, x->cursor, x->limit, x->a,
		&rows, &out->n, &out->next, e) < 0)
		return -1;
	out->list = arena_zalloc(x->a, out->n * sizeof(*out->list));
	for (size_t i = 0; i < out->n; i++)
		if (describe(tx, x, &rows[i], &out->list[i], e) < 0)
			return -1;
	return 0;
}

int op_ca_expiring(const struct op *op, unsigned days, struct bytes cursor,
	size_t limit, struct arena *a, struct op_expirings *out,
	struct err *e)
{
	struct expiring x = { op->now + (int64_t)days * DAY, cursor, limit, a,
		out };

	return op_list(op, limit, expiring_tx, &x, e);
}
