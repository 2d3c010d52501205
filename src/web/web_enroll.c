/* The enrollment profile over HTTP: who may have it, and how it is sent. */
#include "web/web_enroll.h"

static void refuse(const struct web_call *call, struct reply *rp,
	const char *reason, const char *text)
{
	call->fault->kind = "refused";
	web_reason(call, reason);
	reply_text(rp, 403, text);
}

static void get(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	(void)log;
	if (call->store == NULL) {
		web_fail(call, rp, call->closed, NULL);
		return;
	}
	refuse(call, rp, "no profile for this caller",
		"This server hands out no enrollment profile here.");
}

const struct web_target web_enroll_get = { GUARD_OPEN, get };
