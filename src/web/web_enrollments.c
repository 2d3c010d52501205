/* Enrollments in the admin API. What may be done to them is
 * admin/op_enrollment's. */
#include "web/web_enrollments.h"

#include "admin/op_forget.h"
#include "admin/op_json.h"
#include "admin/op_json_command.h"
#include "web/web_api.h"

#define DAY 86400

static int list(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "enrollments");
	struct op_enrollment_filter f;
	struct op_enrollments page;
	uint64_t after, days = 0;
	size_t limit;

	if (op_enrollment_filter(web_api_query(call, "state"),
		web_api_query(call, "type"), web_api_query(call, "serial"), &f,
		e) < 0 ||
		web_api_u64(call, "silent", 1, OP_SILENT_DAYS_MAX, &days,
			e) < 0 ||
		web_api_limit(call, &limit, e) < 0 ||
		web_api_cursor_u64(call, &after, e) < 0)
		return -1;
	if (days != 0)
		f.silent_since = op.now - (int64_t)days * DAY;
	if (op_enrollment_find(&op, &f, after, limit, a, &page, e) < 0)
		return -1;
	for (size_t i = 0; i < page.n; i++)
		op_json_enrollment(json_add_object(items), page.list[i], a);
	web_api_set_cursor_u64(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int get(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_enrollment s;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 ||
		op_enrollment_show(&op, id, a, &s, e) < 0)
		return -1;
	op_json_shown(root, &s, a);
	web_api_object(call, rp, root);
	return 0;
}

typedef int (*change_fn)(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e);

static int change(const struct web_call *call, change_fn fn, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_changed ch;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 || fn(&op, id, a, &ch, e) < 0)
		return -1;
	op_json_changed(root, &ch, a);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int block(const struct web_call *call, struct reply *rp, struct err *e)
{
	return change(call, op_enrollment_block, rp, e);
}

static int unblock(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return change(call, op_enrollment_unblock, rp, e);
}

static int unmanage(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return change(call, op_enrollment_unmanage, rp, e);
}

static int forget(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_forgotten r;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 || op_enrollment_forget(&op, id,
		web_api_flag(call, "force"), a, &r, e) < 0)
		return -1;
	op_json_forgotten(root, &r, a);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int leave(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_removing r;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 || op_enrollment_remove(&op, id,
		web_api_query(call, "profile"),
		!web_api_flag(call, "no_push"), a, &r, e) < 0)
		return -1;
	op_json_removing(root, &r, a);
	web_api_reply(call, rp, 200, root);
	return 0;
}

WEB_API_TARGET(web_enrollments_list, GUARD_READ, list);
WEB_API_TARGET(web_enrollments_get, GUARD_READ, get);
WEB_API_TARGET(web_enrollments_forget, GUARD_ADMIN, forget);
WEB_API_TARGET(web_enrollments_remove, GUARD_ADMIN, leave);
WEB_API_TARGET(web_enrollments_block, GUARD_ADMIN, block);
WEB_API_TARGET(web_enrollments_unblock, GUARD_ADMIN, unblock);
WEB_API_TARGET(web_enrollments_unmanage, GUARD_ADMIN, unmanage);
