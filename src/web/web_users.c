/* Accounts in the admin API: decode, call op_account, encode. */
#include "web/web_users.h"

#include "admin/op_account.h"
#include "admin/op_json.h"
#include "web/web_api.h"

static void list(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "users");
	struct op op = web_api_op(call);
	struct account **page;
	struct err e = ERR_INIT;
	struct bytes cursor;
	const char *next;
	size_t limit, n;

	(void)log;
	if (web_api_limit(call, &limit, &e) < 0 ||
		web_api_cursor(call, &cursor, &e) < 0 ||
		op_account_list(&op, cursor.p != NULL ? arena_str(a, cursor) :
			NULL, limit, a, &page, &n, &next, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	for (size_t i = 0; i < n; i++)
		op_json_account(json_add_object(items), page[i]);
	web_api_set_cursor(call, root, bytes_str(next));
	web_api_reply(call, rp, 200, root);
}

static int take_text(const struct json *body, const char *key,
	const char **out, struct err *e)
{
	if (json_get(body, key) == NULL)
		return 0;
	*out = json_get_str(body, key);
	return *out != NULL ? 0 : err_set(e, ERR_BAD_INPUT,
		"%s: expected a string", key);
}

/* disabled: where out->disabled points to. */
static int read_body(const struct web_call *call, const char *const *keys,
	struct op_account_set *out, bool *disabled, struct err *e)
{
	const char *password = NULL;
	struct json *body;

	*out = (struct op_account_set){ .name = NULL };
	if (web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0 ||
		take_text(body, "name", &out->name, e) < 0 ||
		take_text(body, "password", &password, e) < 0 ||
		take_text(body, "managed_apple_account",
			&out->managed_apple_account, e) < 0)
		return -1;
	if (password != NULL)
		out->password = bytes_str(password);
	if (json_get(body, "disabled") == NULL)
		return 0;
	if (!json_get_bool(body, "disabled", disabled))
		return err_set(e, ERR_BAD_INPUT,
			"disabled: expected true or false");
	out->disabled = disabled;
	return 0;
}

static void show(const struct web_call *call, int status,
	const struct account *c, struct reply *rp)
{
	struct json *root = json_new_object(call->rq->arena);

	op_json_account(root, c);
	web_api_reply(call, rp, status, root);
}

static void add(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	static const char *const keys[] = { "name", "password",
		"managed_apple_account", "disabled", NULL };
	struct op op = web_api_op(call);
	struct op_account_set in;
	struct err e = ERR_INIT;
	struct account *c;
	bool disabled;

	(void)log;
	if (read_body(call, keys, &in, &disabled, &e) < 0 ||
		op_account_add(&op, &in, call->rq->arena, &c, &e) < 0)
		web_fail(call, rp, &e, NULL);
	else
		show(call, 201, c, rp);
}

static void set(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	static const char *const keys[] = { "password",
		"managed_apple_account", "disabled", NULL };
	struct op op = web_api_op(call);
	struct op_account_set in;
	struct err e = ERR_INIT;
	struct account *c;
	struct bytes name;
	bool disabled;

	(void)log;
	if (web_api_arg(call, 0, &name, &e) < 0 ||
		read_body(call, keys, &in, &disabled, &e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	in.name = arena_str(call->rq->arena, name);
	if (op_account_set(&op, &in, call->rq->arena, &c, &e) < 0)
		web_fail(call, rp, &e, NULL);
	else
		show(call, 200, c, rp);
}

static void remove_user(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct bytes name;

	(void)log;
	if (web_api_arg(call, 0, &name, &e) < 0 ||
		op_account_remove(&op, arena_str(call->rq->arena, name),
			&e) < 0)
		web_fail(call, rp, &e, NULL);
	else
		web_api_done(rp);
}

const struct web_target web_users_list = { GUARD_ADMIN, list };
const struct web_target web_users_add = { GUARD_ADMIN, add };
const struct web_target web_users_set = { GUARD_ADMIN, set };
const struct web_target web_users_remove = { GUARD_ADMIN, remove_user };
