/* mooringctl health. */
#include "cli/cmd_rows.h"

#include "admin/op_health.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void print_health(struct cmd_call *c, const struct op_health *h)
{
	static const char *const heads[] = { "CHECK", "STATUS", "WHAT", NULL };
	struct table *t = table_new(c->arena, heads);

	for (size_t i = 0; i < h->n; i++) {
		const char *const cells[] = { h->list[i].name,
			op_health_name(h->list[i].level), h->list[i].text };

		table_row(t, cells);
	}
	table_print(t, stdout);
}

/* A store that does not open is one of the answers. */
static int health(struct cmd_call *c, struct err *e)
{
	struct err closed = ERR_INIT;
	struct op_health h;
	struct op op;

	if (cmd_open(c, &op, &closed) < 0 && cmd_open_conf(c, &op, e) < 0)
		return -1;
	op_health(&op, &closed, c->arena, &h);
	if (c->json) {
		struct json *root = json_new_object(c->arena);

		op_health_json(root, &h);
		cmd_print_json(c, root);
	} else {
		print_health(c, &h);
	}
	return h.level == HEALTH_FAIL ? CMD_FAILED :
		h.level == HEALTH_WARN ? CMD_WARNED : CMD_OK;
}

const struct cmd cmd_health[] = {
	{ .noun = "health", .operands = "",
		.help = "Tell whether this server can do its work",
		.fn = health },
	{ 0 },
};
