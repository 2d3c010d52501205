/* /v1/pushcert: the push certificate of a topic, without its key. */
#include "web/web_push_cert.h"

#include "admin/op_push_cert.h"
#include "web/web_api.h"

static void show(const struct web_call *call, struct reply *rp,
	const struct push_cert *c)
{
	struct json *root = json_new_object(call->rq->arena);

	json_set_str(root, "topic", c->topic);
	web_api_set_time(root, "not_after", c->not_after);
	web_api_reply(call, rp, 200, root);
}

static void put(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct push_cert *c;

	if (op_push_cert_put(&op, call->rq->body, web_api_flag(call, "force"),
		call->rq->arena, &c, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_str(log, "topic", c->topic);
	show(call, rp, c);
}

static void get(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	const char *topic = web_api_query(call, "topic");
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct push_cert *c;
	int rc;

	(void)log;
	if (topic == NULL || *topic == '\0')
		rc = err_set(&e, ERR_BAD_INPUT, "topic: missing");
	else
		rc = op_push_cert_get(&op, topic, call->rq->arena, &c, &e);
	if (rc < 0)
		web_fail(call, rp, &e, NULL);
	else
		show(call, rp, c);
}

const struct web_target web_push_cert_put = { GUARD_ADMIN, put };
const struct web_target web_push_cert_get = { GUARD_ADMIN, get };
