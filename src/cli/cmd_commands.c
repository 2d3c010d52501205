/* mooringctl commands. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json_command.h"
#include "base/enc.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void row_outcome(struct table *t, struct arena *a,
	const struct op_outcome *out)
{
	const struct target *tg = out->target;
	const char *cells[] = {
		arena_printf(a, "@%llu", (unsigned long long)tg->enrollment),
		table_bytes(a, out->id_text), target_state_name(tg->state),
		table_time(a, tg->queued), table_u64(a, tg->deliveries),
		table_time(a, tg->last_delivered), table_u64(a, tg->notnow),
		table_time(a, tg->finished),
		tg->result != 0 ? table_size(a, out->result_size) : NULL,
		out->error != NULL ? out->error : "",
	};

	table_row(t, cells);
}

static void head(struct cmd_call *c, struct json *root,
	const struct command *k)
{
	if (c->json) {
		op_json_command(root, k, c->arena);
		return;
	}
	printf("command %s (%s), %s, stored %s%s\n", cmd_line(c, k->uuid),
		cmd_line(c, k->request_type),
		table_size(c->arena, k->body.n), table_time(c->arena, k->created),
		k->once ? ", delivered once only" : "");
}

/* The bytes themselves, or base64 of them in JSON. */
static int print_raw(struct cmd_call *c, struct bytes raw)
{
	struct json *root;

	if (!c->json) {
		fwrite(raw.p, 1, raw.n, stdout);
		return 0;
	}
	root = json_new_object(c->arena);
	json_set_str(root, "command_uuid", c->argv[0]);
	json_set_str(root, "base64", enc_base64(c->arena, raw));
	cmd_print_json(c, root);
	return 0;
}

static int show_targets(struct cmd_call *c, const struct op *op,
	struct cmd_limit *limit, struct op_command_shown *page, struct err *e)
{
	static const char *const heads[] = { "NUMBER", "ID", "STATE", "QUEUED",
		"DELIVERIES", "LAST DELIVERY", "NOTNOW", "FINISHED", "RESULT",
		"", NULL };
	struct json *root = json_new_object(c->arena), *items = NULL;
	struct table *t = table_new(c->arena, heads);
	struct op_command_query q = { .uuid = c->argv[0] };
	struct arena *scratch = cmd_scratch(c);

	do {
		/* What is printed is copied; a page need not outlive it. */
		arena_reset(scratch);
		q.after = page->next;
		q.limit = cmd_limit_page(limit);
		if (op_command_show(op, &q, scratch, page, e) < 0)
			return -1;
		if (items == NULL) {
			head(c, root, page->command);
			items = json_set_array(root, "targets");
		}
		for (size_t i = 0; i < page->n; i++)
			if (c->json)
				op_json_outcome(json_add_object(items),
					&page->list[i], c->arena);
			else
				row_outcome(t, scratch, &page->list[i]);
		limit->left -= page->n;
	} while (page->next != 0 && cmd_limit_page(limit) > 0);
	if (page->next != 0)
		json_set_int(root, "next", (int64_t)page->next);
	if (c->json) {
		cmd_print_json(c, root);
		return 0;
	}
	table_print(t, stdout);
	if (page->next != 0)
		printf("There are more: --after %llu\n",
			(unsigned long long)page->next);
	return 0;
}

static int show(struct cmd_call *c, struct err *e)
{
	const char *result = cmd_opt(c, "result");
	struct op_command_query one = { .uuid = c->argv[0], .limit = 1 };
	struct op_command_shown page = { .next = 0 };
	struct cmd_limit limit;
	struct op_result answer;
	struct op op;
	int rc = cmd_limit(c, &limit);

	if (rc == CMD_OK)
		rc = cmd_opt_u64(c, "after", 0, UINT64_MAX, &page.next);
	if (rc == CMD_OK && result != NULL && cmd_has(c, "body"))
		rc = cmd_bad_usage(c, "--body and --result exclude each other");
	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	if (result != NULL)
		return op_command_result(&op, c->argv[0], bytes_str(result),
			c->arena, &answer, e) < 0 ? -1 : print_raw(c, answer.raw);
	if (cmd_has(c, "body"))
		return op_command_show(&op, &one, c->arena, &page, e) < 0 ? -1 :
			print_raw(c, page.command->body);
	return show_targets(c, &op, &limit, &page, e);
}

static const struct cmd_opt show_opts[] = {
	{ "body", NULL, "print the command's body, byte for byte" },
	{ "result", "ID", "print what this enrollment answered" },
	{ "after", "N", "start behind enrollment number N" },
	{ "limit", "N", "at most N targets (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_commands[] = {
	{ .noun = "commands", .verb = "show", .operands = "UUID",
		.help = "Show what became of a command at each of its targets",
		.min = 1, .max = 1, .opts = show_opts, .fn = show },
	{ 0 },
};
