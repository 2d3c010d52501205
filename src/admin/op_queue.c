/* The queue of one enrollment: seen, cleared, one of it queued again. */
#include "admin/op_queue.h"

#include <stdio.h>

#include "admin/op_single.h"

#define BATCH 500	/* cancelled in one transaction */

struct listing {
	struct bytes id, cursor;
	size_t limit;
	struct arena *a;
	struct op_queue *out;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_queue *out = l->out;

	if (op_lookup(tx, l->id, l->a, &out->en, e) < 0)
		return -1;
	return store_queue_list(tx, out->en->num, l->cursor, l->limit, l->a,
		&out->list, &out->n, &out->next, e);
}

int op_queue_list(const struct op *op, struct bytes id, struct bytes cursor,
	size_t limit, struct arena *a, struct op_queue *out,
	struct err *e)
{
	struct listing l = { id, cursor, limit, a, out };

	return op_list(op, limit, list_tx, &l, e);
}

struct finding {
	struct bytes id;
	struct arena *a;
	struct enrollment *en;
};

static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct finding *f = arg;

	return op_lookup(tx, f->id, f->a, &f->en, e);
}

struct cancelling {
	const struct op *op;
	uint64_t num;
	size_t n;
};

static int cancel_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct cancelling *c = arg;
	char detail[32];

	if (store_queue_cancel(tx, c->num, BATCH, c->op->now, &c->n, e) < 0)
		return -1;
	snprintf(detail, sizeof(detail), "%zu commands", c->n);
	return c->n == 0 ? 0 : op_audit(tx, c->op, "queue.clear", c->num, NULL,
		detail, e);
}

int op_queue_cancel(const struct op *op, uint64_t num, size_t *n,
	struct err *e)
{
	struct cancelling c = { op, num, 0 };

	do {
		if (store_write(op->store, cancel_tx, &c, e) < 0)
			return -1;
		*n += c.n;
	} while (c.n == BATCH);
	return 0;
}

int op_queue_clear(const struct op *op, struct bytes id, struct arena *a,
	struct enrollment **en, size_t *n, struct err *e)
{
	struct finding f = { id, a, NULL };

	*n = 0;
	if (store_read(op->store, find_tx, &f, e) < 0 ||
		op_queue_cancel(op, f.en->num, n, e) < 0)
		return -1;
	*en = f.en;
	if (*n > 0)
		op_log(op, "queue.clear", op_name(f.en, a));
	return 0;
}

static bool is_over(enum enrollment_state s)
{
	return s == ENROLLMENT_LEFT || s == ENROLLMENT_UNMANAGED ||
		s == ENROLLMENT_BLOCKED;
}

int op_queue_takes(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, struct err *e)
{
	struct enrollment *device = NULL;
	const struct enrollment *over = NULL;

	if (is_over(en->state))
		over = en;
	else if (en->parent != 0) {
		if (store_enrollment_get(tx, en->parent, a, &device, e) < 0)
			return -1;
		if (device != NULL && is_over(device->state))
			over = device;
	}
	if (over == NULL)
		return 0;
	return err_set(e, ERR_CONFLICT, "%s takes no commands: it is %s",
		op_name(over, a), enrollment_state_name(over->state));
}

/* One command of one enrollment. */
struct picking {
	const struct op *op;
	struct bytes id;
	const char *uuid;
	struct arena *a;
	struct enrollment *en;
	struct op_pushed *push;
};

/* The target as it is now; ERR_NOT_FOUND. */
static int pick(struct store_tx *tx, struct picking *p, struct target **t,
	struct err *e)
{
	if (op_lookup(tx, p->id, p->a, &p->en, e) < 0 ||
		store_target_get(tx, p->en->num, p->uuid, p->a, t, e) < 0)
		return -1;
	return *t != NULL ? 0 : err_set(e, ERR_NOT_FOUND,
		"%s has no command %s", op_name(p->en, p->a), p->uuid);
}

static int requeue_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct picking *p = arg;
	struct target *t;

	if (pick(tx, p, &t, e) < 0 ||
		op_queue_takes(tx, p->en, p->a, e) < 0 ||
		op_single_check(tx, p->en, p->uuid, t->request_type,
			p->op->now, p->a, e) < 0 ||
		store_target_requeue(tx, p->en, p->uuid, p->op->now, e) < 0 ||
		op_single_note(tx, p->en, p->uuid, t->request_type, e) < 0)
		return -1;
	if (p->push != NULL) {
		*p->push = (struct op_pushed){ .id = p->id };
		if (op_push_add(tx, p->op, p->en, 0, p->push, p->a, e) < 0)
			return -1;
	}
	return op_audit(tx, p->op, "queue.requeue", p->en->num, p->uuid, NULL,
		e);
}

int op_queue_requeue(const struct op *op, struct bytes id, const char *uuid,
	struct arena *a, struct enrollment **en, struct op_pushed *push,
	struct err *e)
{
	struct picking p = { op, id, uuid, a, NULL, push };

	if (store_write(op->store, requeue_tx, &p, e) < 0)
		return -1;
	if (push != NULL)
		op_push_send(op, push, 1, a);
	*en = p.en;
	op_log(op, "queue.requeue", op_name(p.en, a));
	return 0;
}

static int remove_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct picking *p = arg;
	struct target *t;
	bool was;

	if (pick(tx, p, &t, e) < 0 || store_target_cancel(tx, p->en->num,
		p->uuid, p->op->now, &was, e) < 0)
		return -1;
	if (!was)
		return err_set(e, ERR_CONFLICT, "command %s is not queued: %s",
			p->uuid, target_state_name(t->state));
	return op_audit(tx, p->op, "queue.remove", p->en->num, p->uuid, NULL,
		e);
}

int op_queue_remove(const struct op *op, struct bytes id, const char *uuid,
	struct arena *a, struct enrollment **en, struct err *e)
{
	struct picking p = { op, id, uuid, a, NULL, NULL };

	if (store_write(op->store, remove_tx, &p, e) < 0)
		return -1;
	*en = p.en;
	op_log(op, "queue.remove", op_name(p.en, a));
	return 0;
}
