/* API tokens: made, listed, revoked. What one may do is checked in
 * auth/adminauth. */
#include "admin/op_token.h"

#include <string.h>

#include "auth/adminauth.h"

#define PAGE 100	/* tokens looked at in one step of a search */

static const unsigned char no_hash[DIGEST_LEN];

/* ---- a new one ---- */

struct making {
	const struct op *op;
	const struct op_token_new *in;
	unsigned char hash[DIGEST_LEN];
	struct token *t;
};

static int make_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct making *m = arg;

	*m->t = (struct token){ .name = m->in->name, .scope = m->in->scope,
		.made_by = m->op->who, .created = m->op->now,
		.expires = m->in->expires };
	if (store_token_put(tx, m->t, m->hash, e) < 0)
		return -1;
	return op_audit(tx, m->op, "tokens.new", 0, m->in->name,
		token_scope_name(m->in->scope), e);
}

int op_token_new(const struct op *op, const struct op_token_new *in,
	struct arena *a, struct token **out, const char **text,
	struct err *e)
{
	struct making m = { .op = op, .in = in };

	if (token_name_check(in->name, e) < 0)
		return -1;
	if (!token_scope_covers(in->scope, TOKEN_READ))
		return err_set(e, ERR_BAD_INPUT,
			"scope: use read, command or admin");
	if (in->expires != 0 && in->expires <= op->now)
		return err_set(e, ERR_BAD_INPUT, "expires: has passed already");
	*text = in->text != NULL ? in->text : adminauth_new_text(a);
	adminauth_hash(*text, m.hash);
	m.t = arena_alloc(a, sizeof(*m.t));
	if (store_write(op->store, make_tx, &m, e) < 0)
		return -1;
	op_log(op, "tokens.new", in->name);
	*out = m.t;
	return 0;
}

/* ---- looking ---- */

struct finding {
	unsigned char hash[DIGEST_LEN];
	struct arena *a;
	struct token *t;
};

static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct finding *f = arg;

	return store_token_find(tx, f->hash, f->a, &f->t, e);
}

int op_token_find(const struct op *op, const char *text, struct arena *a,
	struct token **out, struct err *e)
{
	struct finding f = { .a = a };

	adminauth_hash(text, f.hash);
	if (store_read(op->store, find_tx, &f, e) < 0)
		return -1;
	*out = f.t;
	return 0;
}

struct listing {
	uint64_t after;
	size_t limit;
	struct arena *a;
	struct op_tokens *out;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_tokens *out = l->out;

	if (store_token_list(tx, l->after, l->limit + 1, l->a, &out->list,
		&out->n, e) < 0)
		return -1;
	out->next = op_list_more(&out->n, l->limit) ?
		out->list[out->n - 1]->num : 0;
	return 0;
}

int op_token_list(const struct op *op, uint64_t after, size_t limit,
	struct arena *a, struct op_tokens *out, struct err *e)
{
	struct listing l = { after, limit, a, out };

	return op_list(op, limit, list_tx, &l, e);
}

const char *op_token_state(const struct token *t, int64_t now)
{
	if (t->revoked != 0)
		return "revoked";
	return t->expires != 0 && t->expires <= now ? "expired" : "active";
}

/* ---- the end of one ---- */

struct revoking {
	const struct op *op;
	const char *name;
	struct arena *a;
	struct token *t;
	bool changed;
};

static int find_name(struct store_tx *tx, struct revoking *r, struct err *e)
{
	struct token **list;
	uint64_t after = 0;
	size_t n;

	do {
		if (store_token_list(tx, after, PAGE, r->a, &list, &n, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(list[i]->name, r->name))
				continue;
			r->t = list[i];
			if (r->t->revoked == 0)
				return 0;
		}
		if (n > 0)
			after = list[n - 1]->num;
	} while (n == PAGE);
	return 0;
}

static int find_token(struct store_tx *tx, struct revoking *r, struct err *e)
{
	uint64_t num;

	r->t = NULL;
	if (r->name[0] != '@')
		return find_name(tx, r, e);
	return !str_u64(r->name + 1, 1, UINT64_MAX, &num) ? 0 :
		store_token_get(tx, num, r->a, &r->t, e);
}

static int revoke_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct revoking *r = arg;

	if (find_token(tx, r, e) < 0)
		return -1;
	if (r->t == NULL)
		return err_set(e, ERR_NOT_FOUND, "no token %.64s", r->name);
	r->changed = r->t->revoked == 0;
	if (!r->changed)
		return 0;
	r->t->revoked = r->op->now;
	if (store_token_put(tx, r->t, no_hash, e) < 0)
		return -1;
	return op_audit(tx, r->op, "tokens.revoke", 0, r->t->name, NULL, e);
}

int op_token_revoke(const struct op *op, const char *name, struct arena *a,
	struct token **out, bool *changed, struct err *e)
{
	struct revoking r = { op, name, a, NULL, false };

	if (store_write(op->store, revoke_tx, &r, e) < 0)
		return -1;
	if (r.changed)
		op_log(op, "tokens.revoke", r.t->name);
	*out = r.t;
	*changed = r.changed;
	return 0;
}
