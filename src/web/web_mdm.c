/* Bytes to messages, answers to HTTP. What is answered is decided in mdm/. */
#include "web/web_mdm.h"

#include "crypto/digest.h"
#include "mdm/checkin.h"
#include "mdm/checkin_msg.h"
#include "mdm/queue.h"
#include "mdm/result_msg.h"
#include "outbox/outbox.h"

#define CHECKIN_TYPE "application/x-apple-aspen-mdm-checkin"
#define LOG_ID ((size_t)64)

static const char unrecognized[] =
	"{\"code\":\"com.apple.unrecognized.device\"}";

static void log_if(struct log_line *log, const char *key, const char *value)
{
	if (value != NULL)
		log_str(log, key, value);
}

/* Who spoke: the number when it is known, else the start of the id. */
static void log_enrollment(struct log_line *log, uint64_t number,
	const struct enrollment_id *id, struct arena *a)
{
	struct bytes text;

	if (number != 0) {
		log_str(log, "enrollment", arena_printf(a, "@%llu",
			(unsigned long long)number));
		return;
	}
	text = enrollment_id_text(id, a);
	if (text.n > LOG_ID)
		text.n = LOG_ID;
	log_bytes(log, "enrollment", text);
}

static void log_answer(struct log_line *log, const struct answer *ans)
{
	log_if(log, "message", ans->message);
	log_if(log, "command", ans->command_uuid);
	log_if(log, "request_type", ans->request_type);
	log_if(log, "note", ans->note);
}

/* A body that could not be read is named, never shown. */
static void log_body(struct log_line *log, struct bytes body)
{
	unsigned char digest[DIGEST_LEN];

	digest_sha256(body, digest);
	log_hex(log, "body_sha256", digest, sizeof(digest));
}

static void unmanage(const struct web_call *call, struct reply *rp)
{
	if (call->conf->unmanaged_response == CONF_UNMANAGED_401) {
		reply_text(rp, 401, "this device is not managed here");
		return;
	}
	reply_init(rp);
	rp->status = 403;
	rp->content_type = "application/json";
	rp->body = bytes_str(unrecognized);
}

/* kind: what a 400 is called in the log. */
static void encode(const struct web_call *call, const struct answer *ans,
	const char *kind, struct reply *rp)
{
	const char *why = ans->reason != NULL ? ans->reason : "refused";
	struct err e = ERR_INIT;

	reply_init(rp);
	if (ans->reason != NULL)
		web_reason(call, ans->reason);
	switch (ans->kind) {
	case ANSWER_EMPTY:
		break;
	case ANSWER_COMMAND:
		rp->content_type = "application/xml; charset=UTF-8";
		rp->body = ans->body;
		break;
	case ANSWER_BAD:
		err_set(&e, ERR_BAD_INPUT, "%s", why);
		web_fail(call, rp, &e, kind);
		break;
	case ANSWER_UNMANAGE:
		unmanage(call, rp);
		break;
	case ANSWER_USER_DECLINED:
		reply_text(rp, 410, why);
		break;
	case ANSWER_LATER:
		err_set(&e, ERR_BUSY, "%s", why);
		web_fail(call, rp, &e, "later");
		break;
	}
}

/* The certificate itself is read only where it may be bound: by a check-in,
 * or at the first contact of an enrollment that was taken over. */
static const struct identity *identity(const struct web_call *call,
	bool checkin)
{
	struct identity *who;
	struct err ignored = ERR_INIT;	/* it was read before */

	if (!checkin && call->conf->first_binding == CONF_BIND_NEVER)
		return call->who;
	who = arena_memdup(call->rq->arena, call->who, sizeof(*who));
	(void)devauth_der(call->rq, who, &ignored);
	return who;
}

static struct mdm_context context(const struct web_call *call, bool checkin)
{
	const struct request *rq = call->rq;

	return (struct mdm_context){
		.store = call->store, .conf = call->conf,
		.who = identity(call, checkin),
		.now = rq->now, .arena = rq->arena, .raw = rq->body,
		.query = rq->query,
	};
}

static void do_checkin(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct mdm_context cx = context(call, true);
	struct answer ans = { 0 };
	struct checkin_msg m;
	struct err e = ERR_INIT;

	if (checkin_msg_parse(cx.raw, cx.arena, &m, &e) != 0) {
		log_body(log, cx.raw);
		web_fail(call, rp, &e, NULL);
		return;
	}
	if (checkin_apply(&cx, &m, &ans, &e) != 0) {
		log_str(log, "message", m.type_name);
		log_enrollment(log, 0, &m.id, cx.arena);
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_answer(log, &ans);
	log_enrollment(log, ans.enrollment, &m.id, cx.arena);
	encode(call, &ans, "identity", rp);
	if (ans.events)
		courier_wake(call->conf->dir);
}

static void do_unreadable(const struct web_call *call, const struct err *why,
	struct reply *rp, struct log_line *log)
{
	struct mdm_context cx = context(call, false);
	struct answer ans = { 0 };
	struct err e = ERR_INIT;

	if (queue_unreadable(&cx, why, &ans, &e) != 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_answer(log, &ans);
	encode(call, &ans, NULL, rp);
}

static void do_connect(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct mdm_context cx = context(call, false);
	struct answer ans = { 0 };
	struct result_msg m;
	struct err e = ERR_INIT;

	if (result_msg_parse(cx.raw, cx.arena, &m, &e) != 0) {
		log_body(log, cx.raw);
		if (e.kind == ERR_BAD_INPUT && !m.is_checkin)
			do_unreadable(call, &e, rp, log);
		else
			web_fail(call, rp, &e, NULL);
		return;
	}
	log_if(log, "answered", m.command_uuid);
	if (queue_exchange(&cx, &m, &ans, &e) != 0) {
		log_str(log, "message", m.status_text);
		log_enrollment(log, 0, &m.id, cx.arena);
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_answer(log, &ans);
	log_enrollment(log, ans.enrollment, &m.id, cx.arena);
	encode(call, &ans, "identity", rp);
	if (ans.events)
		courier_wake(call->conf->dir);
}

static void do_any(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	const char *type = call->rq->content_type;

	if (type != NULL && str_has_prefix_nocase(type, CHECKIN_TYPE))
		do_checkin(call, rp, log);
	else
		do_connect(call, rp, log);
}

const struct web_target web_mdm_any = { GUARD_DEVICE, do_any };
const struct web_target web_mdm_checkin = { GUARD_DEVICE, do_checkin };
