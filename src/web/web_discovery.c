/* Service configuration, anchor certificates, the trust profile. */
#include "web/web_discovery.h"

#include "enroll/discovery.h"
#include "enroll/mobileconfig.h"
#include "web/web_enroll.h"

static bool anchors_of(const struct web_call *call, struct cert ***out,
	size_t *n, struct reply *rp)
{
	struct err e = ERR_INIT;

	reply_init(rp);
	if (enroll_anchors(call->conf, call->rq->arena, out, n, &e) == 0)
		return true;
	web_enroll_fail(call, rp, &e);
	return false;
}

static void config(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct cert **list;
	size_t n;

	(void)log;
	if (!anchors_of(call, &list, &n, rp))
		return;
	rp->content_type = "application/json; charset=UTF8";
	rp->body = discovery_service_config(call->conf, n > 0,
		call->rq->arena);
}

static void anchors(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct cert **list;
	size_t n;

	(void)log;
	if (!anchors_of(call, &list, &n, rp))
		return;
	rp->content_type = "application/json; charset=UTF8";
	rp->body = discovery_anchors(list, n, call->rq->arena);
}

static void trust(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	const struct conf *conf = call->conf;
	struct cert **list;
	size_t n;

	(void)log;
	if (!anchors_of(call, &list, &n, rp))
		return;
	if (n == 0) {
		reply_text(rp, 404, "this server needs no trust profile");
		return;
	}
	rp->content_type = MOBILECONFIG_TYPE;
	rp->body = mobileconfig_trust(arena_printf(call->rq->arena, "%s.trust",
		conf->profile_identifier), conf->profile_name,
		conf->organization, (const struct cert *const *)list, n,
		call->rq->arena);
}

const struct web_target web_discovery_config = { GUARD_NONE, config };
const struct web_target web_discovery_anchors = { GUARD_NONE, anchors };
const struct web_target web_discovery_trust = { GUARD_NONE, trust };
