/* Options, list and end of challenges and invites. */
#include "cli/cmd_ticket.h"

#include <stdio.h>

#include "admin/op_json.h"
#include "base/enc.h"
#include "base/when.h"
#include "cli/table.h"

#define SHORT 8		/* bytes of a hash that a list shows */

int cmd_ticket_options(struct cmd_call *c, struct op_ticket_new *out)
{
	const char *ttl = cmd_opt(c, "ttl");
	int64_t until;

	*out = (struct op_ticket_new){ .serial = cmd_opt(c, "serial"),
		.udid = cmd_opt(c, "udid"), .account = cmd_opt(c, "account") };
	if (ttl == NULL)
		return CMD_OK;
	if (!when_parse(arena_printf(c->arena, "+%s", ttl), c->now, &until) ||
		until - c->now < OP_TICKET_TTL_MIN ||
		until - c->now > OP_TICKET_TTL_MAX)
		return cmd_bad_usage(c, "--ttl: use 60s to 366d, as 90s, 30m, "
			"1h, 7d");
	out->ttl = until - c->now;
	return CMD_OK;
}

/* ---- list ---- */

static void row(struct cmd_call *c, struct table *table,
	const struct ticket *t)
{
	const char *cells[] = { enc_hex(c->arena, bytes_of(t->hash, SHORT)),
		op_ticket_state(t, c->now), grant_source_name(t->grant.source),
		table_time(c->arena, t->created),
		table_time(c->arena, t->expires), table_time(c->arena, t->used),
		arena_printf(c->arena, "%u", t->fetched),
		op_ticket_for(&t->grant, c->arena) };
	const char *without_fetched[] = { cells[0], cells[1], cells[2],
		cells[3], cells[4], cells[5], cells[7] };

	table_row(table, t->kind == TICKET_INVITE ? cells : without_fetched);
}

static struct table *new_table(struct cmd_call *c, enum ticket_kind kind)
{
	static const char *const invites[] = { "HASH", "STATE", "SOURCE",
		"MADE", "EXPIRES", "USED", "FETCHED", "FOR", NULL };
	static const char *const challenges[] = { "HASH", "STATE", "SOURCE",
		"MADE", "EXPIRES", "USED", "FOR", NULL };

	return table_new(c->arena, kind == TICKET_INVITE ? invites :
		challenges);
}

int cmd_ticket_list(struct cmd_call *c, enum ticket_kind kind,
	const char *key, struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, key);
	struct table *table = new_table(c, kind);
	struct bytes cursor = { NULL, 0 };
	struct cmd_limit left;
	struct ticket **list;
	struct op op;
	size_t n;
	int rc = cmd_limit(c, &left);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_ticket_list(&op, kind, cursor, cmd_limit_page(&left),
			c->arena, &list, &n, &cursor, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (c->json)
				op_json_ticket(json_add_object(items), list[i],
					c->now, c->arena);
			else
				row(c, table, list[i]);
		left.left -= n;
	} while (cursor.p != NULL && left.left > 0);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(table, stdout);
	if (cursor.p != NULL)
		fprintf(stderr, "There are more: use --all\n");
	return 0;
}

/* ---- revoke ---- */

int cmd_ticket_revoke(struct cmd_call *c, enum ticket_kind kind,
	struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct ticket *t;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_ticket_revoke(&op, kind, c->argv[0],
		c->arena, &t, e) < 0)
		return -1;
	if (c->json) {
		op_json_ticket(root, t, c->now, c->arena);
		cmd_print_json(c, root);
	} else {
		printf("%s %s (%s): revoked\n", ticket_kind_name(kind),
			enc_hex(c->arena, bytes_of(t->hash, SHORT)),
			op_ticket_for(&t->grant, c->arena));
	}
	return 0;
}
