/* mooringctl tokens. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json.h"
#include "base/when.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

#define DAYS_MAX 3650
#define DAY 86400

/* ---- new ---- */

static int options(struct cmd_call *c, struct op_token_new *in)
{
	const char *scope = cmd_opt(c, "scope"), *when = cmd_opt(c, "expires");
	uint64_t days;

	if (scope != NULL && !token_scope_parse(scope, &in->scope))
		return cmd_bad_usage(c, "--scope: use read, command or admin");
	if (when == NULL)
		return CMD_OK;
	if (str_u64(when, 1, DAYS_MAX, &days))
		in->expires = c->now + (int64_t)days * DAY;
	else if (!when_parse(when, c->now, &in->expires))
		return cmd_bad_usage(c, "--expires: use days (1 to %d), a time "
			"as 2026-11-22T13:52:00Z, or +90d", DAYS_MAX);
	return CMD_OK;
}

/* On stdout the token alone, for TOKEN=$(mooringctl tokens new …). */
static int new(struct cmd_call *c, struct err *e)
{
	struct op_token_new in = { .name = c->argv[0], .scope = TOKEN_READ };
	struct json *root = json_new_object(c->arena);
	const char *text;
	struct token *t;
	struct op op;
	int rc = options(c, &in);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		op_token_new(&op, &in, c->arena, &t, &text, e) < 0)
		return -1;
	if (c->json) {
		json_set_str(root, "token", text);
		op_json_token(root, t, c->now);
		cmd_print_json(c, root);
		return 0;
	}
	puts(text);
	fprintf(stderr, "Token %s (@%llu), scope %s, %s%s. It is shown this "
		"once.\n", t->name, (unsigned long long)t->num,
		token_scope_name(t->scope), t->expires != 0 ? "until " :
		"without end", t->expires != 0 ?
		table_time(c->arena, t->expires) : "");
	return 0;
}

/* ---- list ---- */

static void row(struct cmd_call *c, struct table *table,
	const struct token *t)
{
	const char *cells[] = { arena_printf(c->arena, "@%llu",
		(unsigned long long)t->num), cmd_line(c, t->name),
		token_scope_name(t->scope), op_token_state(t, c->now),
		table_time(c->arena, t->created),
		table_time(c->arena, t->expires), table_time(c->arena, t->used),
		cmd_line(c, t->made_by != NULL ? t->made_by : "") };

	table_row(table, cells);
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "NUMBER", "NAME", "SCOPE", "STATE",
		"MADE", "EXPIRES", "LAST USED", "MADE BY", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "tokens");
	struct table *table = table_new(c->arena, heads);
	struct op_tokens page = { .next = 0 };
	struct op op;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_token_list(&op, page.next, CMD_PAGE, c->arena, &page,
			e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			if (c->json)
				op_json_token(json_add_object(items),
					page.list[i], c->now);
			else
				row(c, table, page.list[i]);
	} while (page.next != 0);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(table, stdout);
	return 0;
}

/* ---- revoke ---- */

static int revoke(struct cmd_call *c, struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct token *t;
	bool changed;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_token_revoke(&op, c->argv[0],
		c->arena, &t, &changed, e) < 0)
		return -1;
	if (c->json) {
		op_json_token(root, t, c->now);
		json_set_bool(root, "changed", changed);
		cmd_print_json(c, root);
	} else {
		printf("%s (@%llu): %s\n", cmd_line(c, t->name),
			(unsigned long long)t->num,
			changed ? "revoked" : "was revoked before");
	}
	return 0;
}

static const struct cmd_opt new_opts[] = {
	{ "scope", "SCOPE", "read (default), command, or admin" },
	{ "expires", "WHEN", "days from now, a time, or +90d; default: never" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_tokens[] = {
	{ .noun = "tokens", .verb = "new", .operands = "NAME",
		.help = "Make an API token, and print it this once",
		.min = 1, .max = 1, .opts = new_opts, .fn = new },
	{ .noun = "tokens", .verb = "list", .operands = "",
		.help = "List API tokens, never their text", .fn = list },
	{ .noun = "tokens", .verb = "revoke", .operands = "NAME|@NUMBER",
		.help = "Refuse an API token from now on",
		.min = 1, .max = 1, .fn = revoke },
	{ 0 },
};
