/* mooringctl enrollments allow: the allowlist. */
#include "cli/cmd_allow.h"

#include <stdio.h>

#include "admin/op_allow.h"
#include "admin/op_json.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

const struct cmd_opt cmd_allow_opts[] = {
	{ "serial", "SERIAL", "a serial number; may be repeated" },
	{ "udid", "UDID", "a UDID; may be repeated" },
	{ "remove", NULL, "take these off the list instead" },
	{ "list", NULL, "print the list" },
	{ NULL, NULL, NULL },
};

static int list(struct cmd_call *c, const struct op *op, struct err *e)
{
	static const char *const heads[] = { "KIND", "ADDED", "VALUE", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "allowed");
	struct table *t = table_new(c->arena, heads);
	struct op_allowed page = { .next = { NULL, 0 } };

	do {
		if (op_allow_list(op, page.next, CMD_PAGE, c->arena, &page,
			e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++) {
			const struct store_allowed *al = &page.list[i];
			const char *cells[] = { op_allow_kind_name(al->kind),
				table_time(c->arena, al->added),
				table_bytes(c->arena, al->value) };

			if (c->json)
				op_json_allowed(json_add_object(items), al,
					c->arena);
			else
				table_row(t, cells);
		}
	} while (page.next.p != NULL);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(t, stdout);
	return 0;
}

static void print_changes(struct cmd_call *c, const struct op_allow *items,
	size_t n, bool removing)
{
	struct json *root = json_new_object(c->arena);
	struct json *all = json_set_array(root, "allow");

	for (size_t i = 0; i < n; i++) {
		const char *did = removing ?
			items[i].changed ? "removed" : "was not there" :
			items[i].changed ? "added" : "was there";
		struct json *o;

		if (!c->json) {
			printf("%s %s: %s\n", op_allow_kind_name(items[i].kind),
				op_line(items[i].value, SIZE_MAX, c->arena), did);
			continue;
		}
		o = json_add_object(all);
		json_set_str(o, "kind", op_allow_kind_name(items[i].kind));
		cmd_json_bytes(c, o, "value", items[i].value);
		json_set_bool(o, "changed", items[i].changed);
	}
	if (c->json)
		cmd_print_json(c, root);
}

int cmd_allow(struct cmd_call *c, struct err *e)
{
	struct op_allow *items = arena_zalloc(c->arena,
		c->n_given * sizeof(*items));
	bool removing = cmd_has(c, "remove");
	struct op op;
	size_t n = 0;

	for (size_t i = 0; i < c->n_given; i++) {
		const struct cmd_given *g = &c->given[i];

		if (g->value == NULL)
			continue;
		items[n].kind = str_eq(g->name, "udid") ? STORE_ALLOW_UDID :
			STORE_ALLOW_SERIAL;
		items[n++].value = bytes_str(g->value);
	}
	if (cmd_has(c, "list") && c->n_given > 1)
		return cmd_bad_usage(c, "--list stands alone");
	if (n == 0 && !cmd_has(c, "list"))
		return cmd_bad_usage(c, "expected --serial, --udid or --list");
	if (cmd_open(c, &op, e) < 0)
		return -1;
	if (n == 0)
		return list(c, &op, e);
	if ((removing ? op_allow_remove(&op, items, n, e) :
		op_allow_add(&op, items, n, e)) < 0)
		return -1;
	print_changes(c, items, n, removing);
	return 0;
}
