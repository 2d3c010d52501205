/* Enrollments as an operator sees and changes them. What a device is told
 * after a change is mdm/answer's business. */
#include "admin/op_enrollment.h"

#include "admin/op_queue.h"

#define PAGE 100	/* user channels in one transaction */
#define FIND_PAGE 500
#define FIND_MAX 5000	/* enrollments that one search looks at */

/* ---- looking ---- */

struct listing {
	uint64_t after;
	size_t limit;
	struct arena *a;
	struct op_enrollments *out;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_enrollments *out = l->out;

	if (store_enrollment_list(tx, l->after, l->limit + 1, l->a, &out->list,
		&out->n, e) < 0)
		return -1;
	out->next = op_list_more(&out->n, l->limit) ?
		out->list[out->n - 1]->num : 0;
	return 0;
}

int op_enrollment_list(const struct op *op, uint64_t after, size_t limit,
	struct arena *a, struct op_enrollments *out, struct err *e)
{
	struct listing l = { after, limit, a, out };

	return op_list(op, limit, list_tx, &l, e);
}

int op_enrollment_filter(const char *state, const char *type,
	const char *serial, struct op_enrollment_filter *out, struct err *e)
{
	*out = (struct op_enrollment_filter){ .serial = serial };
	if (state != NULL && !enrollment_state_parse(bytes_str(state),
		&out->state))
		return err_set(e, ERR_BAD_INPUT,
			"state: there is none of that name");
	if (type != NULL && !enrollment_kind_parse(bytes_str(type),
		&out->kind))
		return err_set(e, ERR_BAD_INPUT,
			"type: there is none of that name");
	return 0;
}

static bool is_wanted(const struct op_enrollment_filter *f,
	const struct enrollment *en)
{
	return (f->state == 0 || en->state == f->state) &&
		(f->kind == 0 || en->id.kind == f->kind) &&
		(f->serial == NULL || str_eq(en->serial, f->serial)) &&
		(f->silent_since == 0 || (en->state == ENROLLMENT_ENABLED &&
		en->last_seen < f->silent_since));
}

int op_enrollment_find(const struct op *op,
	const struct op_enrollment_filter *f, uint64_t after, size_t limit,
	struct arena *a, struct op_enrollments *out, struct err *e)
{
	struct op_enrollments page;
	size_t looked = 0;

	if (limit == 0)
		return err_set(e, ERR_BAD_INPUT, "limit: must not be 0");
	*out = (struct op_enrollments){ .next = after };
	out->list = arena_alloc(a, limit * sizeof(*out->list));
	do {
		if (op_enrollment_list(op, out->next, FIND_PAGE, a, &page,
			e) < 0)
			return -1;
		out->next = page.next;
		for (size_t i = 0; i < page.n; i++) {
			if (!is_wanted(f, page.list[i]))
				continue;
			if (out->n == limit) {
				out->next = out->list[out->n - 1]->num;
				return 0;
			}
			out->list[out->n++] = page.list[i];
		}
		looked += page.n;
	} while (out->next != 0 && looked < FIND_MAX);
	return 0;
}

struct showing {
	struct bytes id;
	struct arena *a;
	struct op_enrollment *out;
};

static int show_secret(struct store_tx *tx, struct showing *s,
	enum store_secret which, bool *out, struct err *e)
{
	struct bytes value;

	if (store_secret_get(tx, s->out->en->num, which, s->a, &value, e) < 0)
		return -1;
	*out = value.p != NULL;
	return 0;
}

static int show_channels(struct store_tx *tx, struct showing *s,
	struct err *e)
{
	struct op_enrollment *out = s->out;
	uint64_t *nums;

	if (enrollment_kind_is_user(out->en->id.kind))
		return store_enrollment_get(tx, out->en->parent, s->a,
			&out->device, e);
	if (store_enrollment_children(tx, out->en->num, 0, OP_SHOWN_MAX, s->a,
		&nums, &out->n_channels, e) < 0)
		return -1;
	out->channels = arena_zalloc(s->a,
		out->n_channels * sizeof(*out->channels));
	for (size_t i = 0; i < out->n_channels; i++) {
		if (store_enrollment_get(tx, nums[i], s->a, &out->channels[i],
			e) < 0)
			return -1;
		if (out->channels[i] == NULL)
			return err_set(e, ERR_INTERNAL,
				"user channel @%llu is not there: see store check",
				(unsigned long long)nums[i]);
	}
	return 0;
}

static int show_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct showing *s = arg;
	struct op_enrollment *out = s->out;
	struct target **queued;
	struct bytes next;
	bool found;

	*out = (struct op_enrollment){ 0 };
	if (op_lookup(tx, s->id, s->a, &out->en, e) < 0 ||
		show_channels(tx, s, e) < 0 ||
		show_secret(tx, s, STORE_PUSH_TOKEN, &out->push_token, e) < 0 ||
		show_secret(tx, s, STORE_UNLOCK_TOKEN, &out->unlock_token, e) < 0 ||
		show_secret(tx, s, STORE_BOOTSTRAP_TOKEN,
			&out->bootstrap_token, e) < 0 ||
		store_queue_list(tx, out->en->num, bytes_of(NULL, 0),
			OP_SHOWN_MAX, s->a, &queued, &out->queued, &next, e) < 0 ||
		store_push_state_get(tx, out->en->num, s->a, &out->push,
			e) < 0 ||
		store_push_job_get(tx, out->en->num, s->a, &out->push_job,
			e) < 0)
		return -1;
	return out->en->has_cert ?
		store_cert_get(tx, out->en->cert, &found, &out->cert, e) : 0;
}

int op_enrollment_show(const struct op *op, struct bytes id,
	struct arena *a, struct op_enrollment *out, struct err *e)
{
	struct showing s = { id, a, out };

	return store_read(op->store, show_tx, &s, e);
}

/* ---- changing ---- */

struct change {
	const struct op *op;
	const char *what;
	struct bytes id;
	struct arena *a;
	struct op_changed *out;
	int (*rule)(struct enrollment *en, struct arena *a, struct err *e);
};

static int lookup_device(struct store_tx *tx, struct bytes id,
	struct arena *a, struct enrollment **out, struct err *e)
{
	struct enrollment *device;

	if (op_lookup(tx, id, a, out, e) < 0)
		return -1;
	if (!enrollment_kind_is_user((*out)->id.kind))
		return 0;
	if (store_enrollment_get(tx, (*out)->parent, a, &device, e) < 0)
		return -1;
	return err_set(e, ERR_CONFLICT,
		"@%llu is a user channel: name its device, %s",
		(unsigned long long)(*out)->num,
		device != NULL ? op_name(device, a) : "which is not there");
}

struct looking {
	struct bytes id;
	struct arena *a;
};

static int is_device_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;
	struct enrollment *en;

	return lookup_device(tx, l->id, l->a, &en, e);
}

int op_enrollment_is_device(const struct op *op, struct bytes id,
	struct arena *a, struct err *e)
{
	struct looking l = { id, a };

	return store_read(op->store, is_device_tx, &l, e);
}

static int change_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct change *c = arg;
	struct op_changed *out = c->out;

	*out = (struct op_changed){ 0 };
	if (lookup_device(tx, c->id, c->a, &out->en, e) < 0)
		return -1;
	out->was = out->en->state;
	if (c->rule(out->en, c->a, e) < 0)
		return -1;
	out->changed = out->en->state != out->was;
	if (!out->changed)
		return 0;
	return store_enrollment_put(tx, out->en, e) < 0 ? -1 :
		op_audit(tx, c->op, c->what, out->en->num, NULL, NULL, e);
}

static int change(struct change *c, struct err *e)
{
	if (store_write(c->op->store, change_tx, c, e) < 0)
		return -1;
	if (c->out->changed)
		op_log(c->op, c->what, op_name(c->out->en, c->a));
	return 0;
}

static int rule_block(struct enrollment *en, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	if (en->state != ENROLLMENT_BLOCKED) {
		en->before_block = en->state;
		en->state = ENROLLMENT_BLOCKED;
	}
	return 0;
}

static int rule_unblock(struct enrollment *en, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	if (en->state == ENROLLMENT_BLOCKED)
		en->state = en->before_block;
	return 0;
}

static int rule_unmanage(struct enrollment *en, struct arena *a, struct err *e)
{
	if (en->state == ENROLLMENT_BLOCKED)
		return err_set(e, ERR_CONFLICT, "%s is blocked: unblock it first",
			op_name(en, a));
	en->state = ENROLLMENT_UNMANAGED;
	return 0;
}

int op_enrollment_block(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e)
{
	struct change c = { op, "enrollments.block", id, a, out, rule_block };

	return change(&c, e);
}

int op_enrollment_unblock(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e)
{
	struct change c = { op, "enrollments.unblock", id, a, out,
		rule_unblock };

	return change(&c, e);
}

/* One page of a device's user channels, disabled in one transaction. */
struct disabling {
	const struct op *op;
	uint64_t device, after;
	struct arena *a;
	uint64_t *nums;
	size_t n;
};

static int disable_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct disabling *d = arg;

	if (store_enrollment_children(tx, d->device, d->after, PAGE, d->a,
		&d->nums, &d->n, e) < 0)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		struct enrollment *en;

		if (store_enrollment_get(tx, d->nums[i], d->a, &en, e) < 0)
			return -1;
		if (en == NULL || en->state == ENROLLMENT_DISABLED)
			continue;
		en->state = ENROLLMENT_DISABLED;
		if (store_enrollment_put(tx, en, e) < 0 ||
			op_audit(tx, d->op, "enrollments.disable", en->num,
				NULL, NULL, e) < 0)
			return -1;
	}
	return 0;
}

/* The state was written first: whatever happens in between, the device gets
 * nothing any more, and saying unmanage again finishes the work. */
int op_enrollment_unmanage(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e)
{
	struct change c = { op, "enrollments.unmanage", id, a, out,
		rule_unmanage };
	struct disabling d = { .op = op, .a = a };

	if (change(&c, e) < 0 ||
		op_queue_cancel(op, out->en->num, &out->cancelled, e) < 0)
		return -1;
	d.device = out->en->num;
	do {
		if (store_write(op->store, disable_tx, &d, e) < 0)
			return -1;
		for (size_t i = 0; i < d.n; i++)
			if (op_queue_cancel(op, d.nums[i], &out->cancelled, e) < 0)
				return -1;
		if (d.n > 0)
			d.after = d.nums[d.n - 1];
	} while (d.n == PAGE);
	return 0;
}
