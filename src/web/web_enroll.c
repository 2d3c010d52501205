/* The enrollment profile over HTTP: who may have it, and how it is sent. */
#include "web/web_enroll.h"

#include "auth/throttle.h"
#include "enroll/mobileconfig.h"
#include "web/web_ade.h"
#include "web/web_api.h"

#define INVITE_SHOWN 8	/* bytes of its hash, as mooringctl shows them */

struct enroll_context web_enroll_context(const struct web_call *call)
{
	return (struct enroll_context){ .store = call->store,
		.conf = call->conf, .now = call->rq->now,
		.arena = call->rq->arena };
}

static void set_headers(struct reply *rp)
{
	reply_init(rp);
	rp->content_type = MOBILECONFIG_TYPE;
	reply_header(rp, "Content-Disposition",
		"attachment; filename=\"enroll.mobileconfig\"");
	reply_header(rp, "Cache-Control", "no-store");
	reply_header(rp, "X-Content-Type-Options", "nosniff");
}

void web_enroll_reply(const struct web_call *call, struct reply *rp,
	const struct enroll_profile *p)
{
	(void)call;
	set_headers(rp);
	rp->body = p->body;
}

void web_enroll_fail(const struct web_call *call, struct reply *rp,
	const struct err *e)
{
	struct err ours = *e;

	if (e->kind != ERR_BAD_INPUT && e->kind != ERR_TOO_LARGE &&
		e->kind != ERR_BUSY)
		ours.kind = ERR_INTERNAL;
	web_fail(call, rp, &ours, err_kind_name(e->kind));
}

void web_enroll_refuse(const struct web_call *call, struct reply *rp,
	const char *reason, const char *text)
{
	call->fault->kind = "refused";
	web_reason(call, reason);
	reply_text(rp, 403, text);
	reply_header(rp, "Cache-Control", "no-store");
}

/* ---- invites ---- */

static bool is_throttled(const struct web_call *call, struct reply *rp)
{
	unsigned wait = throttle_wait(call->throttle, call->rq->remote_addr,
		call->rq->started_us);

	if (wait == 0)
		return false;
	call->fault->kind = "throttled";
	web_reason(call, "too many wrong invites from this address");
	reply_text(rp, 429, "Too many wrong links. Wait a little, then try "
		"again.");
	reply_header(rp, "Retry-After", arena_printf(call->rq->arena, "%u",
		wait));
	return true;
}

static void refuse_invite(const struct web_call *call, struct reply *rp,
	const struct err *e)
{
	if (throttle_failed(call->throttle, call->rq->remote_addr,
		call->rq->started_us))
		log_msg(LOG_WARN, "enroll.throttle", "%s: too many wrong "
			"invites", call->rq->remote_addr != NULL ?
			call->rq->remote_addr : "?");
	web_enroll_refuse(call, rp, e->msg, "This link is not good any more. "
		"Ask for a new one.");
}

/* What the link grants; false: it was answered. */
static bool take_invite(const struct web_call *call, const char *text,
	struct grant *g, struct reply *rp)
{
	struct enroll_context cx = web_enroll_context(call);
	struct err e = ERR_INIT;

	if (is_throttled(call, rp))
		return false;
	if (enroll_invite(&cx, text, g, &e) == 0)
		return true;
	if (e.kind != ERR_FORBIDDEN) {
		web_enroll_fail(call, rp, &e);
		return false;
	}
	err_wrap(&e, "invite");
	refuse_invite(call, rp, &e);
	return false;
}

/* ---- GET ---- */

/* Whether the caller may have one, and on what grounds. */
static bool may_have(const struct web_call *call, struct grant *g,
	struct reply *rp)
{
	const char *invite = web_api_query(call, "invite");

	switch (call->conf->profile_access) {
	case CONF_ACCESS_ADE:
		break;
	case CONF_ACCESS_INVITE:
		if (invite != NULL)
			return take_invite(call, invite, g, rp);
		web_enroll_refuse(call, rp, "no invite", "To enroll a device, "
			"open the link that you were given.");
		return false;
	case CONF_ACCESS_OPEN:
		if (invite != NULL)
			return take_invite(call, invite, g, rp);
		*g = (struct grant){ .source = GRANT_OPEN };
		return true;
	}
	web_enroll_refuse(call, rp, "profile_access is ade",
		"This server hands out no enrollment profile here.");
	return false;
}

static void get(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct enroll_context cx = web_enroll_context(call);
	struct enroll_profile made;
	struct err e = ERR_INIT;
	struct grant g;

	if (web_ade_get(call, rp, log))
		return;
	if (call->store == NULL) {
		web_fail(call, rp, call->closed, NULL);
		return;
	}
	if (!may_have(call, &g, rp))
		return;
	log_str(log, "grant", grant_source_name(g.source));
	if (g.has_invite)
		log_hex(log, "invite", g.invite, INVITE_SHOWN);
	/* Whoever only asks what would come gets no challenge made. */
	if (call->rq->method == HTTP_HEAD) {
		set_headers(rp);
		return;
	}
	if (enroll_profile_make(&cx, &g, NULL, 0, &made, &e) == 0)
		web_enroll_reply(call, rp, &made);
	else if (e.kind == ERR_FORBIDDEN)
		refuse_invite(call, rp, &e);
	else
		web_enroll_fail(call, rp, &e);
}

const struct web_target web_enroll_get = { GUARD_OPEN, get };
