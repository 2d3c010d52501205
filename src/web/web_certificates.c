/* Issued certificates in the admin API: decode, call op_ca, encode. */
#include "web/web_certificates.h"

#include "admin/op_json_enroll.h"
#include "web/web_api.h"

static int list(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "certificates");
	struct op_ca_rows page;
	struct bytes cursor;
	size_t limit;

	if (web_api_limit(call, &limit, e) < 0 ||
		web_api_cursor(call, &cursor, e) < 0 ||
		op_ca_issued(&op, cursor, limit, a, &page, e) < 0)
		return -1;
	for (size_t i = 0; i < page.n; i++)
		op_json_issued(json_add_object(items), &page.list[i], op.now,
			a);
	web_api_set_cursor(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int revoke_cert(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct op_revoked r;
	struct bytes serial;

	if (web_api_arg(call, 0, &serial, e) < 0 || op_ca_revoke_serial(&op,
		arena_str(a, serial), a, &r, e) < 0)
		return -1;
	web_api_done(rp);
	return 0;
}

static int expiring(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "enrollments");
	struct op_expirings page;
	struct bytes cursor;
	uint64_t days = 30;
	size_t limit;

	if (web_api_u64(call, "days", 0, 36500, &days, e) < 0 ||
		web_api_limit(call, &limit, e) < 0 ||
		web_api_cursor(call, &cursor, e) < 0 ||
		op_ca_expiring(&op, (unsigned)days, cursor, limit, a, &page,
			e) < 0)
		return -1;
	for (size_t i = 0; i < page.n; i++)
		op_json_expiring(json_add_object(items), &page.list[i], a);
	web_api_set_cursor(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

WEB_API_TARGET(web_certificates_list, GUARD_READ, list);
WEB_API_TARGET(web_certificates_revoke, GUARD_ADMIN, revoke_cert);
WEB_API_TARGET(web_certificates_expiring, GUARD_READ, expiring);
