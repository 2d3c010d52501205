/* The audit log: written by every op, read here. */
#include "admin/op_audit.h"

#include "base/log.h"

int op_audit(struct store_tx *tx, const struct op *op, const char *what,
	uint64_t num, const char *target, const char *detail, struct err *e)
{
	struct audit r = { .at = op->now, .who = op->who, .op = what,
		.enrollment = num, .target = target, .detail = detail };

	return store_audit_add(tx, &r, e);
}

/* ---- what was done outside of a transaction ---- */

struct adding {
	const struct op *op;
	const char *what, *target, *detail;
};

static int add_tx(struct store_tx *tx, void *arg, struct err *e)
{
	const struct adding *ad = arg;

	return op_audit(tx, ad->op, ad->what, 0, ad->target, ad->detail, e);
}

int op_write(const struct op *op, store_fn fn, void *arg, struct err *e)
{
	struct arena *a;
	struct store_options o;
	struct store *st;
	int rc = -1;

	if (op->store != NULL)
		return store_write(op->store, fn, arg, e);
	a = arena_new();
	if (op_store_options(op->conf, a, &o, e) == 0 &&
		store_open(&o, op->now, &st, e) == 0) {
		rc = store_write(st, fn, arg, e);
		store_close(st);
	}
	arena_free(a);
	return rc;
}

void op_audit_done(const struct op *op, const char *what, const char *target,
	const char *detail)
{
	struct adding ad = { op, what, target, detail };
	struct err e = ERR_INIT;

	if (op_write(op, add_tx, &ad, &e) < 0)
		log_msg(LOG_WARN, "audit", "%s is not in the audit log: %s",
			what, e.msg);
	op_log(op, what, target);
}

/* ---- reading ---- */

struct listing {
	const struct op_audit_query *q;
	struct arena *a, *scratch;
	struct op_audit_page *out;
};

static int name_each(struct store_tx *tx, struct listing *l, struct err *e)
{
	struct op_audit_page *out = l->out;
	struct enrollment *en;

	out->id_text = arena_zalloc(l->a, out->n * sizeof(*out->id_text));
	for (size_t i = 0; i < out->n; i++) {
		uint64_t num = out->list[i]->enrollment;

		if (num == 0)
			continue;
		/* One enrollment's records often stand together. */
		if (i > 0 && num == out->list[i - 1]->enrollment) {
			out->id_text[i] = out->id_text[i - 1];
			continue;
		}
		if (store_enrollment_get(tx, num, l->scratch, &en, e) < 0)
			return -1;
		if (en != NULL)
			out->id_text[i] = arena_bytes(l->a,
				enrollment_id_text(&en->id, l->scratch));
		arena_reset(l->scratch);
	}
	return 0;
}

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct audit_query q = { .before = l->q->before,
		.limit = l->q->limit + 1 };
	struct op_audit_page *out = l->out;
	struct enrollment *en;

	*out = (struct op_audit_page){ 0 };
	if (l->q->id.p != NULL) {
		if (op_lookup(tx, l->q->id, l->scratch, &en, e) < 0)
			return -1;
		q.enrollment = en->num;
	}
	if (store_audit_list(tx, &q, l->a, &out->list, &out->n, e) < 0)
		return -1;
	if (op_list_more(&out->n, l->q->limit))
		out->next = out->list[out->n - 1]->seq;
	return name_each(tx, l, e);
}

int op_audit_list(const struct op *op, const struct op_audit_query *q,
	struct arena *a, struct op_audit_page *out, struct err *e)
{
	struct listing l = { q, a, arena_new(), out };
	int rc = op_list(op, q->limit, list_tx, &l, e);

	arena_free(l.scratch);
	return rc;
}
