/* The guard and the allowlist in the admin API. */
#include "web/web_access.h"

#include "admin/op_json.h"
#include "web/web_api.h"

/* ---- the guard ---- */

static int guard(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct op op = web_api_op(call);
	struct json *root = json_new_object(call->rq->arena);
	struct op_guard g;

	if (op_guard_show(&op, call->rq->arena, &g, e) < 0)
		return -1;
	op_json_guard(root, &g);
	web_api_object(call, rp, root);
	return 0;
}

/* Says how it was. */
static int release(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct json *root = json_new_object(call->rq->arena);
	struct op_guard was;

	if (op_guard_release(&op, call->rq->arena, &was, e) < 0)
		return -1;
	op_json_guard(root, &was);
	json_set_bool(root, "released", true);
	web_api_reply(call, rp, 200, root);
	return 0;
}

/* ---- the allowlist ---- */

static int allowed(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "allowed");
	struct op_allowed page;
	struct bytes cursor;
	size_t limit;

	if (web_api_limit(call, &limit, e) < 0 ||
		web_api_cursor(call, &cursor, e) < 0 ||
		op_allow_list(&op, cursor, limit, a, &page, e) < 0)
		return -1;
	for (size_t i = 0; i < page.n; i++)
		op_json_allowed(json_add_object(items), &page.list[i], a);
	web_api_set_cursor(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

/* Adds what a list of the body names to items, which has room for
 * OP_ALLOW_MAX. */
static int take_list(const struct json *body, const char *key,
	enum store_allow kind, struct op_allow *items, size_t *n,
	struct err *e)
{
	const struct json *list = json_get(body, key);

	if (list == NULL)
		return 0;
	if (json_kind(list) != JSON_KIND_ARRAY)
		return err_set(e, ERR_BAD_INPUT, "%s: expected an array", key);
	for (size_t i = 0; i < json_len(list); i++) {
		const char *s = json_as_str(json_at(list, i));

		if (s == NULL)
			return err_set(e, ERR_BAD_INPUT,
				"%s[%zu]: expected a string", key, i);
		if (*n == OP_ALLOW_MAX)
			return err_set(e, ERR_TOO_LARGE,
				"more than %d at once", OP_ALLOW_MAX);
		items[(*n)++] = (struct op_allow){ .kind = kind,
			.value = bytes_str(s) };
	}
	return 0;
}

static int allow(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	static const char *const keys[] = { "serials", "udids", NULL };
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a), *list, *body, *o;
	struct op_allow *items = arena_zalloc(a,
		OP_ALLOW_MAX * sizeof(*items));
	size_t n = 0;

	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		take_list(body, "serials", STORE_ALLOW_SERIAL, items, &n,
			e) < 0 ||
		take_list(body, "udids", STORE_ALLOW_UDID, items, &n, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, ERR_BAD_INPUT, "serials, udids: none given");
	if (op_allow_add(&op, items, n, e) < 0)
		return -1;
	list = json_set_array(root, "allow");
	for (size_t i = 0; i < n; i++) {
		o = json_add_object(list);
		json_set_str(o, "kind", op_allow_kind_name(items[i].kind));
		op_json_bytes(o, "value", items[i].value, a);
		json_set_bool(o, "changed", items[i].changed);
	}
	web_api_reply(call, rp, 200, root);
	return 0;
}

static int disallow(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct op op = web_api_op(call);
	struct op_allow item = { .kind = STORE_ALLOW_SERIAL };
	struct bytes kind;

	if (web_api_arg(call, 0, &kind, e) < 0 ||
		web_api_arg(call, 1, &item.value, e) < 0)
		return -1;
	if (bytes_is(kind, op_allow_kind_name(STORE_ALLOW_UDID)))
		item.kind = STORE_ALLOW_UDID;
	else if (!bytes_is(kind, op_allow_kind_name(STORE_ALLOW_SERIAL)))
		return err_set(e, ERR_NOT_FOUND, "use serial or udid");
	if (op_allow_remove(&op, &item, 1, e) < 0)
		return -1;
	if (!item.changed)
		return err_set(e, ERR_NOT_FOUND, "it is not on the list");
	web_api_done(rp);
	return 0;
}

WEB_API_TARGET(web_access_guard, GUARD_READ, guard);
WEB_API_TARGET(web_access_release, GUARD_ADMIN, release);
WEB_API_TARGET(web_access_allowed, GUARD_READ, allowed);
WEB_API_TARGET(web_access_allow, GUARD_ADMIN, allow);
WEB_API_TARGET(web_access_disallow, GUARD_ADMIN, disallow);
