/* What devices last said of themselves, as operators look at it. */
#include "admin/op_inventory.h"

#include "store/store_admin.h"

/* In DeviceInformation and SecurityInfo. */
static const char *const secrets[] = { "PushToken", "FDE_PersonalRecoveryKeyCMS",
	"FDE_PersonalRecoveryKeyDeviceKey" };

struct looking {
	const struct op_inventory_query *q;
	struct arena *a;
	struct op_inventory *out;
	struct bytes plist[INVENTORY_KINDS + 1];
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	*l->out = (struct op_inventory){ .en = NULL };
	if (op_lookup(tx, l->q->id, l->a, &l->out->en, e) < 0)
		return -1;
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++) {
		l->plist[k] = bytes_of(NULL, 0);
		if (l->q->only != 0 && l->q->only != (enum inventory_kind)k)
			continue;
		if (store_inventory_get(tx, l->out->en->num,
			(enum inventory_kind)k, l->a, &l->out->of[k].at,
			&l->plist[k], e) < 0)
			return -1;
	}
	return 0;
}

static int read_one(struct looking *l, unsigned k, struct err *e)
{
	struct pl *value;

	if (l->plist[k].p == NULL)
		return 0;
	if (pl_parse(l->plist[k], l->a, &value, e) < 0) {
		if (e->kind == ERR_BAD_INPUT)
			e->kind = ERR_INTERNAL;
		return err_wrap(e, "the stored %s",
			inventory_request_type((enum inventory_kind)k));
	}
	for (size_t i = 0; !l->q->secrets && pl_type(value) == PL_DICT &&
		i < sizeof(secrets) / sizeof(secrets[0]); i++)
		pl_del(value, secrets[i]);
	l->out->of[k].value = value;
	return 0;
}

int op_inventory(const struct op *op, const struct op_inventory_query *q,
	struct arena *a, struct op_inventory *out, struct err *e)
{
	struct looking l = { .q = q, .a = a, .out = out };

	if (store_read(op->store, look_tx, &l, e) < 0)
		return -1;
	/* Outside of the transaction: these may be large. */
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++)
		if (read_one(&l, k, e) < 0)
			return -1;
	if (q->only != 0 && out->of[q->only].value == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s has not answered a %s yet",
			op_name(out->en, a), inventory_request_type(q->only));
	return 0;
}
