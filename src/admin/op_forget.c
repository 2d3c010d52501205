/* Forgetting an enrollment: out of the store, a few records at a time. */
#include "admin/op_forget.h"

#include "store/store_admin.h"

#define BATCH 200	/* records in one transaction */

struct forgetting {
	const struct op *op;
	struct bytes id;
	bool force;
	struct arena *a;
	struct enrollment *en;	/* as it was */
	/* One step. */
	uint64_t num;
	bool done;
	uint64_t *channels;
	size_t n_channels;
};

static int refuse(const struct enrollment *en, struct arena *a,
	struct err *e)
{
	if (en->state == ENROLLMENT_ENABLED)
		return err_set(e, ERR_CONFLICT,
			"%s is enabled: end its management first, or force",
			op_name(en, a));
	if (en->state == ENROLLMENT_BLOCKED)
		return err_set(e, ERR_CONFLICT,
			"%s is blocked, which would be forgotten: force",
			op_name(en, a));
	return 0;
}

/* Nothing may come in between the steps, so it is ended first. */
static int begin_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct forgetting *r = arg;
	struct enrollment *now;

	if (op_lookup(tx, r->id, r->a, &r->en, e) < 0 ||
		(!r->force && refuse(r->en, r->a, e) < 0))
		return -1;
	now = arena_memdup(r->a, r->en, sizeof(*now));
	now->state = enrollment_kind_is_user(now->id.kind) ?
		ENROLLMENT_DISABLED : ENROLLMENT_UNMANAGED;
	if (now->state != r->en->state &&
		store_enrollment_put(tx, now, e) < 0)
		return -1;
	return op_audit(tx, r->op, "enrollments.forget", r->en->num,
		op_name(r->en, r->a), r->force ? "forced" : NULL, e);
}

static bool is_ended(const struct enrollment *en)
{
	return en->state == ENROLLMENT_UNMANAGED ||
		en->state == ENROLLMENT_DISABLED;
}

/* One step of the device itself, or of a channel of it. */
static int step_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct forgetting *r = arg;
	struct enrollment *device;

	if (store_enrollment_get(tx, r->en->num, r->a, &device, e) < 0)
		return -1;
	if (device != NULL && !is_ended(device))
		return err_set(e, ERR_CONFLICT,
			"%s has come back meanwhile: it is %s now",
			op_name(device, r->a),
			enrollment_state_name(device->state));
	r->done = device == NULL;
	return r->done ? 0 : store_enrollment_remove(tx, r->num, BATCH,
		&r->done, e);
}

static int children_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct forgetting *r = arg;

	return store_enrollment_children(tx, r->en->num, 0, BATCH, r->a,
		&r->channels, &r->n_channels, e);
}

static int forget_one(struct forgetting *r, uint64_t num, struct err *e)
{
	r->num = num;
	do {
		if (store_write(r->op->store, step_tx, r, e) < 0)
			return -1;
	} while (!r->done);
	return 0;
}

int op_enrollment_forget(const struct op *op, struct bytes id, bool force,
	struct arena *a, struct op_forgotten *out, struct err *e)
{
	struct forgetting r = { .op = op, .id = id, .force = force, .a = a };

	*out = (struct op_forgotten){ 0 };
	if (store_write(op->store, begin_tx, &r, e) < 0)
		return -1;
	do {
		if (store_read(op->store, children_tx, &r, e) < 0)
			return -1;
		for (size_t i = 0; i < r.n_channels; i++)
			if (forget_one(&r, r.channels[i], e) < 0)
				return -1;
		out->channels += r.n_channels;
	} while (r.n_channels == BATCH);
	if (forget_one(&r, r.en->num, e) < 0)
		return -1;
	out->en = r.en;
	op_log(op, "enrollments.forget", op_name(r.en, a));
	return 0;
}
