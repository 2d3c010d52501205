/* Webhooks in the admin API. */
#include "web/web_webhooks.h"

#include <string.h>

#include "admin/op_json.h"
#include "model/token.h"
#include "web/web_api.h"

/* Whoever knows the path or the query of some receivers' URLs may post to
 * them: only who could change it sees more than the host. */
static void hide_url(const struct web_call *call, struct webhook *hook)
{
	const char *host = strstr(hook->url, "://");
	size_t n;

	if (token_scope_covers(call->token->scope, TOKEN_ADMIN) ||
		host == NULL)
		return;
	host += strlen("://");
	n = strcspn(host, "/?");
	if (host[n] != '\0' && !str_eq(host + n, "/"))
		hook->url = arena_printf(call->rq->arena, "%.*s/…",
			(int)(host + n - hook->url), hook->url);
}

static int list(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "webhooks");
	struct op_webhook *hooks;
	size_t n;

	if (op_webhook_list(&op, a, &hooks, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		hide_url(call, hooks[i].hook);
		op_json_webhook(json_add_object(items), &hooks[i], op.now, a);
	}
	web_api_reply(call, rp, 200, root);
	return 0;
}

/* The webhook in the path. */
static int name_of(const struct web_call *call, const char **out,
	struct err *e)
{
	struct bytes name;

	if (web_api_arg(call, 0, &name, e) < 0)
		return -1;
	*out = arena_str(call->rq->arena, name);
	return 0;
}

static int get(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct op_webhook w;
	const char *name;

	if (name_of(call, &name, e) < 0 ||
		op_webhook_get(&op, name, a, &w, e) < 0)
		return -1;
	hide_url(call, w.hook);
	op_json_webhook(root, &w, op.now, a);
	web_api_object(call, rp, root);
	return 0;
}

/* ---- changing ---- */

static int bad(const char *key, const char *what, struct err *e)
{
	return err_set(e, ERR_BAD_INPUT, "%s: expected %s", key, what);
}

static int take_text(const struct json *body, const char *key,
	const char **out, struct err *e)
{
	if (json_get(body, key) == NULL)
		return 0;
	*out = json_get_str(body, key);
	return *out != NULL ? 0 : bad(key, "a string", e);
}

/* *out is left alone when absent; else it points to *value. */
static int take_flag(const struct json *body, const char *key, bool *value,
	const bool **out, struct err *e)
{
	if (json_get(body, key) == NULL)
		return 0;
	*out = value;
	return json_get_bool(body, key, value) ? 0 :
		bad(key, "true or false", e);
}

/* A list becomes the filter's text; none: all. */
static int take_topics(const struct json *body, struct arena *a,
	const char **out, struct err *e)
{
	const struct json *list = json_get(body, "topics");
	char *s = arena_strdup(a, "");

	if (list == NULL)
		return 0;
	if (json_kind(list) != JSON_KIND_ARRAY || json_len(list) > 64)
		return bad("topics", "an array of at most 64 topics", e);
	for (size_t i = 0; i < json_len(list); i++) {
		const char *topic = json_as_str(json_at(list, i));

		if (topic == NULL || *topic == '\0' ||
			strchr(topic, ',') != NULL)
			return bad("topics", "an array of topics", e);
		s = arena_printf(a, "%s%s%s", s, i > 0 ? "," : "", topic);
	}
	*out = s;
	return 0;
}

struct wish {
	struct op_webhook_set set;
	bool idle, paused;
	const char *made;	/* a key that is to be shown */
};

static int take_key(const struct json *body, bool is_new, struct arena *a,
	struct wish *w, struct err *e)
{
	bool make = false;

	if (take_text(body, "key", &w->set.key, e) < 0)
		return -1;
	if (json_get(body, "new_key") != NULL &&
		!json_get_bool(body, "new_key", &make))
		return bad("new_key", "true or false", e);
	if (make && w->set.key != NULL)
		return err_set(e, ERR_BAD_INPUT,
			"key and new_key exclude each other");
	if (make || (is_new && w->set.key == NULL))
		w->set.key = w->made = op_webhook_key(a);
	return 0;
}

static int take(const struct web_call *call, bool is_new, struct wish *w,
	struct err *e)
{
	static const char *const keys[] = { "name", "url", "topics", "idle",
		"paused", "key", "new_key", NULL };
	struct arena *a = call->rq->arena;
	struct json *body;

	*w = (struct wish){ .made = NULL };
	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		take_text(body, "name", &w->set.name, e) < 0 ||
		take_text(body, "url", &w->set.url, e) < 0 ||
		take_topics(body, a, &w->set.topics, e) < 0 ||
		take_flag(body, "idle", &w->idle, &w->set.idle, e) < 0 ||
		take_flag(body, "paused", &w->paused, &w->set.paused, e) < 0)
		return -1;
	return take_key(body, is_new, a, w, e);
}

static void show(const struct web_call *call, struct reply *rp, int status,
	const struct op_webhook *w, const char *made)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);

	op_json_webhook(root, w, call->rq->now, a);
	json_set_str(root, "key", made);
	web_api_reply(call, rp, status, root);
}

static int add(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct op op = web_api_op(call);
	struct op_webhook out;
	struct wish w;

	if (take(call, true, &w, e) < 0 || op_webhook_new(&op, &w.set,
		call->rq->arena, &out, e) < 0)
		return -1;
	show(call, rp, 201, &out, w.made);
	return 0;
}

static int set(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct op op = web_api_op(call);
	struct op_webhook out;
	const char *name;
	struct wish w;

	if (name_of(call, &name, e) < 0 || take(call, false, &w, e) < 0 ||
		op_webhook_change(&op, name, &w.set, call->rq->arena, &out,
			e) < 0)
		return -1;
	show(call, rp, 200, &out, w.made);
	return 0;
}

static int forget(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	const char *name;

	if (name_of(call, &name, e) < 0 ||
		op_webhook_remove(&op, name, call->rq->arena, e) < 0)
		return -1;
	web_api_done(rp);
	return 0;
}

static int replay(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct json *root = json_new_object(call->rq->arena);
	const char *name;
	uint64_t n;

	if (name_of(call, &name, e) < 0 || op_event_replay_all(&op, name, &n,
		call->rq->arena, e) < 0)
		return -1;
	json_set_int(root, "queued", (int64_t)n);
	web_api_reply(call, rp, 200, root);
	return 0;
}

WEB_API_TARGET(web_webhooks_list, GUARD_READ, list);
WEB_API_TARGET(web_webhooks_add, GUARD_ADMIN, add);
WEB_API_TARGET(web_webhooks_get, GUARD_READ, get);
WEB_API_TARGET(web_webhooks_set, GUARD_ADMIN, set);
WEB_API_TARGET(web_webhooks_remove, GUARD_ADMIN, forget);
WEB_API_TARGET(web_webhooks_replay, GUARD_COMMAND, replay);
