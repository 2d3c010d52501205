/* mooringctl invite. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <unistd.h>

#include "admin/op_json.h"
#include "cli/cmd_ticket.h"
#include "cli/qr.h"
#include "cli/table.h"

/* Drawn beside the link, so that stdout in a script holds the link alone. */
static int draw(struct cmd_call *c, const char *url, struct err *e)
{
	bool terminal = isatty(STDOUT_FILENO) == 1;
	const char *text;

	if (cmd_has(c, "no-qr") || !(cmd_has(c, "qr") || terminal))
		return 0;
	if (qr_draw(url, terminal, c->arena, &text, e) < 0)
		return -1;
	printf("\n%s\n", text);
	return 0;
}

/* What keeps the link from working now, while it can still be put right. */
static void warn(const struct op *op)
{
	if (op->conf->profile_access == CONF_ACCESS_ADE)
		fprintf(stderr, "profile_access is ade: no link is accepted "
			"until it is invite or open.\n");
}

static int make(struct cmd_call *c, struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct op_ticket_new in;
	struct ticket *t;
	const char *url;
	struct op op;
	int rc = cmd_ticket_options(c, &in);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		op_invite_new(&op, &in, c->arena, &url, &t, e) < 0)
		return -1;
	warn(&op);
	if (c->json) {
		json_set_str(root, "url", url);
		op_json_ticket(root, t, c->now, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	puts(url);
	if (draw(c, url, e) < 0)
		return -1;
	fprintf(stderr, "For one enrollment of %s, until %s. It is shown this "
		"once.\n", op_ticket_for(&t->grant, c->arena),
		table_time(c->arena, t->expires));
	return 0;
}

static int list(struct cmd_call *c, struct err *e)
{
	return cmd_ticket_list(c, TICKET_INVITE, "invites", e);
}

static int end(struct cmd_call *c, struct err *e)
{
	return cmd_ticket_revoke(c, TICKET_INVITE, e);
}

static const struct cmd_opt new_opts[] = {
	CMD_TICKET_OPTS,
	{ "ttl", "TIME", "how long it is good, as 1h, 7d (7d)" },
	{ "qr", NULL, "draw a QR code though this is no terminal" },
	{ "no-qr", NULL, "draw none" },
	{ NULL, NULL, NULL },
};
static const struct cmd_opt list_opts[] = {
	{ "limit", "N", "at most so many (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_invite[] = {
	{ .noun = "invite", .verb = "new", .operands = "",
		.help = "Make a link by which one device can enroll",
		.opts = new_opts, .fn = make },
	{ .noun = "invite", .verb = "list", .operands = "",
		.help = "List invites, never their link",
		.opts = list_opts, .fn = list },
	{ .noun = "invite", .verb = "revoke", .operands = "HASH",
		.help = "Refuse an invite, and challenges fetched by it",
		.min = 1, .max = 1, .fn = end },
	{ 0 },
};
