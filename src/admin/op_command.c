/* One command and its targets. */
#include "admin/op_command.h"

#include "codec/pl.h"

struct showing {
	const struct op_command_query *q;
	struct arena *a, *scratch;
	struct op_command_shown *out;
};

/* "code domain: description", as much of it as there is. */
static const char *first_error(struct bytes raw, struct arena *scratch,
	struct arena *a)
{
	const struct pl *first = NULL;
	const char *domain, *text;
	struct err ignored = ERR_INIT;	/* what cannot be read says nothing */
	struct pl *root;
	int64_t code = 0;

	if (pl_parse(raw, scratch, &root, &ignored) < 0 ||
		pl_type(root) != PL_DICT)
		return NULL;
	first = pl_dict_get(root, "ErrorChain");
	if (first == NULL || pl_type(first) != PL_ARRAY ||
		pl_array_len(first) == 0)
		return NULL;
	first = pl_array_at(first, 0);
	if (pl_type(first) != PL_DICT)
		return NULL;
	domain = pl_as_str(pl_dict_get(first, "ErrorDomain"));
	text = pl_as_str(pl_dict_get(first, "USEnglishDescription"));
	if (text == NULL)
		text = pl_as_str(pl_dict_get(first, "LocalizedDescription"));
	pl_as_int(pl_dict_get(first, "ErrorCode"), &code);
	return arena_printf(a, "%s %lld: %s", domain ? domain : "error",
		(long long)code, text ? text : "no description");
}

static int outcome(struct store_tx *tx, struct showing *s,
	struct target *t, struct op_outcome *out, struct err *e)
{
	struct enrollment *en;
	struct bytes raw = { NULL, 0 };

	*out = (struct op_outcome){ .target = t };
	if (store_enrollment_get(tx, t->enrollment, s->scratch, &en, e) < 0)
		return -1;
	if (en != NULL)
		out->id_text = arena_bytes(s->a,
			enrollment_id_text(&en->id, s->scratch));
	if (t->result == 0)
		return 0;
	if (store_result_get(tx, t->enrollment, t->result, s->scratch, &raw,
		e) < 0)
		return -1;
	out->result_size = raw.n;
	if (raw.p != NULL && (t->state == TARGET_ERROR ||
		t->state == TARGET_FORMAT_ERROR))
		out->error = first_error(raw, s->scratch, s->a);
	return 0;
}

static int show_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct showing *s = arg;
	struct op_command_shown *out = s->out;
	struct target **list;

	*out = (struct op_command_shown){ 0 };
	if (store_command_get(tx, s->q->uuid, s->a, &out->command, e) < 0)
		return -1;
	if (out->command == NULL)
		return err_set(e, ERR_NOT_FOUND, "no command %s", s->q->uuid);
	if (store_target_list(tx, s->q->uuid, s->q->after, s->q->limit + 1,
		s->a, &list, &out->n, e) < 0)
		return -1;
	if (out->n > s->q->limit) {
		out->n = s->q->limit;
		out->next = list[out->n - 1]->enrollment;
	}
	out->list = arena_alloc(s->a, out->n * sizeof(*out->list));
	for (size_t i = 0; i < out->n; i++) {
		if (outcome(tx, s, list[i], &out->list[i], e) < 0)
			return -1;
		/* Results may be megabytes each. */
		arena_reset(s->scratch);
	}
	return 0;
}

int op_command_show(const struct op *op, const struct op_command_query *q,
	struct arena *a, struct op_command_shown *out, struct err *e)
{
	struct showing s = { q, a, arena_new(), out };
	int rc = q->limit == 0 ?
		err_set(e, ERR_BAD_INPUT, "limit: must not be 0") :
		store_read(op->store, show_tx, &s, e);

	arena_free(s.scratch);
	return rc;
}

struct getting {
	const char *uuid;
	struct bytes id;
	struct arena *a;
	struct bytes *raw;
};

static int result_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct getting *g = arg;
	struct enrollment *en;
	struct target *t;

	if (op_lookup(tx, g->id, g->a, &en, e) < 0 ||
		store_target_get(tx, en->num, g->uuid, g->a, &t, e) < 0)
		return -1;
	if (t == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s has no command %s",
			op_name(en, g->a), g->uuid);
	if (t->result == 0)
		return err_set(e, ERR_NOT_FOUND, "%s has not answered: %s",
			op_name(en, g->a), target_state_name(t->state));
	return store_result_get(tx, en->num, t->result, g->a, g->raw, e);
}

int op_command_result(const struct op *op, const char *uuid, struct bytes id,
	struct arena *a, struct bytes *raw, struct err *e)
{
	struct getting g = { uuid, id, a, raw };

	*raw = bytes_of(NULL, 0);
	if (store_read(op->store, result_tx, &g, e) < 0)
		return -1;
	return raw->p != NULL ? 0 : err_set(e, ERR_NOT_FOUND,
		"the result is not stored any more");
}
