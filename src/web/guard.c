/* What stands before a handler: is the store there, and who is it. */
#include "web/guard.h"

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

bool guard_pass(enum web_guard guard, struct backend *b, struct web_call *call,
	struct reply *rp)
{
	switch (guard) {
	case GUARD_NONE:
		return true;
	case GUARD_DEVICE:
		return device(b, call, rp);
	case GUARD_READ:
	case GUARD_COMMAND:
	case GUARD_ADMIN:
		break;	/* no route has them yet */
	}
	return false;
}
