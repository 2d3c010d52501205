/* Account-driven enrollment as HTTP. Who may sign in is enroll/login's. */
#include "web/web_account.h"

#include <string.h>

#include "auth/throttle.h"
#include "base/clk.h"
#include "base/enc.h"
#include "enroll/discovery.h"
#include "enroll/login.h"
#include "enroll/machineinfo.h"
#include "enroll/mobileconfig.h"
#include "web/login_page.h"
#include "web/web_api.h"

#define FORM_MAX ((size_t)16 << 10)
#define NAME_SHOWN 80
#define NAME_MAX_LEN 255

static struct enroll_context context(const struct web_call *call)
{
	return (struct enroll_context){ .store = call->store,
		.conf = call->conf, .now = call->rq->now,
		.arena = call->rq->arena };
}

static bool is_off(const struct web_call *call, struct reply *rp)
{
	if (call->conf->account_enrollment != CONF_ACCOUNT_OFF)
		return false;
	reply_text(rp, 404, "account-driven enrollment is off");
	return true;
}

static bool is_closed(const struct web_call *call, struct reply *rp)
{
	if (call->store != NULL)
		return false;
	web_fail(call, rp, call->closed, NULL);
	return true;
}

/* ---- discovery ---- */

static void discovery(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	(void)log;
	if (is_off(call, rp))
		return;
	reply_init(rp);
	rp->content_type = "application/json";
	rp->body = discovery_remote_management(call->conf, call->rq->arena);
}

/* ---- the profile ---- */

static void ask_to_sign_in(const struct web_call *call, struct reply *rp,
	const char *why)
{
	web_reason(call, why);
	reply_text(rp, 401, "sign in first");
	reply_header(rp, "WWW-Authenticate",
		login_challenge(call->conf, call->rq->arena));
	reply_header(rp, "Cache-Control", "no-store");
}

static int make_profile(const struct enroll_context *cx, const char *mode,
	const char *authorization, struct enroll_profile *out, struct err *e)
{
	struct profile_facts facts;
	struct bytes encoded;
	struct grant g;

	if (login_redeem(cx, authorization, &g, e) < 0 ||
		enroll_facts(cx, mode, g.account, &facts, e) < 0)
		return -1;
	encoded = profile_facts_encode(&facts, cx->arena);
	g.facts = encoded;
	return enroll_profile_make(cx, &g, &facts, 0, out, e);
}

static void profile(const struct web_call *call, const char *mode,
	enum conf_account_enrollment wanted, struct reply *rp,
	struct log_line *log)
{
	struct enroll_context cx = context(call);
	struct enroll_profile p;
	struct machineinfo mi;
	struct err e = ERR_INIT;

	if (is_off(call, rp) || is_closed(call, rp))
		return;
	if (call->conf->account_enrollment != wanted) {
		reply_text(rp, 404, "this kind of enrollment is off");
		return;
	}
	if (machineinfo_read(call->rq->body, MACHINEINFO_ACCOUNT, NULL,
		call->rq->arena, &mi, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_str(log, "product", mi.product);
	if (make_profile(&cx, mode, call->rq->authorization, &p, &e) < 0) {
		if (e.kind == ERR_UNAUTH)
			ask_to_sign_in(call, rp, e.msg);
		else
			web_fail(call, rp, &e, NULL);
		return;
	}
	reply_init(rp);
	rp->content_type = MOBILECONFIG_TYPE;
	rp->body = p.body;
	reply_header(rp, "Cache-Control", "no-store");
}

static void byod(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	profile(call, "BYOD", CONF_ACCOUNT_BYOD, rp, log);
}

static void adde(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	profile(call, "ADDE", CONF_ACCOUNT_ADDE, rp, log);
}

/* ---- signing in ---- */

static void page(const struct web_call *call, int status, const char *name,
	const char *trouble, struct reply *rp)
{
	struct login_page p = { .organization = call->conf->organization,
		.trouble = trouble };
	size_t n = name != NULL ? strlen(name) : 0;

	/* What is no name of anybody's is not shown again. */
	if (n <= NAME_MAX_LEN && str_is_utf8(name, n))
		p.name = name;
	reply_init(rp);
	rp->status = status;
	rp->content_type = "text/html; charset=utf-8";
	rp->body = login_page_html(&p, call->rq->arena);
	reply_header(rp, "Cache-Control", "no-store");
	reply_header(rp, "Content-Security-Policy", "default-src 'none'; "
		"style-src 'unsafe-inline'; base-uri 'none'; "
		"frame-ancestors 'none'; form-action 'self' "
		"apple-remotemanagement-user-login:");
	reply_header(rp, "Referrer-Policy", "no-referrer");
	reply_header(rp, "X-Content-Type-Options", "nosniff");
}

/* Devices write '+' as it is; an account has no blank. */
static const char *identifier(const struct web_call *call)
{
	struct arena *a = call->rq->arena;
	char *query = arena_alloc(a, 3 * strlen(call->rq->query) + 1);
	char *out = query;

	for (const char *p = call->rq->query; *p != '\0'; p++)
		if (*p == '+') {
			memcpy(out, "%2B", 3);
			out += 3;
		} else {
			*out++ = *p;
		}
	*out = '\0';
	return web_api_form(bytes_str(query), "user-identifier", a);
}

static void login(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	(void)log;
	if (!is_off(call, rp))
		page(call, 200, identifier(call), NULL, rp);
}

/* Keyboards of phones put a blank behind a word that they complete. */
static const char *typed_name(const struct web_call *call)
{
	struct arena *a = call->rq->arena;
	const char *name = web_api_form(call->rq->body, "name", a);
	size_t n;

	if (name == NULL)
		return NULL;
	name += strspn(name, " ");
	for (n = strlen(name); n > 0 && name[n - 1] == ' ';)
		n--;
	return arena_str(a, bytes_of(name, n));
}

/* Back to the device, which opened the page (Apple's simple flow). */
static void hand_back(const struct web_call *call, const char *token,
	struct reply *rp)
{
	reply_init(rp);
	rp->status = 308;
	reply_header(rp, "Location", arena_printf(call->rq->arena,
		"apple-remotemanagement-user-login://authentication-results"
		"?access-token=%s", token));
	reply_header(rp, "Cache-Control", "no-store");
}

static bool has_to_wait(const struct web_call *call, const char *name,
	struct reply *rp)
{
	unsigned wait = throttle_wait(call->throttle, call->rq->remote_addr,
		clk_mono_us());

	if (wait == 0)
		return false;
	web_reason(call, "too many failures from this address");
	page(call, 429, name, "Too many attempts. Please wait a minute.", rp);
	reply_header(rp, "Retry-After", arena_printf(call->rq->arena, "%u",
		wait));
	return true;
}

static void refuse(const struct web_call *call, const char *name,
	const struct err *e, struct reply *rp)
{
	web_reason(call, e->msg);
	if (e->kind != ERR_FORBIDDEN) {
		page(call, 503, name, e->kind == ERR_BUSY ? e->msg :
			"This does not work at the moment.", rp);
		reply_header(rp, "Retry-After", "10");
		return;
	}
	if (throttle_failed(call->throttle, call->rq->remote_addr,
		clk_mono_us()))
		log_msg(LOG_WARN, "login_throttled", "%s: too many failures",
			call->rq->remote_addr);
	page(call, 403, name, e->msg, rp);
}

static void signing_in(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct enroll_context cx = context(call);
	struct bytes form = call->rq->body;
	const char *name, *password, *token;
	struct err e = ERR_INIT;

	if (is_off(call, rp) || is_closed(call, rp))
		return;
	if (form.n > FORM_MAX) {
		err_set(&e, ERR_TOO_LARGE, "form larger than %zu bytes",
			FORM_MAX);
		web_fail(call, rp, &e, NULL);
		return;
	}
	name = typed_name(call);
	password = web_api_form(form, "password", call->rq->arena);
	if (name != NULL)
		log_str(log, "account", op_line(bytes_str(name), NAME_SHOWN,
			call->rq->arena));
	if (has_to_wait(call, name, rp))
		return;
	if (login_password(&cx, name, bytes_str(password != NULL ? password :
		""), &token, &e) < 0)
		refuse(call, name, &e, rp);
	else
		hand_back(call, token, rp);
}

const struct web_target web_account_discovery = { GUARD_NONE, discovery };
const struct web_target web_account_byod = { GUARD_OPEN, byod };
const struct web_target web_account_adde = { GUARD_OPEN, adde };
const struct web_target web_account_login = { GUARD_NONE, login };
const struct web_target web_account_signing_in = { GUARD_OPEN, signing_in };
