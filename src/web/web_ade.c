/* Automated Device Enrollment over HTTP. */
#include "web/web_ade.h"

#include "admin/op.h"
#include "enroll/apple_ca.h"
#include "enroll/machineinfo.h"
#include "enroll/policy.h"
#include "web/web_enroll.h"

#define SHOWN 80	/* of what a device says, in the log */

/* ---- who is it ---- */

static int read_info(const struct web_call *call, const char *header,
	struct machineinfo *out, struct err *e)
{
	struct arena *a = call->rq->arena;
	const struct trust *apple;

	if (apple_ca_get(call->apple_ca, call->conf, call->rq->now, a, &apple,
		e) < 0)
		return -1;
	if (header != NULL)
		return machineinfo_read_header(header, apple, a, out, e);
	return machineinfo_read(call->rq->body, MACHINEINFO_ADE, apple, a, out,
		e);
}

/* Only where Apple vouches for them: what a grant names comes into the
 * certificate, and is shown to operators as a fact. */
static struct grant grant_of(const struct machineinfo *mi)
{
	if (mi->verified)
		return (struct grant){ .source = GRANT_ADE, .udid = mi->udid,
			.serial = mi->serial };
	return (struct grant){ .source = GRANT_ADE_UNVERIFIED };
}

/* ---- what it gets ---- */

struct judging {
	const struct web_call *call;
	const struct machineinfo *mi;
	struct policy *out;
};

static int judge_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct judging *j = arg;

	return policy_judge(tx, j->call->conf, j->mi, j->call->rq->arena,
		j->out, e);
}

static void refuse(const struct web_call *call, const struct policy *p,
	struct reply *rp)
{
	reply_init(rp);
	rp->status = 403;
	rp->body = policy_body(p, call->conf->error_format, call->rq->arena,
		&rp->content_type);
	reply_header(rp, "Cache-Control", "no-store");
	call->fault->kind = "refused";
}

static void tell(const struct web_call *call, const struct machineinfo *mi,
	struct log_line *log)
{
	const struct {
		const char *key, *text;
	} rows[] = {
		{ "udid", mi->udid }, { "serial", mi->serial },
		{ "product", mi->product }, { "build", mi->version },
		{ "os_version", mi->os_version },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].text != NULL)
			log_str(log, rows[i].key, op_line(bytes_str(
				rows[i].text), SHOWN, call->rq->arena));
	log_str(log, "verified", mi->verified ? "yes" : "no");
}

static int give(const struct web_call *call, const char *header,
	struct reply *rp, struct log_line *log, struct err *e)
{
	struct enroll_context cx = web_enroll_context(call);
	struct judging j = { .call = call };
	struct enroll_profile made;
	struct machineinfo mi;
	struct policy p;
	struct grant g;

	if (read_info(call, header, &mi, e) < 0)
		return -1;
	tell(call, &mi, log);
	j.mi = &mi;
	j.out = &p;
	if (store_read(call->store, judge_tx, &j, e) < 0)
		return -1;
	if (p.reason != NULL)
		web_reason(call, p.reason);
	if (p.answer != POLICY_ACCEPT) {
		refuse(call, &p, rp);
		return 0;
	}
	g = grant_of(&mi);
	log_str(log, "grant", grant_source_name(g.source));
	/* Whoever only asks what would come gets no challenge made. */
	made.body = bytes_of(NULL, 0);
	if (call->rq->method != HTTP_HEAD &&
		enroll_profile_make(&cx, &g, NULL, 0, &made, e) < 0)
		return -1;
	web_enroll_reply(call, rp, &made);
	return 0;
}

static void answer(const struct web_call *call, const char *header,
	struct reply *rp, struct log_line *log)
{
	struct err e = ERR_INIT;

	if (call->store == NULL)
		web_fail(call, rp, call->closed, NULL);
	else if (give(call, header, rp, log, &e) == 0)
		return;
	else if (e.kind == ERR_FORBIDDEN)
		web_enroll_refuse(call, rp, e.msg, "this device is not known "
			"to be made by Apple");
	else
		web_enroll_fail(call, rp, &e);
}

static void post(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	answer(call, NULL, rp, log);
}

bool web_ade_get(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	if (call->rq->deviceinfo == NULL)
		return false;
	answer(call, call->rq->deviceinfo, rp, log);
	return true;
}

const struct web_target web_ade_post = { GUARD_OPEN, post };
