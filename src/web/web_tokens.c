/* The API's own tokens: decode, call op_token, encode. */
#include "web/web_tokens.h"

#include "admin/op_json.h"
#include "web/web_api.h"

static void list(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct json *root = json_new_object(call->rq->arena);
	struct json *items = json_set_array(root, "tokens");
	struct op op = web_api_op(call);
	struct op_tokens page;
	struct err e = ERR_INIT;
	uint64_t after;
	size_t limit;

	(void)log;
	if (web_api_limit(call, &limit, &e) < 0 ||
		web_api_cursor_u64(call, &after, &e) < 0 ||
		op_token_list(&op, after, limit, call->rq->arena, &page,
			&e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	for (size_t i = 0; i < page.n; i++)
		op_json_token(json_add_object(items), page.list[i], op.now);
	web_api_set_cursor_u64(call, root, page.next);
	web_api_reply(call, rp, 200, root);
}

static int read_new(const struct web_call *call, struct op_token_new *out,
	struct err *e)
{
	static const char *const keys[] = { "name", "scope", "expires", NULL };
	struct json *body;

	*out = (struct op_token_new){ .scope = TOKEN_READ };
	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		web_api_get_time(body, "expires", call->rq->now,
			&out->expires, e) < 0)
		return -1;
	out->name = json_get_str(body, "name");
	if (json_get(body, "scope") != NULL &&
		!token_scope_parse(json_get_str(body, "scope"), &out->scope))
		return err_set(e, ERR_BAD_INPUT,
			"scope: use read, command or admin");
	return 0;
}

static void new(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct json *root = json_new_object(call->rq->arena);
	struct op op = web_api_op(call);
	struct op_token_new in;
	struct err e = ERR_INIT;
	const char *text;
	struct token *t;

	(void)log;
	if (read_new(call, &in, &e) < 0 ||
		op_token_new(&op, &in, call->rq->arena, &t, &text, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	json_set_str(root, "token", text);
	op_json_token(root, t, op.now);
	web_api_reply(call, rp, 201, root);
	reply_header(rp, "Cache-Control", "no-store");
}

static void revoke(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct bytes name;
	struct token *t;
	bool changed;

	(void)log;
	if (web_api_arg(call, 0, &name, &e) < 0 ||
		op_token_revoke(&op, arena_str(call->rq->arena, name),
			call->rq->arena, &t, &changed, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	web_api_done(rp);
}

const struct web_target web_tokens_list = { GUARD_ADMIN, list };
const struct web_target web_tokens_new = { GUARD_ADMIN, new };
const struct web_target web_tokens_revoke = { GUARD_ADMIN, revoke };
