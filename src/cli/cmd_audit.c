/* mooringctl audit. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static const char *cell(struct cmd_call *c, const char *s)
{
	return s != NULL ? cmd_line(c, s) : NULL;
}

/* The id, or the number of one that was removed. */
static const char *whom(struct cmd_call *c, const struct op_audit_page *p,
	size_t i)
{
	if (p->list[i]->enrollment == 0)
		return NULL;
	if (p->id_text[i].p == NULL)
		return arena_printf(c->arena, "@%llu",
			(unsigned long long)p->list[i]->enrollment);
	return table_bytes(c->arena, p->id_text[i]);
}

static void row(struct cmd_call *c, struct table *t,
	const struct op_audit_page *p, size_t i)
{
	const struct audit *r = p->list[i];
	const char *cells[] = { table_time(c->arena, r->at), cell(c, r->who),
		cell(c, r->op), whom(c, p, i), cell(c, r->target),
		cell(c, r->detail) };

	table_row(t, cells);
}

static int audit(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "TIME", "WHO", "DID",
		"ENROLLMENT", "TARGET", "DETAIL", NULL };
	struct op_audit_query q = { .id = bytes_str(cmd_opt(c, "enrollment")) };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "audit");
	struct table *table = table_new(c->arena, heads);
	struct op_audit_page page = { .next = 0 };
	struct cmd_limit limit;
	struct op op;
	int rc = cmd_limit(c, &limit);

	if (rc == CMD_OK)
		rc = cmd_opt_u64(c, "before", 1, UINT64_MAX, &q.before);
	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	for (; (q.limit = cmd_limit_page(&limit)) > 0; q.before = page.next) {
		if (op_audit_list(&op, &q, c->arena, &page, e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			if (c->json)
				op_json_audit(json_add_object(items), &page,
					i, c->arena);
			else
				row(c, table, &page, i);
		limit.left -= page.n;
		if (page.next == 0)
			break;
	}
	if (page.next != 0)
		json_set_int(root, "next", (int64_t)page.next);
	if (c->json) {
		cmd_print_json(c, root);
		return 0;
	}
	table_print(table, stdout);
	if (page.next != 0)
		fprintf(stderr, "There are more: --before %llu\n",
			(unsigned long long)page.next);
	return 0;
}

static const struct cmd_opt opts[] = {
	{ "enrollment", "ID", "only what was done to this one" },
	{ "before", "N", "only what is older than record N" },
	{ "limit", "N", "at most so many, the latest first (default 100)" },
	{ "all", NULL, "without limit" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_audit[] = {
	{ .noun = "audit", .operands = "",
		.help = "Show who did what to which enrollment",
		.opts = opts, .fn = audit },
	{ 0 },
};
