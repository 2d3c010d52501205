/* /v1/enrollments/query: enrollments by what they are. */
#include "web/web_query.h"

#include "admin/op_query.h"
#include "base/enc.h"
#include "crypto/cert.h"
#include "model/token.h"
#include "web/web_api.h"

#define LIMIT_MAX 10000
#define NEVER "0001-01-01T00:00:00Z"	/* Go's zero time */

/* ---- the question ---- */

/* null counts as absent, as it does to who writes these. */
static const struct json *given(const struct json *obj, const char *key)
{
	const struct json *v = json_get(obj, key);

	return json_kind(v) == JSON_KIND_NULL ? NULL : v;
}

static int get_list(const struct web_call *call, const struct json *obj,
	const char *key, struct bytes **out, size_t *n, struct err *e)
{
	const struct json *list = given(obj, key);
	struct bytes *all;

	*n = 0;
	if (list == NULL)
		return 0;
	if (json_kind(list) != JSON_KIND_ARRAY)
		return err_set(e, ERR_BAD_INPUT, "filter.%s: expected an array",
			key);
	all = arena_alloc(call->rq->arena, json_len(list) * sizeof(*all));
	for (size_t i = 0; i < json_len(list); i++) {
		const char *text = json_as_str(json_at(list, i));

		if (text == NULL)
			return err_set(e, ERR_BAD_INPUT,
				"filter.%s[%zu]: expected a string", key, i);
		all[i] = bytes_str(text);
	}
	*out = all;
	*n = json_len(list);
	return 0;
}

static int get_bool(const struct json *obj, const char *where,
	const char *key, bool *has, bool *out, struct err *e)
{
	const struct json *v = given(obj, key);

	*has = v != NULL;
	if (v == NULL || json_get_bool(obj, key, out))
		return 0;
	return err_set(e, ERR_BAD_INPUT, "%s.%s: expected true or false",
		where, key);
}

static int get_types(const struct web_call *call, const struct json *filter,
	struct op_query *q, struct err *e)
{
	struct bytes *types;
	size_t n;

	if (get_list(call, filter, "types", &types, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		enum enrollment_kind k;

		if (!enrollment_kind_parse(types[i], &k))
			return err_set(e, ERR_BAD_INPUT,
				"filter.types[%zu]: no such type", i);
		q->kinds |= 1u << k;
	}
	return 0;
}

static int get_filter(const struct web_call *call, const struct json *filter,
	struct op_query *q, struct err *e)
{
	static const char *const keys[] = { "ids", "serials",
		"user_short_names", "types", "enabled", NULL };

	if (filter == NULL)
		return 0;
	if (json_kind(filter) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT, "filter: expected an object");
	if (web_api_keys(filter, keys, e) < 0)
		return err_wrap(e, "filter");
	if (get_list(call, filter, "ids", &q->ids, &q->n_ids, e) < 0 ||
		get_list(call, filter, "serials", &q->serials, &q->n_serials,
			e) < 0 ||
		get_list(call, filter, "user_short_names",
			&q->user_short_names, &q->n_user_short_names, e) < 0)
		return -1;
	return get_types(call, filter, q, e) < 0 ? -1 : get_bool(filter,
		"filter", "enabled", &q->has_enabled, &q->enabled, e);
}

static int get_options(const struct web_call *call,
	const struct json *options, struct op_query *q, struct err *e)
{
	static const char *const keys[] = { "include_device_cert",
		"include_unlock_token", NULL };
	bool has;

	if (options == NULL)
		return 0;
	if (json_kind(options) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT, "options: expected an object");
	if (web_api_keys(options, keys, e) < 0)
		return err_wrap(e, "options");
	if (get_bool(options, "options", keys[0], &has, &q->device_cert,
		e) < 0 || get_bool(options, "options", keys[1], &has,
		&q->unlock_token, e) < 0)
		return -1;
	if ((q->device_cert || q->unlock_token) &&
		!token_scope_covers(call->token->scope, TOKEN_ADMIN))
		return err_set(e, ERR_FORBIDDEN,
			"options: token %s has scope %s; these need admin",
			call->token->name,
			token_scope_name(call->token->scope));
	return 0;
}

/* Empty counts as absent, as to NanoMDM. */
static bool is_given(const struct web_call *call, const char *name)
{
	const char *v = web_api_query(call, name);

	return v != NULL && *v != '\0';
}

static int get_number(const struct web_call *call, const char *name,
	uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
	return is_given(call, name) ?
		web_api_u64(call, name, min, max, out, e) : 0;
}

static int get_page(const struct web_call *call, struct op_query *q,
	struct err *e)
{
	uint64_t limit = WEB_API_PAGE;

	if (get_number(call, "limit", 1, LIMIT_MAX, &limit, e) < 0 ||
		get_number(call, "offset", 0, UINT32_MAX, &q->offset, e) < 0 ||
		web_api_cursor_u64(call, &q->after, e) < 0)
		return -1;
	q->limit = (size_t)limit;
	q->by_offset = is_given(call, "offset");
	if (q->after != 0 && q->by_offset)
		return err_set(e, ERR_BAD_INPUT,
			"offset and cursor exclude each other");
	return 0;
}

static int get_query(const struct web_call *call, struct op_query *q,
	struct err *e)
{
	static const char *const keys[] = { "filter", "options", NULL };
	struct json *body;

	*q = (struct op_query){ 0 };
	if (get_page(call, q, e) < 0)
		return -1;
	if (call->rq->body.n == 0)
		return 0;
	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0)
		return -1;
	return get_filter(call, given(body, "filter"), q, e) < 0 ? -1 :
		get_options(call, given(body, "options"), q, e);
}

/* ---- the answer ---- */

static void add_device(const struct web_call *call, struct json *o,
	const struct op_queried *it)
{
	struct json *device = json_set_object(o, "device");
	struct arena *a = call->rq->arena;
	struct err ignored = ERR_INIT;	/* what is no certificate is left out */
	struct cert *cert;

	json_set_str(device, "serial_number", it->serial);
	if (it->device_cert.p != NULL &&
		cert_from_der(it->device_cert, a, &cert, &ignored) == 0)
		json_set_str(device, "device_cert", cert_pem(cert, a));
	if (it->unlock_token.p != NULL)
		json_set_str(device, "unlock_token",
			enc_base64(a, it->unlock_token));
}

static void add(const struct web_call *call, struct json *list,
	const struct op_queried *it)
{
	const struct enrollment *en = it->en;
	struct json *o = json_add_object(list), *user;

	web_api_set_bytes(call, o, "id",
		enrollment_id_text(&en->id, call->rq->arena));
	json_set_str(o, "type", enrollment_kind_name(en->id.kind));
	add_device(call, o, it);
	if (en->user_short_name != NULL || en->user_long_name != NULL) {
		user = json_set_object(o, "user");
		json_set_str(user, "user_short_name", en->user_short_name);
		json_set_str(user, "user_long_name", en->user_long_name);
	}
	json_set_bool(o, "enabled", en->state == ENROLLMENT_ENABLED);
	json_set_int(o, "token_update_tally", (int64_t)en->tally);
	json_set_str(o, "last_seen", NEVER);
	web_api_set_time(o, "last_seen", en->last_seen);
}

static void query(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct json *root, *list;
	struct op_query_page page;
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct op_query q;

	if (get_query(call, &q, &e) < 0 ||
		op_query(&op, &q, call->rq->arena, &page, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	root = json_new_object(call->rq->arena);
	list = json_set_array(root, "enrollments");
	for (size_t i = 0; i < page.n; i++)
		add(call, list, &page.list[i]);
	/* Who pages by offset goes on by offset. */
	if (!q.by_offset)
		web_api_set_cursor_u64(call, root, page.next);
	log_u64(log, "enrollments", page.n);
	web_api_reply(call, rp, 200, root);
}

const struct web_target web_query = { GUARD_READ, query };
