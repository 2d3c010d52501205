/* The allowlist of devices that may enroll. */
#include "admin/op_allow.h"

#include <stdio.h>

struct changing {
	const struct op *op;
	const char *what;
	struct op_allow *items;
	size_t n;
};

static const char *kind_name(enum store_allow kind)
{
	return kind == STORE_ALLOW_UDID ? "udid" : "serial";
}

static int check(const struct op_allow *items, size_t n, struct err *e)
{
	if (n > OP_ALLOW_MAX)
		return err_set(e, ERR_TOO_LARGE, "more than %d at once",
			OP_ALLOW_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct op_allow *it = &items[i];
		const char *what = kind_name(it->kind);

		if (it->value.n == 0)
			return err_set(e, ERR_BAD_INPUT, "%s: is empty", what);
		if (it->value.n > ENROLLMENT_ID_MAX)
			return err_set(e, ERR_BAD_INPUT,
				"%s: longer than %d bytes", what, ENROLLMENT_ID_MAX);
		if (!str_is_utf8(it->value.p, it->value.n))
			return err_set(e, ERR_BAD_INPUT, "%s: is not UTF-8", what);
	}
	return 0;
}

static int audit(struct store_tx *tx, const struct changing *c,
	const struct op_allow *it, struct err *e)
{
	struct arena *a;
	int rc;

	if (!it->changed)
		return 0;
	a = arena_new();
	rc = op_audit(tx, c->op, c->what, 0, arena_str(a, it->value),
		kind_name(it->kind), e);
	arena_free(a);
	return rc;
}

static int add_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;

	for (size_t i = 0; i < c->n; i++) {
		struct op_allow *it = &c->items[i];
		bool has;

		if (store_allow_has(tx, it->kind, it->value, &has, e) < 0)
			return -1;
		it->changed = !has;
		if (!has && store_allow_put(tx, it->kind, it->value, c->op->now,
			e) < 0)
			return -1;
		if (audit(tx, c, it, e) < 0)
			return -1;
	}
	return 0;
}

static int remove_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;

	for (size_t i = 0; i < c->n; i++)
		if (store_allow_del(tx, c->items[i].kind, c->items[i].value,
			&c->items[i].changed, e) < 0 ||
			audit(tx, c, &c->items[i], e) < 0)
			return -1;
	return 0;
}

static int change(const struct op *op, store_fn fn, const char *what,
	struct op_allow *items, size_t n, struct err *e)
{
	struct changing c = { op, what, items, n };
	size_t changed = 0;
	char count[32];

	if (check(items, n, e) < 0 || store_write(op->store, fn, &c, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		changed += items[i].changed;
	snprintf(count, sizeof(count), "%zu entries", changed);
	if (changed > 0)
		op_log(op, what, count);
	return 0;
}

int op_allow_add(const struct op *op, struct op_allow *items, size_t n,
	struct err *e)
{
	return change(op, add_tx, "allow.add", items, n, e);
}

int op_allow_remove(const struct op *op, struct op_allow *items, size_t n,
	struct err *e)
{
	return change(op, remove_tx, "allow.remove", items, n, e);
}

struct listing {
	struct bytes cursor;
	size_t limit;
	struct arena *a;
	struct op_allowed *out;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;

	return store_allow_list(tx, l->cursor, l->limit, l->a, &l->out->list,
		&l->out->n, &l->out->next, e);
}

int op_allow_list(const struct op *op, struct bytes cursor, size_t limit,
	struct arena *a, struct op_allowed *out, struct err *e)
{
	struct listing l = { cursor, limit, a, out };

	return op_list(op, limit, list_tx, &l, e);
}
