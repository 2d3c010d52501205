/* mooringctl profile. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <unistd.h>

#include "admin/op_profile.h"
#include "base/file.h"
#include "cli/cmd_ticket.h"

static int options(struct cmd_call *c, struct op_profile_new *in)
{
	const char *mode = cmd_opt(c, "mode");
	int rc;

	*in = (struct op_profile_new){ .mode = mode,
		.without_signature = cmd_has(c, "unsigned"),
		.without_challenge = cmd_has(c, "without-challenge") };
	rc = cmd_ticket_options(c, &in->grant);
	if (rc != CMD_OK || mode == NULL)
		return rc;
	if (!str_eq(mode, "BYOD") && !str_eq(mode, "ADDE"))
		return cmd_bad_usage(c, "--mode: use BYOD or ADDE");
	if (in->grant.account == NULL)
		return cmd_bad_usage(c, "--mode needs --account");
	return CMD_OK;
}

static int put(struct cmd_call *c, const struct enroll_profile *p,
	struct err *e)
{
	const char *path = cmd_opt(c, "out");

	if (path != NULL)
		return file_write(path, p->body, 0600, e);
	if (p->is_signed && isatty(STDOUT_FILENO) == 1)
		return err_set(e, ERR_CONFLICT, "a signed profile is no text: "
			"use --out FILE, or --unsigned to look at it");
	if (fwrite(p->body.p, 1, p->body.n, stdout) != p->body.n ||
		fflush(stdout) != 0)
		return err_set(e, ERR_INTERNAL, "standard output: not all of "
			"it could be written");
	return 0;
}

static int show(struct cmd_call *c, struct err *e)
{
	struct op_profile_new in;
	struct enroll_profile p;
	struct op op;
	const char *path = cmd_opt(c, "out");
	int rc = options(c, &in);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		(path != NULL && file_may_write(path, e) < 0) ||
		op_profile_new(&op, &in, c->arena, &p, e) < 0)
		return -1;
	return put(c, &p, e);
}

static const struct cmd_opt show_opts[] = {
	CMD_TICKET_OPTS,
	{ "mode", "BYOD|ADDE", "as account-driven enrollment has it" },
	{ "ttl", "TIME", "how long its challenge is good, as 30m, 1h, 7d" },
	{ "unsigned", NULL, "do not sign it" },
	{ "without-challenge", NULL, "only to look at: make no challenge" },
	{ "out", "FILE", "write it there" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_profile[] = {
	{ .noun = "profile", .verb = "show", .operands = "",
		.help = "Make an enrollment profile with a challenge of its own",
		.opts = show_opts, .fn = show },
	{ 0 },
};
