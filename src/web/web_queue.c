/* /v1/queue/: what waits for an enrollment. */
#include "web/web_queue.h"

#include "admin/op_queue.h"
#include "base/enc.h"
#include "web/web_targets.h"

static int read_query(const struct web_call *call, struct op_queue_query *q,
	struct err *e)
{
	if (web_api_arg(call, 0, &q->id, e) < 0 ||
		web_api_limit(call, &q->limit, e) < 0 ||
		web_api_cursor(call, &q->cursor, e) < 0 ||
		web_api_u64(call, "offset", 0, UINT32_MAX, &q->offset, e) < 0)
		return -1;
	q->by_offset = web_api_query(call, "offset") != NULL;
	if (q->by_offset && q->cursor.p != NULL)
		return err_set(e, ERR_BAD_INPUT,
			"offset and cursor exclude each other");
	return 0;
}

static void list(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct json *root, *commands, *o;
	struct op_queue_query q = { 0 };
	struct op_queue_bodies out;
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;

	if (read_query(call, &q, &e) < 0 ||
		op_queue_bodies(&op, &q, a, &out, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	root = json_new_object(a);
	commands = json_set_array(root, "commands");
	for (size_t i = 0; i < out.queue.n; i++) {
		const struct command *c = out.commands[i];

		o = json_add_object(commands);
		json_set_str(o, "command_uuid", c->uuid);
		json_set_str(o, "request_type", c->request_type);
		json_set_str(o, "command", enc_base64(a, c->body));
	}
	if (!q.by_offset)
		web_api_set_cursor(call, root, out.queue.next);
	log_u64(log, "commands", out.queue.n);
	web_api_reply(call, rp, 200, root);
}

static void reply_failures(const struct web_call *call, struct reply *rp,
	const struct bytes *ids, const struct err *errs, size_t n,
	size_t failed)
{
	struct json *root = json_new_object(call->rq->arena);
	struct json *status = json_set_object(root, "status");

	for (size_t i = 0; i < n; i++)
		if (errs[i].kind != ERR_NONE) {
			json_set_str(status, arena_str(call->rq->arena, ids[i]),
				errs[i].msg);
			web_reason(call, errs[i].msg);
		}
	web_api_reply(call, rp, failed == n ? 500 : 207, root);
}

static void clear(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;
	size_t n, failed = 0, cancelled = 0;
	struct op op = web_api_op(call);
	struct enrollment *en;
	struct err e = ERR_INIT, *errs;
	struct bytes *ids;

	if (web_targets_ids(call, 0, &ids, &n, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	errs = arena_zalloc(a, n * sizeof(*errs));
	for (size_t i = 0; i < n; i++) {
		size_t one;

		failed += op_queue_clear(&op, ids[i], a, &en, &one,
			&errs[i]) < 0;
		cancelled += one;
	}
	log_u64(log, "ids", n);
	log_u64(log, "cancelled", cancelled);
	if (failed > 0)
		reply_failures(call, rp, ids, errs, n, failed);
	else
		web_api_done(rp);
}

/* The bodies of commands may hold passcodes: no scope for merely reading. */
const struct web_target web_queue_list = { GUARD_COMMAND, list };
const struct web_target web_queue_clear = { GUARD_COMMAND, clear };
