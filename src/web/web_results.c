/* What devices answered, in the admin API: one answer, and what is known of
 * a device out of all of them. */
#include "web/web_results.h"

#include <string.h>

#include "admin/op_json_command.h"
#include "model/token.h"
#include "web/web_api.h"

static bool wants_raw(const struct web_call *call)
{
	const char *accept = call->rq->accept;

	return web_api_flag(call, "raw") ||
		(accept != NULL && strstr(accept, "application/xml") != NULL);
}

static void reply_raw(struct reply *rp, struct bytes raw)
{
	bool binary = raw.n >= 6 && memcmp(raw.p, "bplist", 6) == 0;

	reply_init(rp);
	rp->content_type = binary ? "application/octet-stream" :
		"application/xml";
	rp->body = raw;
}

static int get(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);
	struct op op = web_api_op(call);
	struct op_result r;
	struct bytes uuid, id;

	if (web_api_arg(call, 0, &uuid, e) < 0 ||
		web_api_arg(call, 1, &id, e) < 0 || op_command_result(&op,
		arena_str(a, uuid), id, a, &r, e) < 0)
		return -1;
	if (wants_raw(call)) {
		reply_raw(rp, r.raw);
		web_api_tag(call, rp);
		return 0;
	}
	if (op_json_result(root, &r, a, e) < 0)
		return -1;
	web_api_object(call, rp, root);
	return 0;
}

static int inventory(const struct web_call *call, enum inventory_kind only,
	struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);
	struct op op = web_api_op(call);
	struct op_inventory_query q = { .only = only,
		.secrets = token_scope_covers(call->token->scope,
			TOKEN_COMMAND) };
	struct op_inventory inv;

	if (web_api_arg(call, 0, &q.id, e) < 0 ||
		op_inventory(&op, &q, a, &inv, e) < 0)
		return -1;
	op_json_inventory(root, &inv, only, a);
	web_api_object(call, rp, root);
	return 0;
}

static int get_all(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return inventory(call, (enum inventory_kind)0, rp, e);
}

static int get_one(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	enum inventory_kind kind;
	struct bytes name;

	if (web_api_arg(call, 1, &name, e) < 0)
		return -1;
	if (!inventory_parse(arena_str(call->rq->arena, name), &kind))
		return err_set(e, ERR_NOT_FOUND, "no inventory of that kind: "
			"use device_information, security_info, "
			"installed_application_list, profile_list or "
			"certificate_list");
	return inventory(call, kind, rp, e);
}

WEB_API_TARGET(web_results_get, GUARD_COMMAND, get);
WEB_API_TARGET(web_inventory_all, GUARD_READ, get_all);
WEB_API_TARGET(web_inventory_one, GUARD_READ, get_one);
