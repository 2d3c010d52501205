/* mooringctl push. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json_command.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void print_json(struct cmd_call *c, const struct op_pushed *list,
	size_t n)
{
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "targets"), *o;

	for (size_t i = 0; i < n; i++) {
		const struct op_pushed *p = &list[i];

		o = json_add_object(items);
		cmd_json_bytes(c, o, "asked", p->id);
		if (p->num != 0)
			json_set_int(o, "number", (int64_t)p->num);
		if (p->err.kind != ERR_NONE)
			json_set_str(o, "error_kind", err_kind_name(p->err.kind));
		op_json_push(o, p);
	}
	cmd_print_json(c, root);
}

static void print_table(struct cmd_call *c, const struct op_pushed *list,
	size_t n)
{
	static const char *const heads[] = { "TARGET", "OUTCOME", "", NULL };
	struct table *t = table_new(c->arena, heads);

	for (size_t i = 0; i < n; i++) {
		bool ok = list[i].err.kind == ERR_NONE;
		const char *cells[] = { table_bytes(c->arena, list[i].id),
			ok ? "asked" : "error",
			ok ? list[i].apns_id : list[i].err.msg };

		table_row(t, cells);
	}
	table_print(t, stdout);
}

static int push(struct cmd_call *c, struct err *e)
{
	size_t n = (size_t)c->argc, failed;
	struct op_pushed *list = arena_zalloc(c->arena, n * sizeof(*list));
	struct op op;

	for (size_t i = 0; i < n; i++)
		list[i].id = bytes_str(c->argv[i]);
	if (cmd_open(c, &op, e) < 0)
		return -1;
	failed = op_push(&op, list, n, c->arena);
	if (c->json)
		print_json(c, list, n);
	else
		print_table(c, list, n);
	if (failed == 0)
		return CMD_OK;
	cmd_complain("%zu of %zu pushes failed: %s", failed, n,
		n == 1 ? list[0].err.msg : "see above");
	return n == 1 ? (int)cmd_exit_of(&list[0].err) : CMD_FAILED;
}

const struct cmd cmd_push[] = {
	{ .noun = "push", .operands = "ID...",
		.help = "Push enrollments, so that they ask for commands",
		.min = 1, .max = -1, .fn = push },
	{ 0 },
};
