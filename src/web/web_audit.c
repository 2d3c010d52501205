/* The audit log: decode, call op_audit, encode. */
#include "web/web_audit.h"

#include "admin/op_json.h"
#include "web/web_api.h"

static void audit(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct json *root = json_new_object(call->rq->arena);
	struct json *items = json_set_array(root, "audit");
	struct op_audit_query q = { .id = bytes_str(web_api_query(call,
		"enrollment")) };
	struct op op = web_api_op(call);
	struct op_audit_page page;
	struct err e = ERR_INIT;

	(void)log;
	if (web_api_limit(call, &q.limit, &e) < 0 ||
		web_api_cursor_u64(call, &q.before, &e) < 0 ||
		op_audit_list(&op, &q, call->rq->arena, &page, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	for (size_t i = 0; i < page.n; i++)
		op_json_audit(json_add_object(items), &page, i,
			call->rq->arena);
	web_api_set_cursor_u64(call, root, page.next);
	web_api_reply(call, rp, 200, root);
}

const struct web_target web_audit = { GUARD_ADMIN, audit };
