/* Accounts: added, changed, listed, removed. Signing in is not its subject. */
#include "admin/op_account.h"

#include <string.h>

#include "crypto/password.h"

#define TEXT_MAX 255

static int check_line(const char *what, const char *s, struct err *e)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n == 0 || n > TEXT_MAX || !str_is_utf8(s, n))
		return err_set(e, ERR_BAD_INPUT,
			"%s: use 1 to %d bytes of UTF-8", what, TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_control(s + i, n - i) > 0)
			return err_set(e, ERR_BAD_INPUT,
				"%s: holds a control character", what);
	if (s[0] == ' ' || s[n - 1] == ' ')
		return err_set(e, ERR_BAD_INPUT,
			"%s: begins or ends with a blank", what);
	return 0;
}

static int check(const struct op_account_set *in, struct err *e)
{
	const char *m = in->managed_apple_account;

	if (check_line("name", in->name, e) < 0)
		return -1;
	if (m != NULL && *m != '\0') {
		if (check_line("managed_apple_account", m, e) < 0)
			return -1;
		if (strchr(m, '@') == NULL)
			return err_set(e, ERR_BAD_INPUT,
				"managed_apple_account: has no @");
	}
	if (in->password.p != NULL && (in->password.n < OP_PASSWORD_MIN ||
		in->password.n > PASSWORD_MAX))
		return err_set(e, ERR_BAD_INPUT, "password: use %d to %d bytes",
			OP_PASSWORD_MIN, PASSWORD_MAX);
	return 0;
}

struct change {
	const struct op *op;
	const struct op_account_set *in;
	const char *hash;	/* NULL: as it is */
	bool add;
	struct arena *a;
	struct account *out;
};

static const char *managed(const struct op_account_set *in,
	const char *before)
{
	if (in->managed_apple_account == NULL)
		return before;
	return *in->managed_apple_account != '\0' ?
		in->managed_apple_account : NULL;
}

/* A device cancels its enrollment when it is told anything else. */
static int check_managed(const struct account *c, struct err *e)
{
	if (c->managed_apple_account != NULL || strchr(c->name, '@') != NULL)
		return 0;
	return err_set(e, ERR_BAD_INPUT, "managed_apple_account: needed, "
		"since the name has no @");
}

static int change_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct change *ch = arg;
	struct account *was, *c = arena_zalloc(ch->a, sizeof(*c));

	if (store_account_get(tx, ch->in->name, ch->a, &was, e) < 0)
		return -1;
	if (ch->add && was != NULL)
		return err_set(e, ERR_CONFLICT, "there is a user %s already",
			op_line(bytes_str(was->name), 80, ch->a));
	if (!ch->add && was == NULL)
		return err_set(e, ERR_NOT_FOUND, "no user %s",
			op_line(bytes_str(ch->in->name), 80, ch->a));
	if (was != NULL)
		*c = *was;
	else
		*c = (struct account){ .name = ch->in->name,
			.created = ch->op->now };
	c->changed = ch->op->now;
	c->managed_apple_account = managed(ch->in, c->managed_apple_account);
	if ((ch->add || ch->in->managed_apple_account != NULL) &&
		check_managed(c, e) < 0)
		return -1;
	if (ch->hash != NULL)
		c->hash = ch->hash;
	if (ch->in->disabled != NULL)
		c->disabled = *ch->in->disabled;
	ch->out = c;
	if (store_account_put(tx, c, e) < 0)
		return -1;
	return op_audit(tx, ch->op, ch->add ? "users.add" : "users.set", 0,
		c->name, NULL, e);
}

static int change(const struct op *op, const struct op_account_set *in,
	bool add, struct arena *a, struct account **out, struct err *e)
{
	struct change ch = { .op = op, .in = in, .add = add, .a = a };

	if (check(in, e) < 0)
		return -1;
	if (in->password.p != NULL)
		ch.hash = password_hash(in->password, a);
	else if (add)
		return err_set(e, ERR_BAD_INPUT, "password: missing");
	if (store_write(op->store, change_tx, &ch, e) < 0)
		return -1;
	op_log(op, add ? "users.add" : "users.set", ch.out->name);
	*out = ch.out;
	return 0;
}

int op_account_add(const struct op *op, const struct op_account_set *in,
	struct arena *a, struct account **out, struct err *e)
{
	return change(op, in, true, a, out, e);
}

int op_account_set(const struct op *op, const struct op_account_set *in,
	struct arena *a, struct account **out, struct err *e)
{
	return change(op, in, false, a, out, e);
}

struct removing {
	const struct op *op;
	const char *name;
};

static int remove_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct removing *r = arg;
	bool was;

	if (store_account_del(tx, r->name, &was, e) < 0)
		return -1;
	if (!was)
		return err_set(e, ERR_NOT_FOUND, "no such user");
	return op_audit(tx, r->op, "users.remove", 0, r->name, NULL, e);
}

int op_account_remove(const struct op *op, const char *name, struct err *e)
{
	struct removing r = { op, name };

	if (check_line("name", name, e) < 0 ||
		store_write(op->store, remove_tx, &r, e) < 0)
		return -1;
	op_log(op, "users.remove", name);
	return 0;
}

struct listing {
	const char *after;
	size_t limit, n;
	struct arena *a;
	struct account **list;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;

	return store_account_list(tx, l->after, l->limit + 1, l->a, &l->list,
		&l->n, e);
}

int op_account_list(const struct op *op, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n,
	const char **next, struct err *e)
{
	struct listing l = { .after = after, .limit = limit, .a = a };

	if (op_list(op, limit, list_tx, &l, e) < 0)
		return -1;
	*next = op_list_more(&l.n, limit) ? l.list[limit - 1]->name : NULL;
	*out = l.list;
	*n = l.n;
	return 0;
}
