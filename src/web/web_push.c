/* /v1/push/: pushes, and nothing else. */
#include "web/web_push.h"

void web_push_outcome(const struct op_pushed *p, struct web_outcome *out)
{
	if (p == NULL)
		return;
	if (p->err.kind != ERR_NONE)
		out->push_error = p->err.msg;
	else
		out->push_result = p->apns_id;
}

void web_push_reply(const struct web_call *call, struct reply *rp,
	const struct bytes *ids, size_t n, struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct op_pushed *list = arena_zalloc(a, n * sizeof(*list));
	struct web_outcome *out = arena_zalloc(a, n * sizeof(*out));
	struct web_result whole = { 0 };
	struct op op = web_api_op(call);

	for (size_t i = 0; i < n; i++)
		list[i].id = ids[i];
	log_u64(log, "ids", n);
	log_u64(log, "failed", op_push(&op, list, n, a));
	for (size_t i = 0; i < n; i++) {
		out[i].id = ids[i];
		web_push_outcome(&list[i], &out[i]);
	}
	web_targets_reply(call, rp, &whole, out, n);
}

static void push(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct err e = ERR_INIT;
	struct bytes *ids;
	size_t n;

	if (web_targets_ids(call, 0, &ids, &n, &e) < 0)
		web_fail(call, rp, &e, NULL);
	else
		web_push_reply(call, rp, ids, n, log);
}

const struct web_target web_push = { GUARD_COMMAND, push };
