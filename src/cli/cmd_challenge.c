/* mooringctl challenge. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json.h"
#include "cli/cmd_ticket.h"
#include "cli/table.h"

/* On stdout the challenge alone, for CHALLENGE=$(mooringctl challenge …). */
static int make(struct cmd_call *c, struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct op_ticket_new in;
	const char *text;
	struct ticket *t;
	struct op op;
	int rc = cmd_ticket_options(c, &in);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		op_challenge_new(&op, &in, c->arena, &text, &t, e) < 0)
		return -1;
	if (c->json) {
		json_set_str(root, "challenge", text);
		op_json_ticket(root, t, c->now, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	puts(text);
	fprintf(stderr, "For one certificate of %s, until %s. It is shown this "
		"once.\n", op_ticket_for(&t->grant, c->arena),
		table_time(c->arena, t->expires));
	return 0;
}

static int list(struct cmd_call *c, struct err *e)
{
	return cmd_ticket_list(c, TICKET_CHALLENGE, "challenges", e);
}

static int end(struct cmd_call *c, struct err *e)
{
	return cmd_ticket_revoke(c, TICKET_CHALLENGE, e);
}

static const struct cmd_opt new_opts[] = {
	CMD_TICKET_OPTS,
	{ "ttl", "TIME", "how long it is good, as 30m, 1h, 7d" },
	{ NULL, NULL, NULL },
};
static const struct cmd_opt list_opts[] = {
	{ "limit", "N", "at most so many (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_challenge[] = {
	{ .noun = "challenge", .verb = "new", .operands = "",
		.help = "Make a SCEP challenge for one certificate",
		.opts = new_opts, .fn = make },
	{ .noun = "challenge", .verb = "list", .operands = "",
		.help = "List challenges, never their text",
		.opts = list_opts, .fn = list },
	{ .noun = "challenge", .verb = "revoke", .operands = "HASH",
		.help = "Refuse a challenge from now on",
		.min = 1, .max = 1, .fn = end },
	{ 0 },
};
