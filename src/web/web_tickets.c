/* Challenges, invites and profiles in the admin API. */
#include "web/web_tickets.h"

#include "admin/op_json.h"
#include "admin/op_profile.h"
#include "enroll/mobileconfig.h"
#include "web/web_api.h"

/* ---- reading ---- */

static int take_text(const struct json *body, const char *key,
	const char **out, struct err *e)
{
	if (json_get(body, key) == NULL)
		return 0;
	*out = json_get_str(body, key);
	return *out != NULL ? 0 : err_set(e, ERR_BAD_INPUT,
		"%s: expected a string", key);
}

static int take_flag(const struct json *body, const char *key, bool *out,
	struct err *e)
{
	if (json_get(body, key) == NULL || json_get_bool(body, key, out))
		return 0;
	return err_set(e, ERR_BAD_INPUT, "%s: expected true or false", key);
}

static int take_new(const struct web_call *call, const struct json *body,
	struct op_ticket_new *out, struct err *e)
{
	int64_t now = call->rq->now, expires = 0;

	*out = (struct op_ticket_new){ .ttl = 0 };
	if (take_text(body, "serial", &out->serial, e) < 0 ||
		take_text(body, "udid", &out->udid, e) < 0 ||
		take_text(body, "account", &out->account, e) < 0 ||
		web_api_get_time(body, "expires", now, &expires, e) < 0)
		return -1;
	if (expires == 0)
		return 0;
	if (expires <= now)
		return err_set(e, ERR_BAD_INPUT, "expires: has passed already");
	out->ttl = expires - now;
	return 0;
}

/* No body is an empty object: for any device. */
static int read_body(const struct web_call *call, const char *const *keys,
	struct json **body, struct err *e)
{
	if (call->rq->body.n == 0) {
		*body = json_new_object(call->rq->arena);
		return 0;
	}
	return web_api_body(call, body, e) < 0 ? -1 :
		web_api_keys(*body, keys, e);
}

static int read_new(const struct web_call *call, struct op_ticket_new *out,
	struct err *e)
{
	static const char *const keys[] = { "serial", "udid", "account",
		"expires", NULL };
	struct json *body;

	if (read_body(call, keys, &body, e) < 0)
		return -1;
	return take_new(call, body, out, e);
}

/* ---- tickets ---- */

static int list(const struct web_call *call, struct reply *rp,
	enum ticket_kind kind, const char *key, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, key);
	struct bytes cursor, next;
	struct ticket **tickets;
	size_t limit, n;

	if (web_api_limit(call, &limit, e) < 0 ||
		web_api_cursor(call, &cursor, e) < 0 ||
		op_ticket_list(&op, kind, cursor, limit, a, &tickets, &n,
			&next, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		op_json_ticket(json_add_object(items), tickets[i], op.now, a);
	web_api_set_cursor(call, root, next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

static void show_new(const struct web_call *call, struct reply *rp,
	const char *key, const char *secret, const struct ticket *t)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);

	json_set_str(root, key, secret);
	op_json_ticket(root, t, call->rq->now, a);
	web_api_reply(call, rp, 201, root);
	reply_header(rp, "Cache-Control", "no-store");
}

static int revoke(const struct web_call *call, struct reply *rp,
	enum ticket_kind kind, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct bytes hash;

	if (web_api_arg(call, 0, &hash, e) < 0 || op_ticket_revoke(&op, kind,
		arena_str(a, hash), a, NULL, e) < 0)
		return -1;
	web_api_done(rp);
	return 0;
}

static int list_challenges(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return list(call, rp, TICKET_CHALLENGE, "challenges", e);
}

static int list_invites(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return list(call, rp, TICKET_INVITE, "invites", e);
}

static int new_challenge(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct op_ticket_new in;
	struct ticket *t;
	const char *text;

	if (read_new(call, &in, e) < 0 || op_challenge_new(&op, &in,
		call->rq->arena, &text, &t, e) < 0)
		return -1;
	show_new(call, rp, "challenge", text, t);
	return 0;
}

static int new_invite(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct op_ticket_new in;
	struct ticket *t;
	const char *url;

	if (read_new(call, &in, e) < 0 || op_invite_new(&op, &in,
		call->rq->arena, &url, &t, e) < 0)
		return -1;
	show_new(call, rp, "url", url, t);
	return 0;
}

static int revoke_challenge(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return revoke(call, rp, TICKET_CHALLENGE, e);
}

static int revoke_invite(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	return revoke(call, rp, TICKET_INVITE, e);
}

/* ---- the profile ---- */

static int new_profile(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	static const char *const keys[] = { "serial", "udid", "account",
		"expires", "mode", "unsigned", "without_challenge", NULL };
	struct op op = web_api_op(call);
	struct op_profile_new in = { .mode = NULL };
	struct enroll_profile p;
	struct json *body;

	if (read_body(call, keys, &body, e) < 0 ||
		take_new(call, body, &in.grant, e) < 0 ||
		take_text(body, "mode", &in.mode, e) < 0 ||
		take_flag(body, "unsigned", &in.without_signature, e) < 0 ||
		take_flag(body, "without_challenge", &in.without_challenge,
			e) < 0 ||
		op_profile_new(&op, &in, call->rq->arena, &p, e) < 0)
		return -1;
	reply_init(rp);
	rp->content_type = MOBILECONFIG_TYPE;
	rp->body = p.body;
	reply_header(rp, "Cache-Control", "no-store");
	return 0;
}

WEB_API_TARGET(web_challenges_list, GUARD_READ, list_challenges);
WEB_API_TARGET(web_challenges_new, GUARD_ADMIN, new_challenge);
WEB_API_TARGET(web_challenges_revoke, GUARD_ADMIN, revoke_challenge);
WEB_API_TARGET(web_invites_list, GUARD_READ, list_invites);
WEB_API_TARGET(web_invites_new, GUARD_ADMIN, new_invite);
WEB_API_TARGET(web_invites_revoke, GUARD_ADMIN, revoke_invite);
WEB_API_TARGET(web_profile_new, GUARD_ADMIN, new_profile);
