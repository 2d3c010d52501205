/* The version, for tools that ask who they are talking to. */
#include "web/web_version.h"

static void version(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	(void)call;
	(void)log;
	reply_init(rp);
	rp->content_type = "application/json";
	rp->body = bytes_str("{\"version\":\"" PACKAGE_VERSION "\"}");
}

const struct web_target web_version = { GUARD_NONE, version };
