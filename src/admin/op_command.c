/* One command and its targets; the commands of one enrollment. */
#include "admin/op_command.h"

#include <string.h>

#include "codec/pl.h"

#define ERROR_SHOWN 1000	/* bytes: a device may say megabytes, each */

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
	text = arena_printf(scratch, "%s %lld: %s", domain ? domain : "error",
		(long long)code, text ? text : "no description");
	return op_cut(text, ERROR_SHOWN, a);
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
	if (op_list_more(&out->n, s->q->limit))
		out->next = list[out->n - 1]->enrollment;
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
	int rc = op_list(op, q->limit, show_tx, &s, e);

	arena_free(s.scratch);
	return rc;
}

struct getting {
	const char *uuid;
	struct bytes id;
	struct arena *a;
	struct op_result *out;
};

static int result_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct getting *g = arg;
	struct op_result *out = g->out;

	*out = (struct op_result){ NULL, NULL, { NULL, 0 } };
	if (op_lookup(tx, g->id, g->a, &out->en, e) < 0 || store_target_get(tx,
		out->en->num, g->uuid, g->a, &out->target, e) < 0)
		return -1;
	if (out->target == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s has no command %s",
			op_name(out->en, g->a), g->uuid);
	if (out->target->result == 0)
		return err_set(e, ERR_NOT_FOUND, "%s has not answered: %s",
			op_name(out->en, g->a),
			target_state_name(out->target->state));
	return store_result_get(tx, out->en->num, out->target->result, g->a,
		&out->raw, e);
}

int op_command_result(const struct op *op, const char *uuid, struct bytes id,
	struct arena *a, struct op_result *out, struct err *e)
{
	struct getting g = { uuid, id, a, out };

	if (store_read(op->store, result_tx, &g, e) < 0)
		return -1;
	return out->raw.p != NULL ? 0 : err_set(e, ERR_NOT_FOUND,
		"the result is not stored any more");
}

/* ---- of one enrollment ---- */

/* A cursor says in which of the two lists it is. */
enum part { PART_QUEUED = 'q', PART_FINISHED = 'f' };

struct listing {
	const struct op_commands_query *q;
	struct arena *a;
	struct op_commands *out;
};

static struct bytes cursor_of(enum part part, struct bytes inner,
	struct arena *a)
{
	unsigned char *p = arena_alloc(a, inner.n + 1);

	p[0] = (unsigned char)part;
	if (inner.n > 0)
		memcpy(p + 1, inner.p, inner.n);
	return bytes_of(p, inner.n + 1);
}

static int take_cursor(const struct op_commands_query *q, enum part *part,
	struct bytes *inner, struct err *e)
{
	bool finished = q->which == OP_COMMANDS_FINISHED;

	*part = finished ? PART_FINISHED : PART_QUEUED;
	*inner = bytes_of(NULL, 0);
	if (q->cursor.p == NULL)
		return 0;
	if (q->cursor.n == 0 || (q->cursor.p[0] != PART_FINISHED &&
		(q->cursor.p[0] != PART_QUEUED || finished)) ||
		(q->cursor.p[0] == PART_FINISHED &&
		q->which == OP_COMMANDS_QUEUED))
		return err_set(e, ERR_BAD_INPUT, "cursor: not one of these");
	*part = (enum part)q->cursor.p[0];
	if (q->cursor.n > 1)
		*inner = bytes_of(q->cursor.p + 1, q->cursor.n - 1);
	return 0;
}

/* One more page behind what is in out already. */
static int add_page(struct store_tx *tx, struct listing *l, enum part part,
	struct bytes inner, struct err *e)
{
	struct op_commands *out = l->out;
	size_t want = l->q->limit - out->n, n;
	struct bytes next = { NULL, 0 };
	struct target **list, **both;
	int rc;

	if (part == PART_QUEUED)
		rc = store_queue_list(tx, out->en->num, inner, want, l->a, &list,
			&n, &next, e);
	else
		rc = store_history_list(tx, out->en->num, inner, want, l->a,
			&list, &n, &next, e);
	if (rc < 0)
		return -1;
	both = arena_alloc(l->a, (out->n + n) * sizeof(*both));
	if (out->n > 0)
		memcpy(both, out->list, out->n * sizeof(*both));
	if (n > 0)
		memcpy(both + out->n, list, n * sizeof(*both));
	out->list = both;
	out->n += n;
	out->next = next.p != NULL ? cursor_of(part, next, l->a) :
		bytes_of(NULL, 0);
	return 0;
}

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;
	struct op_commands *out = l->out;
	struct bytes inner;
	enum part part;

	*out = (struct op_commands){ .n = 0 };
	if (take_cursor(l->q, &part, &inner, e) < 0 ||
		op_lookup(tx, l->q->id, l->a, &out->en, e) < 0 ||
		add_page(tx, l, part, inner, e) < 0)
		return -1;
	if (part == PART_FINISHED || out->next.p != NULL ||
		l->q->which == OP_COMMANDS_QUEUED)
		return 0;
	if (out->n < l->q->limit)
		return add_page(tx, l, PART_FINISHED, bytes_of(NULL, 0), e);
	out->next = cursor_of(PART_FINISHED, bytes_of(NULL, 0), l->a);
	return 0;
}

int op_command_list(const struct op *op, const struct op_commands_query *q,
	struct arena *a, struct op_commands *out, struct err *e)
{
	struct listing l = { q, a, out };

	return op_list(op, q->limit, list_tx, &l, e);
}
