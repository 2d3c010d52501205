/* Commands in the admin API. NanoMDM's own call is web_enqueue. */
#include "web/web_commands.h"

#include "admin/op_json_command.h"
#include "admin/op_queue.h"
#include "web/web_api.h"
#include "web/web_targets.h"

/* ---- a new one ---- */

struct new_command {
	struct op_command command;
	struct op_enqueue_options o;
	struct op_target *targets;
	size_t n;
};

static int take_ids(const struct json *body, struct new_command *out,
	struct arena *a, struct err *e)
{
	const struct json *ids = json_get(body, "ids");

	out->n = json_len(ids);
	if (json_kind(ids) != JSON_KIND_ARRAY || out->n == 0 ||
		out->n > WEB_TARGETS_MAX)
		return err_set(e, ERR_BAD_INPUT,
			"ids: use an array of 1 to %d ids", WEB_TARGETS_MAX);
	out->targets = arena_zalloc(a, out->n * sizeof(*out->targets));
	for (size_t i = 0; i < out->n; i++) {
		const char *id = json_as_str(json_at(ids, i));

		if (id == NULL || *id == '\0')
			return err_set(e, ERR_BAD_INPUT,
				"ids[%zu]: use the id of an enrollment", i);
		out->targets[i].id = bytes_str(id);
	}
	return 0;
}

/* Absent: *out is left alone. */
static int take_text(const struct json *body, const char *key,
	const char **out, struct err *e)
{
	const struct json *v = json_get(body, key);

	if (v == NULL)
		return 0;
	*out = json_as_str(v);
	if (*out == NULL || **out == '\0')
		return err_set(e, ERR_BAD_INPUT, "%s: use a text", key);
	return 0;
}

static int take_options(const struct web_call *call, const struct json *body,
	struct op_enqueue_options *o, struct err *e)
{
	const struct json *no_push = json_get(body, "no_push");
	int64_t now = call->rq->now, priority = COMMAND_PRIORITY_DEFAULT;
	bool quiet = false;

	*o = (struct op_enqueue_options){
		.force = web_api_flag(call, "force") };
	if (web_api_get_time(body, "not_before", now, &o->target.not_before,
		e) < 0 || web_api_get_time(body, "not_after", now,
		&o->target.not_after, e) < 0 ||
		take_text(body, "dedupe_key", &o->target.dedupe, e) < 0)
		return -1;
	if (json_get(body, "priority") != NULL && (!json_get_int(body,
		"priority", &priority) || priority < 0 || priority > 255))
		return err_set(e, ERR_BAD_INPUT,
			"priority: use a whole number from 0 to 255");
	if (no_push != NULL && !json_as_bool(no_push, &quiet))
		return err_set(e, ERR_BAD_INPUT, "no_push: use true or false");
	o->target.priority = (uint8_t)priority;
	o->push = !quiet;
	return 0;
}

static int read_new(const struct web_call *call, const struct op *op,
	struct new_command *out, struct err *e)
{
	static const char *const keys[] = { "ids", "command", "command_uuid",
		"not_before", "not_after", "priority", "dedupe_key", "no_push",
		NULL };
	struct arena *a = call->rq->arena;
	const char *uuid = NULL;
	struct json *body;

	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		take_ids(body, out, a, e) < 0 ||
		take_options(call, body, &out->o, e) < 0 ||
		take_text(body, "command_uuid", &uuid, e) < 0 ||
		op_enqueue_check(op, &out->o, e) < 0)
		return -1;
	return op_command_json(op, json_get(body, "command"), uuid,
		web_api_flag(call, "unchecked"), a, &out->command, e);
}

/* 207: some were queued, or some were but cannot be pushed. */
static bool has_trouble(const struct op_target *t)
{
	return t->err.kind != ERR_NONE ||
		(t->push != NULL && t->push->err.kind != ERR_NONE);
}

/* All failed for the same reason: that is the reason of the whole. */
static const struct err *common(const struct op_target *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].err.kind == ERR_NONE ||
			t[i].err.kind != t[0].err.kind)
			return NULL;
	return &t[0].err;
}

static void reply_new(const struct web_call *call, struct reply *rp,
	const struct new_command *c)
{
	struct json *root = json_new_object(call->rq->arena);
	const struct err *all = common(c->targets, c->n);
	int status = 200;

	for (size_t i = 0; i < c->n; i++)
		if (has_trouble(&c->targets[i]))
			status = 207;
	if (all != NULL) {
		web_fail(call, rp, all, NULL);
		if (all->kind == ERR_BUSY)
			return;
		status = rp->status;
		json_set_str(root, "error", all->msg);
	}
	op_json_enqueued(root, &c->command, c->targets, c->n,
		call->rq->arena);
	web_api_reply(call, rp, status, root);
}

static void new(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct new_command c = { .n = 0 };

	if (read_new(call, &op, &c, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_str(log, "command", c.command.uuid);
	log_str(log, "request_type", c.command.request_type);
	if (c.command.warning != NULL)
		log_str(log, "warning", c.command.warning);
	log_u64(log, "ids", c.n);
	log_u64(log, "failed", op_enqueue(&op, &c.command, &c.o, c.targets,
		c.n, call->rq->arena));
	reply_new(call, rp, &c);
}

/* ---- what became of it ---- */

static int get(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a), *list;
	struct op op = web_api_op(call);
	struct op_command_shown page;
	struct op_command_query q;
	struct bytes uuid;

	if (web_api_arg(call, 0, &uuid, e) < 0 ||
		web_api_limit(call, &q.limit, e) < 0 ||
		web_api_cursor_u64(call, &q.after, e) < 0)
		return -1;
	q.uuid = arena_str(a, uuid);
	if (op_command_show(&op, &q, a, &page, e) < 0)
		return -1;
	op_json_command(root, page.command, a);
	list = json_set_array(root, "targets");
	for (size_t i = 0; i < page.n; i++)
		op_json_outcome(json_add_object(list), &page.list[i], a);
	web_api_set_cursor_u64(call, root, page.next);
	web_api_object(call, rp, root);
	return 0;
}

/* ---- of one enrollment ---- */

static int take_which(const struct web_call *call,
	enum op_commands_which *out, struct err *e)
{
	const char *state = web_api_query(call, "state");

	*out = OP_COMMANDS_ALL;
	if (str_eq(state, "queued"))
		*out = OP_COMMANDS_QUEUED;
	else if (str_eq(state, "finished"))
		*out = OP_COMMANDS_FINISHED;
	else if (state != NULL)
		return err_set(e, ERR_BAD_INPUT,
			"state: use queued or finished");
	return 0;
}

static int list(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a), *items, *o;
	struct op op = web_api_op(call);
	struct op_commands_query q;
	struct op_commands page;

	if (web_api_arg(call, 0, &q.id, e) < 0 ||
		take_which(call, &q.which, e) < 0 ||
		web_api_limit(call, &q.limit, e) < 0 ||
		web_api_cursor(call, &q.cursor, e) < 0 ||
		op_command_list(&op, &q, a, &page, e) < 0)
		return -1;
	web_api_set_bytes(call, root, "id",
		enrollment_id_text(&page.en->id, a));
	json_set_int(root, "number", (int64_t)page.en->num);
	items = json_set_array(root, "commands");
	for (size_t i = 0; i < page.n; i++) {
		o = json_add_object(items);
		op_json_target(o, page.list[i]);
		json_set_bool(o, "has_result", page.list[i]->result != 0);
	}
	web_api_set_cursor(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int take_target(const struct web_call *call, struct bytes *id,
	const char **uuid, struct err *e)
{
	struct bytes text;

	if (web_api_arg(call, 0, id, e) < 0 ||
		web_api_arg(call, 1, &text, e) < 0)
		return -1;
	*uuid = arena_str(call->rq->arena, text);
	return 0;
}

static int remove_one(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct enrollment *en;
	const char *uuid;
	struct bytes id;

	if (take_target(call, &id, &uuid, e) < 0 || op_queue_remove(&op, id,
		uuid, call->rq->arena, &en, e) < 0)
		return -1;
	web_api_done(rp);
	return 0;
}

static int requeue(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);
	struct op op = web_api_op(call);
	struct enrollment *en;
	struct op_pushed push;
	const char *uuid;
	struct bytes id;

	if (take_target(call, &id, &uuid, e) < 0 ||
		op_queue_requeue(&op, id, uuid, a, &en, &push, e) < 0)
		return -1;
	web_api_set_bytes(call, root, "id", enrollment_id_text(&en->id, a));
	json_set_int(root, "number", (int64_t)en->num);
	json_set_str(root, "command_uuid", uuid);
	json_set_str(root, "outcome", "queued");
	op_json_push(root, &push);
	web_api_reply(call, rp, 200, root);
	return 0;
}

const struct web_target web_commands_new = { GUARD_COMMAND, new };
WEB_API_TARGET(web_commands_get, GUARD_READ, get);
WEB_API_TARGET(web_commands_list, GUARD_READ, list);
WEB_API_TARGET(web_commands_remove, GUARD_COMMAND, remove_one);
WEB_API_TARGET(web_commands_requeue, GUARD_COMMAND, requeue);
