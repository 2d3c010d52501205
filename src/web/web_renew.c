/* Renewals in the admin API, and what a renewal must say again. */
#include "web/web_renew.h"

#include "admin/op_json_enroll.h"
#include "web/web_api.h"

static int renew(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_renewing r;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 || op_renew(&op, id,
		!web_api_flag(call, "no_push"), a, &r, e) < 0)
		return -1;
	op_json_renewing(root, &r, a);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static void reply_facts(const struct web_call *call, struct reply *rp,
	const struct profile_facts *f)
{
	struct json *root = json_new_object(call->rq->arena);

	op_json_profile_facts(root, f);
	json_set_str(root, "missing", profile_facts_missing(f));
	web_api_reply(call, rp, 200, root);
}

static int facts(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct op op = web_api_op(call);
	struct profile_facts f;
	struct renewal renewal;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 || op_profile_facts(&op, id,
		call->rq->arena, &f, &renewal, e) < 0)
		return -1;
	reply_facts(call, rp, &f);
	return 0;
}

static int set_facts(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	static const char *const keys[] = { "identifier", "topic",
		"server_url", "checkin_url", "access_rights", "capabilities",
		"enrollment_mode", "account", "required_app", NULL };
	struct op op = web_api_op(call);
	struct profile_facts set, f;
	struct json *body;
	struct bytes id;

	if (web_api_arg(call, 0, &id, e) < 0 ||
		web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		op_json_profile_facts_read(body, &set, e) < 0 ||
		op_profile_facts_set(&op, id, &set, call->rq->arena, &f,
			e) < 0)
		return -1;
	reply_facts(call, rp, &f);
	return 0;
}

WEB_API_TARGET(web_renew, GUARD_COMMAND, renew);
WEB_API_TARGET(web_renew_facts, GUARD_READ, facts);
WEB_API_TARGET(web_renew_set_facts, GUARD_ADMIN, set_facts);
