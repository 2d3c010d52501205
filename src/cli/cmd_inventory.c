/* mooringctl inventory. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <string.h>

#include "admin/op_json_command.h"
#include "cli/cmd_op.h"
#include "cli/table.h"
#include "codec/pl_json.h"

/* Any value on one line: text as it is, the rest as JSON. */
static const char *cell(struct arena *a, const struct pl *value)
{
	struct json *one = json_new_array(a);
	const char *text = pl_as_str(value);

	if (text != NULL || value == NULL)
		return text;
	pl_json_put(one, NULL, value, a);
	text = json_text(one, NULL, a);
	return arena_printf(a, "%.*s", (int)strlen(text) - 2, text + 1);
}

struct rows {
	struct table *table;
	struct arena *a;
};

static bool add_row(const char *key, const struct pl *value, void *arg)
{
	struct rows *r = arg;
	const char *cells[] = { key, cell(r->a, value) };

	table_row(r->table, cells);
	return true;
}

/* What a line of a list shows. */
#define COLUMNS 4
static const char *const columns[INVENTORY_KINDS + 1][COLUMNS + 1] = {
	[INVENTORY_APPLICATIONS] = { "Name", "Identifier", "ShortVersion",
		"Version" },
	[INVENTORY_PROFILES] = { "PayloadDisplayName", "PayloadIdentifier",
		"PayloadUUID", "IsManaged" },
	[INVENTORY_CERTIFICATES] = { "CommonName", "IsIdentity" },
};

static void print_list(struct arena *a, const struct pl *list,
	const char *const *keys)
{
	struct table *t = table_new(a, keys);

	for (uint32_t i = 0; i < pl_array_len(list); i++) {
		const char *cells[COLUMNS] = { NULL };

		for (size_t k = 0; keys[k] != NULL; k++)
			cells[k] = cell(a, pl_dict_get(pl_array_at(list, i),
				keys[k]));
		table_row(t, cells);
	}
	table_print(t, stdout);
}

static void print_one(struct cmd_call *c, const struct op_inventory *inv,
	enum inventory_kind k)
{
	static const char *const heads[] = { "", "", NULL };
	struct rows r = { NULL, c->arena };

	printf("%s, %s\n", inventory_request_type(k),
		table_time(c->arena, inv->of[k].at));
	if (columns[k][0] != NULL) {
		print_list(c->arena, inv->of[k].value, columns[k]);
		return;
	}
	r.table = table_new(c->arena, heads);
	pl_dict_each(inv->of[k].value, add_row, &r);
	table_print(r.table, stdout);
}

static int show(struct cmd_call *c, struct err *e)
{
	struct op_inventory_query q = { .id = bytes_str(c->argv[0]),
		.secrets = true };
	struct op_inventory inv;
	struct json *root;
	bool any = false;
	struct op op;

	if (c->argc > 1 && !inventory_parse(c->argv[1], &q.only))
		return cmd_bad_usage(c, "%.64s: use DeviceInformation, "
			"SecurityInfo, InstalledApplicationList, ProfileList or "
			"CertificateList", c->argv[1]);
	if (cmd_open(c, &op, e) < 0 ||
		op_inventory(&op, &q, c->arena, &inv, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		op_json_inventory(root, &inv, q.only, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++) {
		if (inv.of[k].value == NULL)
			continue;
		if (any)
			printf("\n");
		any = true;
		print_one(c, &inv, (enum inventory_kind)k);
	}
	if (!any)
		printf("%s has not said anything of itself yet\n",
			op_name(inv.en, c->arena));
	return 0;
}

const struct cmd cmd_inventory[] = {
	{ .noun = "inventory", .operands = "ID [KIND]",
		.help = "Show what an enrollment last said of itself",
		.min = 1, .max = 2, .fn = show },
	{ 0 },
};
