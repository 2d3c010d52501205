/* What stands before a handler: is the store there, and who is it. */
#include "web/guard.h"

#include "web/web_api.h"

static bool device(struct backend *b, struct web_call *call, struct reply *rp)
{
	const struct request *rq = call->rq;
	struct identity *who = arena_zalloc(rq->arena, sizeof(*who));
	struct devauth *da;
	struct err e = ERR_INIT;

	if (backend_get(b, call->conf, rq->now, rq->started_us, &call->store,
		&da, &e) != 0) {
		web_fail(call, rp, &e, NULL);
		return false;
	}
	if (devauth_identify(da, call->store, call->conf, rq, who, &e) != 0) {
		web_fail(call, rp, &e,
			e.kind == ERR_BAD_INPUT ? "identity" : NULL);
		return false;
	}
	call->who = who;
	return true;
}

/* As NanoMDM: one line of text, the same whatever was wrong. */
static void unauthorized(const struct web_call *call, struct reply *rp,
	const char *why)
{
	web_reason(call, why);
	reply_text(rp, 401, "Unauthorized");
	reply_header(rp, "WWW-Authenticate", "Basic realm=\"mooring\"");
}

/* 429 rather than 503: it is the caller who has to change something, and
 * whoever watches for 503 is not woken by a script with an old token. */
static void too_many(const struct web_call *call, struct reply *rp,
	const struct err *e, const struct adminauth_refusal *r)
{
	web_fail(call, rp, e, "throttled");
	web_reason(call, r->why);
	rp->status = 429;
	rp->n_headers = 0;
	reply_header(rp, "Retry-After", arena_printf(call->rq->arena, "%u",
		r->wait));
}

static bool takes_query(const struct web_call *call, struct reply *rp)
{
	struct err e = ERR_INIT;

	if (web_api_query_is_good(call->rq->query, call->rq->arena))
		return true;
	err_set(&e, ERR_BAD_INPUT, "query: a bad %% escape, or NUL");
	web_fail(call, rp, &e, NULL);
	return false;
}

static bool admin(struct backend *b, enum token_scope needed,
	struct web_call *call, struct reply *rp)
{
	const struct request *rq = call->rq;
	struct adminauth_refusal r;
	struct token *token;
	struct devauth *da;
	struct err e = ERR_INIT;

	if (backend_get(b, call->conf, rq->now, rq->started_us, &call->store,
		&da, &e) != 0) {
		web_fail(call, rp, &e, NULL);
		return false;
	}
	if (adminauth_identify(backend_adminauth(b), call->store, rq, needed,
		&token, &r, &e) == 0) {
		call->token = token;
		call->pusher = backend_pusher(b);
		return takes_query(call, rp);
	}
	if (r.wait > 0)
		too_many(call, rp, &e, &r);
	else
		web_fail(call, rp, &e, NULL);
	if (e.kind == ERR_UNAUTH)
		unauthorized(call, rp, r.why);
	return false;
}

static void open_to_all(struct backend *b, struct web_call *call)
{
	const struct request *rq = call->rq;
	struct devauth *da;
	struct err e = ERR_INIT;

	call->throttle = backend_throttle(b);
	call->apple_ca = backend_apple_ca(b);
	if (backend_get(b, call->conf, rq->now, rq->started_us, &call->store,
		&da, &e) != 0)
		call->closed = arena_memdup(rq->arena, &e, sizeof(e));
}

bool guard_pass(enum web_guard guard, struct backend *b, struct web_call *call,
	struct reply *rp)
{
	switch (guard) {
	case GUARD_NONE:
		return true;
	case GUARD_OPEN:
		open_to_all(b, call);
		return true;
	case GUARD_DEVICE:
		return device(b, call, rp);
	case GUARD_READ:
		return admin(b, TOKEN_READ, call, rp);
	case GUARD_COMMAND:
		return admin(b, TOKEN_COMMAND, call, rp);
	case GUARD_ADMIN:
		return admin(b, TOKEN_ADMIN, call, rp);
	}
	return false;
}
