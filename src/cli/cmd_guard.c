/* mooringctl guard. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_guard.h"
#include "admin/op_json.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void json_guard(struct cmd_call *c, const struct op_guard *g,
	bool released)
{
	struct json *root = json_new_object(c->arena);

	op_json_guard(root, g);
	if (released)
		json_set_bool(root, "released", true);
	cmd_print_json(c, root);
}

static void print_guard(struct cmd_call *c, const struct op_guard *g)
{
	if (g->guard.empty)
		puts("closed: the store holds no enrollment");
	if (g->guard.armed_until > c->now)
		printf("closed: armed until %s: %s\n",
			table_time(c->arena, g->guard.armed_until), g->guard.why);
	if (g->guard.refused >= g->limit)
		puts("closed: unmanaged_limit is reached");
	if (!g->closed)
		puts("open");
	printf("Unknown devices told to remove their management within the "
		"hour: %llu of %u\n",
		(unsigned long long)g->guard.refused, g->limit);
}

static int show(struct cmd_call *c, struct err *e)
{
	struct op_guard g;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_guard_show(&op, c->arena, &g, e) < 0)
		return -1;
	if (c->json) {
		json_guard(c, &g, false);
		return 0;
	}
	print_guard(c, &g);
	if (g.closed)
		puts("A new unknown device is told to come back later (503).\n"
			"If the store is the right one: mooringctl guard release");
	return 0;
}

static int release(struct cmd_call *c, struct err *e)
{
	struct op_guard was;
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		op_guard_release(&op, c->arena, &was, e) < 0)
		return -1;
	if (c->json) {
		json_guard(c, &was, true);
		return 0;
	}
	print_guard(c, &was);
	puts("Released: unknown devices are told to remove their management "
		"again.");
	return 0;
}

const struct cmd cmd_guard[] = {
	{ .noun = "guard", .verb = "show", .operands = "",
		.help = "Show the guard against mass unenrollment",
		.fn = show },
	{ .noun = "guard", .verb = "release", .operands = "",
		.help = "Let unknown devices be told to remove their management",
		.fn = release },
	{ 0 },
};
