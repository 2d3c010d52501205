/* mooringctl queue. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json_command.h"
#include "admin/op_queue.h"
#include "base/enc.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void row_queued(struct table *t, struct arena *a,
	const struct target *q)
{
	const char *cells[] = {
		q->uuid, q->request_type, target_state_name(q->state),
		table_u64(a, q->priority), table_time(a, q->queued),
		table_u64(a, q->deliveries), table_u64(a, q->notnow),
		table_time(a, q->not_before), table_time(a, q->not_after),
	};

	table_row(t, cells);
}

static int print_queue(struct cmd_call *c, struct table *t,
	struct json *root, const struct op_queue *page)
{
	const char *next = page->next.p != NULL ?
		enc_hex(c->arena, page->next) : NULL;

	if (c->json) {
		json_set_str(root, "next", next);
		cmd_print_json(c, root);
		return 0;
	}
	table_print(t, stdout);
	if (next != NULL)
		printf("There are more: --after %s\n", next);
	return 0;
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "COMMAND", "TYPE", "STATE",
		"PRIORITY", "QUEUED", "DELIVERIES", "NOTNOW", "NOT BEFORE",
		"NOT AFTER", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "commands");
	struct table *t = table_new(c->arena, heads);
	struct op_queue page = { .next = { NULL, 0 } };
	struct cmd_limit limit;
	struct op op;
	int rc = cmd_limit(c, &limit);

	if (rc != CMD_OK)
		return rc;
	if (cmd_has(c, "after") && !enc_unhex(c->arena, cmd_opt(c, "after"),
		&page.next))
		return cmd_bad_usage(c, "--after: use what the page before it "
			"printed");
	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_queue_list(&op, bytes_str(c->argv[0]), page.next,
			cmd_limit_page(&limit), c->arena, &page, e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			if (c->json)
				op_json_target(json_add_object(items),
					page.list[i]);
			else
				row_queued(t, c->arena, page.list[i]);
		limit.left -= page.n;
	} while (page.next.p != NULL && cmd_limit_page(&limit) > 0);
	return print_queue(c, t, root, &page);
}

static int clear(struct cmd_call *c, struct err *e)
{
	struct enrollment *en;
	struct json *root;
	struct op op;
	size_t n;

	if (cmd_open(c, &op, e) < 0 || op_queue_clear(&op,
		bytes_str(c->argv[0]), c->arena, &en, &n, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_int(root, "number", (int64_t)en->num);
		json_set_int(root, "cancelled", (int64_t)n);
		cmd_print_json(c, root);
	} else
		printf("%s: %zu queued commands cancelled\n",
			op_name(en, c->arena), n);
	return 0;
}

static int requeue(struct cmd_call *c, struct err *e)
{
	struct enrollment *en;
	struct op_pushed push;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_queue_requeue(&op,
		bytes_str(c->argv[0]), c->argv[1], c->arena, &en, &push, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_int(root, "number", (int64_t)en->num);
		json_set_str(root, "command_uuid", c->argv[1]);
		json_set_str(root, "outcome", "queued");
		op_json_push(root, &push);
		cmd_print_json(c, root);
	} else
		printf("%s: %s is queued again\n", op_name(en, c->arena),
			cmd_line(c, c->argv[1]));
	return 0;
}

static int remove_one(struct cmd_call *c, struct err *e)
{
	struct enrollment *en;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_queue_remove(&op,
		bytes_str(c->argv[0]), c->argv[1], c->arena, &en, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_int(root, "number", (int64_t)en->num);
		json_set_str(root, "command_uuid", c->argv[1]);
		json_set_str(root, "outcome", "cancelled");
		cmd_print_json(c, root);
	} else
		printf("%s: %s is cancelled\n", op_name(en, c->arena),
			cmd_line(c, c->argv[1]));
	return 0;
}

static const struct cmd_opt list_opts[] = {
	{ "after", "CURSOR", "start where the page before it ended" },
	{ "limit", "N", "at most N commands (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_queue[] = {
	{ .noun = "queue", .verb = "list", .operands = "ID",
		.help = "List what is queued, in the order of delivery",
		.min = 1, .max = 1, .opts = list_opts, .fn = list },
	{ .noun = "queue", .verb = "clear", .operands = "ID",
		.help = "Cancel all that is queued",
		.min = 1, .max = 1, .fn = clear },
	{ .noun = "queue", .verb = "remove", .operands = "ID UUID",
		.help = "Cancel one queued command",
		.min = 2, .max = 2, .fn = remove_one },
	{ .noun = "queue", .verb = "requeue", .operands = "ID UUID",
		.help = "Queue a finished or stuck command again",
		.min = 2, .max = 2, .fn = requeue },
	{ 0 },
};
