/* The queue of one enrollment, with the commands' bodies. */
#include "admin/op_queue.h"

#define SKIP 1000	/* passed over in one step */

struct reading {
	const struct op_queue_query *q;
	struct arena *a, *scratch;
	struct op_queue_bodies *out;
};

/* *done: there are no more than were passed over. */
static int skip(struct store_tx *tx, struct reading *r, uint64_t num,
	struct bytes *cursor, bool *done, struct err *e)
{
	uint64_t left = r->q->by_offset ? r->q->offset : 0;
	struct bytes next = { NULL, 0 };
	struct target **list;
	size_t n;

	*cursor = r->q->by_offset ? next : r->q->cursor;
	for (*done = false; left > 0 && !*done; left -= n) {
		if (store_queue_list(tx, num, *cursor,
			left < SKIP ? (size_t)left : SKIP, r->scratch, &list,
			&n, &next, e) < 0)
			return -1;
		*cursor = arena_bytes(r->a, next);
		*done = next.p == NULL;
		arena_reset(r->scratch);
	}
	return 0;
}

static int cut(struct store_tx *tx, struct reading *r, uint64_t num,
	struct bytes cursor, size_t n, struct err *e)
{
	struct op_queue *queue = &r->out->queue;

	if (r->q->by_offset)
		return err_set(e, ERR_TOO_LARGE, "more than %zu bytes of "
			"commands: use a smaller limit, or a cursor",
			OP_QUEUE_BYTES);
	return store_queue_list(tx, num, cursor, n, r->a, &queue->list,
		&queue->n, &queue->next, e);
}

static int read_bodies(struct store_tx *tx, struct reading *r, uint64_t num,
	struct bytes cursor, struct err *e)
{
	struct op_queue *queue = &r->out->queue;
	size_t bytes = 0;

	r->out->commands = arena_alloc(r->a,
		queue->n * sizeof(*r->out->commands));
	for (size_t i = 0; i < queue->n; i++) {
		struct command **c = &r->out->commands[i];

		if (store_command_get(tx, queue->list[i]->uuid, r->a, c, e) < 0)
			return -1;
		if (*c == NULL)
			return err_set(e, ERR_INTERNAL, "a queued command is "
				"not there: see store check");
		bytes += (*c)->body.n;
		if (bytes > OP_QUEUE_BYTES && i > 0)
			return cut(tx, r, num, cursor, i, e);
	}
	return 0;
}

static int bodies_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct reading *r = arg;
	struct op_queue *queue = &r->out->queue;
	struct bytes cursor;
	bool done;

	*r->out = (struct op_queue_bodies){ 0 };
	if (op_lookup(tx, r->q->id, r->a, &queue->en, e) < 0 ||
		skip(tx, r, queue->en->num, &cursor, &done, e) < 0)
		return -1;
	if (done)
		return 0;
	if (store_queue_list(tx, queue->en->num, cursor, r->q->limit, r->a,
		&queue->list, &queue->n, &queue->next, e) < 0)
		return -1;
	return read_bodies(tx, r, queue->en->num, cursor, e);
}

int op_queue_bodies(const struct op *op, const struct op_queue_query *q,
	struct arena *a, struct op_queue_bodies *out, struct err *e)
{
	struct reading r = { q, a, arena_new(), out };
	int rc = store_read(op->store, bodies_tx, &r, e);

	arena_free(r.scratch);
	return rc;
}
