/* /v1/enqueue/: a raw command for many enrollments. */
#include "web/web_enqueue.h"

#include "admin/op_enqueue.h"
#include "web/web_push.h"

/* The whole call fails: no id is looked at. */
static void refuse(const struct web_call *call, struct reply *rp,
	bool no_push, const char *why)
{
	struct web_result whole = { .no_push = no_push,
		.command_error = why };

	web_targets_reply(call, rp, &whole, NULL, 0);
}

/* Whether there is nothing to queue, by the client's own word: a body that
 * was lost on the way must not pass for a mere push. */
static bool is_push_only(const struct web_call *call, struct reply *rp,
	bool no_push)
{
	if (no_push)
		refuse(call, rp, true, "must enqueue or push");
	else if (call->rq->content_length != 0)
		refuse(call, rp, false, "the body is empty: a command is "
			"needed, or Content-Length: 0 for a push alone");
	else
		return true;
	return false;
}

static void queue(const struct web_call *call, const struct bytes *ids,
	size_t n, bool no_push, struct reply *rp, struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct op_target *targets = arena_zalloc(a, n * sizeof(*targets));
	struct web_outcome *out = arena_zalloc(a, n * sizeof(*out));
	struct op_enqueue_options o = {
		.target.priority = COMMAND_PRIORITY_DEFAULT,
		.push = !no_push, .force = web_api_flag(call, "force"),
	};
	struct web_result whole = { .no_push = no_push };
	struct op op = web_api_op(call);
	struct op_command command;
	struct err e = ERR_INIT;

	if (op_command_read(&op, call->rq->body, web_api_flag(call, "unchecked"),
		a, &command, &e) < 0) {
		refuse(call, rp, no_push, e.msg);
		return;
	}
	whole.command_uuid = command.uuid;
	whole.request_type = command.request_type;
	for (size_t i = 0; i < n; i++)
		targets[i].id = ids[i];
	log_str(log, "command", command.uuid);
	log_str(log, "request_type", command.request_type);
	if (command.warning != NULL)
		log_str(log, "warning", command.warning);
	log_u64(log, "ids", n);
	log_u64(log, "failed", op_enqueue(&op, &command, &o, targets, n, a));
	for (size_t i = 0; i < n; i++) {
		out[i].id = ids[i];
		if (targets[i].err.kind != ERR_NONE)
			out[i].command_error = targets[i].err.msg;
		web_push_outcome(targets[i].push, &out[i]);
	}
	web_targets_reply(call, rp, &whole, out, n);
}

static void enqueue(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	const char *flag = web_api_query(call, "nopush");
	bool no_push = flag != NULL && *flag != '\0';
	struct err e = ERR_INIT;
	struct bytes *ids;
	size_t n;

	if (web_targets_ids(call, 0, &ids, &n, &e) < 0)
		web_fail(call, rp, &e, NULL);
	else if (call->rq->body.n > 0)
		queue(call, ids, n, no_push, rp, log);
	else if (is_push_only(call, rp, no_push))
		web_push_reply(call, rp, ids, n, log);
}

const struct web_target web_enqueue = { GUARD_COMMAND, enqueue };
