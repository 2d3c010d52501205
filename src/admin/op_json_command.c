/* Commands, queues, answers and inventory as JSON. */
#include "admin/op_json_command.h"

#include "admin/op_json.h"
#include "base/enc.h"
#include "codec/pl_json.h"

void op_json_target(struct json *obj, const struct target *t)
{
	json_set_int(obj, "number", (int64_t)t->enrollment);
	json_set_str(obj, "command_uuid", t->uuid);
	json_set_str(obj, "request_type", t->request_type);
	json_set_str(obj, "state", target_state_name(t->state));
	json_set_int(obj, "priority", t->priority);
	json_set_str(obj, "dedupe", t->dedupe);
	json_set_int(obj, "deliveries", t->deliveries);
	json_set_int(obj, "notnow", t->notnow);
	op_json_time(obj, "queued", t->queued);
	op_json_time(obj, "not_before", t->not_before);
	op_json_time(obj, "not_after", t->not_after);
	op_json_time(obj, "first_delivered", t->first_delivered);
	op_json_time(obj, "last_delivered", t->last_delivered);
	op_json_time(obj, "finished", t->finished);
}

void op_json_command(struct json *obj, const struct command *c,
	struct arena *a)
{
	json_set_str(obj, "command_uuid", c->uuid);
	json_set_str(obj, "request_type", c->request_type);
	json_set_int(obj, "body_size", (int64_t)c->body.n);
	json_set_str(obj, "body_sha256", enc_hex(a, bytes_of(c->digest,
		sizeof(c->digest))));
	json_set_bool(obj, "once", c->once);
	op_json_time(obj, "created", c->created);
}

void op_json_outcome(struct json *obj, const struct op_outcome *out,
	struct arena *a)
{
	op_json_bytes(obj, "id", out->id_text, a);
	op_json_target(obj, out->target);
	if (out->target->result != 0)
		json_set_int(obj, "result_size", (int64_t)out->result_size);
	json_set_str(obj, "error", out->error);
}

void op_json_push(struct json *obj, const struct op_pushed *p)
{
	struct json *push;

	if (p == NULL)
		return;
	push = json_set_object(obj, "push");
	json_set_str(push, "apns_id", p->apns_id);
	if (p->err.kind != ERR_NONE)
		json_set_str(push, "error", p->err.msg);
	else
		json_set_bool(push, "waits", p->waits);
}

static void set_enqueued(struct json *obj, const struct op_target *t,
	struct arena *a)
{
	op_json_bytes(obj, "asked", t->id, a);
	if (t->num != 0) {
		op_json_bytes(obj, "id", t->id_text, a);
		json_set_int(obj, "number", (int64_t)t->num);
	}
	if (t->err.kind == ERR_NONE) {
		json_set_str(obj, "outcome", op_queued_name(t->queued));
		op_json_push(obj, t->push);
		return;
	}
	json_set_str(obj, "outcome", "error");
	json_set_str(obj, "error_kind", err_kind_name(t->err.kind));
	json_set_str(obj, "error", t->err.msg);
}

void op_json_enqueued(struct json *obj, const struct op_command *command,
	const struct op_target *targets, size_t n, struct arena *a)
{
	struct json *list;

	json_set_str(obj, "command_uuid", command->uuid);
	json_set_str(obj, "request_type", command->request_type);
	json_set_str(obj, "warning", command->warning);
	list = json_set_array(obj, "targets");
	for (size_t i = 0; i < n; i++)
		set_enqueued(json_add_object(list), &targets[i], a);
}

void op_json_removing(struct json *obj, const struct op_removing *r,
	struct arena *a)
{
	op_json_bytes(obj, "id", r->target.id_text, a);
	json_set_int(obj, "number", (int64_t)r->target.num);
	json_set_str(obj, "profile", r->identifier);
	/* That of a duplicate is in no queue. */
	if (r->target.queued != STORE_DUPLICATE)
		json_set_str(obj, "command_uuid", r->command.uuid);
	json_set_str(obj, "request_type", r->command.request_type);
	json_set_str(obj, "outcome", op_queued_name(r->target.queued));
	op_json_push(obj, r->target.push);
}

int op_json_result(struct json *obj, const struct op_result *r,
	struct arena *a, struct err *e)
{
	struct pl *root;

	if (pl_parse(r->raw, a, &root, e) < 0) {
		if (e->kind == ERR_BAD_INPUT)
			e->kind = ERR_INTERNAL;
		return err_wrap(e, "the stored result");
	}
	op_json_bytes(obj, "id", enrollment_id_text(&r->en->id, a), a);
	op_json_target(obj, r->target);
	pl_json_put(obj, "result", root, a);
	return 0;
}

void op_json_inventory(struct json *obj, const struct op_inventory *inv,
	enum inventory_kind only, struct arena *a)
{
	struct json *one;

	op_json_bytes(obj, "id", enrollment_id_text(&inv->en->id, a), a);
	json_set_int(obj, "number", (int64_t)inv->en->num);
	if (only != 0)
		json_set_str(obj, "kind", inventory_name(only));
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++) {
		if (inv->of[k].value == NULL)
			continue;
		one = only != 0 ? obj : json_set_object(obj,
			inventory_name((enum inventory_kind)k));
		op_json_time(one, "at", inv->of[k].at);
		pl_json_put(one, "value", inv->of[k].value, a);
	}
}
