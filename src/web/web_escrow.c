/* /v1/escrowkeyunlock: turning Activation Lock off. */
#include "web/web_escrow.h"

#include "admin/op_push_cert.h"
#include "web/web_api.h"

static void escrow(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct bytes form = call->rq->body;
	const struct op_escrow in = {
		.topic = web_api_form(form, "topic", a),
		.serial = web_api_form(form, "serial", a),
		.product_type = web_api_form(form, "productType", a),
		.escrow_key = web_api_form(form, "escrowKey", a),
		.org_name = web_api_form(form, "orgName", a),
		.guid = web_api_form(form, "guid", a),
		.imei = web_api_form(form, "imei", a),
		.imei2 = web_api_form(form, "imei2", a),
		.meid = web_api_form(form, "meid", a),
	};
	struct op_escrow_answer out;
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;

	if (op_escrow_unlock(&op, &in, a, &out, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_i64(log, "apple", out.status);
	reply_init(rp);
	rp->status = out.status;
	rp->content_type = out.content_type;
	rp->body = out.body;
}

const struct web_target web_escrow = { GUARD_ADMIN, escrow };
