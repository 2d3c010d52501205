/* mooringctl users: who may enroll a device by signing in. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_account.h"
#include "admin/op_json.h"
#include "cli/cmd_op.h"
#include "cli/password_input.h"
#include "cli/table.h"

static void tell(struct cmd_call *c, const struct account *u, const char *what)
{
	struct json *root = json_new_object(c->arena);

	if (c->json) {
		op_json_account(root, u);
		cmd_print_json(c, root);
	} else {
		printf("%s: %s\n", cmd_line(c, u->name), what);
	}
}

static int add(struct cmd_call *c, struct err *e)
{
	struct op_account_set in = { .name = c->argv[0],
		.managed_apple_account = cmd_opt(c, "account") };
	struct account *u;
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		password_input("Password", c->arena, &in.password, e) < 0 ||
		op_account_add(&op, &in, c->arena, &u, e) < 0)
		return -1;
	tell(c, u, "added");
	return 0;
}

static int change(struct cmd_call *c, struct op_account_set *in,
	const char *what, struct err *e)
{
	struct account *u;
	struct op op;

	in->name = c->argv[0];
	if (cmd_open(c, &op, e) < 0 ||
		op_account_set(&op, in, c->arena, &u, e) < 0)
		return -1;
	tell(c, u, what);
	return 0;
}

static int password(struct cmd_call *c, struct err *e)
{
	struct op_account_set in = { 0 };

	if (password_input("New password", c->arena, &in.password, e) < 0)
		return -1;
	return change(c, &in, "has a new password", e);
}

static int account(struct cmd_call *c, struct err *e)
{
	struct op_account_set in = { .managed_apple_account = c->argv[1] };

	return change(c, &in, "changed", e);
}

static int disable(struct cmd_call *c, struct err *e)
{
	bool yes = true;
	struct op_account_set in = { .disabled = &yes };

	return change(c, &in, "may no longer sign in", e);
}

static int enable(struct cmd_call *c, struct err *e)
{
	bool no = false;
	struct op_account_set in = { .disabled = &no };

	return change(c, &in, "may sign in", e);
}

static int remove_user(struct cmd_call *c, struct err *e)
{
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		op_account_remove(&op, c->argv[0], e) < 0)
		return -1;
	if (!c->json)
		printf("%s: removed\n", cmd_line(c, c->argv[0]));
	return 0;
}

static void row(struct cmd_call *c, struct table *table,
	const struct account *u)
{
	const char *cells[] = { cmd_line(c, u->name),
		cmd_line(c, u->managed_apple_account != NULL ?
			u->managed_apple_account : u->name),
		u->disabled ? "disabled" : "enabled",
		table_time(c->arena, u->created),
		table_time(c->arena, u->changed) };

	table_row(table, cells);
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "NAME", "MANAGED APPLE ACCOUNT",
		"STATE", "ADDED", "CHANGED", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "users");
	struct table *table = table_new(c->arena, heads);
	const char *after = NULL;
	struct account **page;
	struct op op;
	size_t n;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_account_list(&op, after, CMD_PAGE, c->arena, &page, &n,
			&after, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (c->json)
				op_json_account(json_add_object(items),
					page[i]);
			else
				row(c, table, page[i]);
	} while (after != NULL);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(table, stdout);
	return 0;
}

static const struct cmd_opt add_opts[] = {
	{ "account", "ID", "Managed Apple Account; default: the name" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_users[] = {
	{ .noun = "users", .verb = "add", .operands = "NAME",
		.help = "Let somebody enroll by signing in; the password is "
			"read from standard input",
		.min = 1, .max = 1, .opts = add_opts, .fn = add },
	{ .noun = "users", .verb = "password", .operands = "NAME",
		.help = "Set a new password, read from standard input",
		.min = 1, .max = 1, .fn = password },
	{ .noun = "users", .verb = "account", .operands = "NAME ID",
		.help = "Set the Managed Apple Account",
		.min = 2, .max = 2, .fn = account },
	{ .noun = "users", .verb = "disable", .operands = "NAME",
		.help = "Refuse to let somebody sign in",
		.min = 1, .max = 1, .fn = disable },
	{ .noun = "users", .verb = "enable", .operands = "NAME",
		.help = "Let somebody sign in again",
		.min = 1, .max = 1, .fn = enable },
	{ .noun = "users", .verb = "list", .operands = "",
		.help = "List who may enroll by signing in", .fn = list },
	{ .noun = "users", .verb = "remove", .operands = "NAME",
		.help = "Forget somebody; their devices stay enrolled",
		.min = 1, .max = 1, .fn = remove_user },
	{ 0 },
};
