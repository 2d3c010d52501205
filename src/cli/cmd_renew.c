/* mooringctl renew, and enrollments profile: what a device's enrollment
 * profile said for good. */
#include "cli/cmd_renew.h"

#include <stdio.h>
#include <string.h>

#include "admin/op_json_enroll.h"
#include "cli/cmd_op.h"
#include "cli/cmd_rows.h"
#include "cli/table.h"

static void tell(struct cmd_call *c, const struct op_renewing *r)
{
	struct json *root;

	if (!c->json) {
		printf("%s: %s, command %s", cmd_line(c, arena_str(c->arena,
			r->target.id_text)), op_queued_name(r->target.queued),
			r->command_uuid);
		if (r->not_after != 0)
			printf("; its certificate is valid until %s",
				table_time(c->arena, r->not_after));
		putchar('\n');
		return;
	}
	root = json_new_object(c->arena);
	op_json_renewing(root, r, c->arena);
	cmd_print_json(c, root);
}

static int renew(struct cmd_call *c, struct err *e)
{
	struct op_renewing r;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_renew(&op, bytes_str(c->argv[0]),
		!cmd_has(c, "no-push"), c->arena, &r, e) < 0)
		return -1;
	tell(c, &r);
	return 0;
}

static const struct cmd_opt renew_opts[] = {
	{ "no-push", NULL, "let the device find it at its next contact" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_renew[] = {
	{ .noun = "renew", .operands = "ID",
		.help = "Ask a device to renew its identity certificate",
		.min = 1, .max = 1, .opts = renew_opts, .fn = renew },
	{ 0 },
};

/* ---- enrollments profile ---- */

static const char *words(struct cmd_call *c, const struct profile_facts *f)
{
	const char *s = "";

	for (uint32_t i = 0; i < f->n_capabilities; i++)
		s = arena_printf(c->arena, "%s%s%s", s, i > 0 ? "," : "",
			f->capabilities[i]);
	return s;
}

static void line(const char *key, const char *value)
{
	printf("%-18s %s\n", key, value != NULL && *value != '\0' ? value :
		"-");
}

static void print_facts(struct cmd_call *c, const struct profile_facts *f)
{
	struct json *root;

	if (c->json) {
		root = json_new_object(c->arena);
		op_json_profile_facts(root, f);
		json_set_str(root, "missing", profile_facts_missing(f));
		cmd_print_json(c, root);
		return;
	}
	line("identifier", f->identifier);
	line("topic", f->topic);
	line("server_url", f->server_url);
	line("checkin_url", f->checkin_url);
	line("access_rights", f->access_rights != 0 ? arena_printf(c->arena,
		"%lld", (long long)f->access_rights) : NULL);
	line("capabilities", words(c, f));
	line("enrollment_mode", f->enrollment_mode);
	line("account", f->account);
	if (profile_facts_missing(f) != NULL)
		printf("A renewal needs %s.\n", profile_facts_missing(f));
}

static int split(struct cmd_call *c, const char *list, struct profile_facts *f)
{
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == 0 || f->n_capabilities == PROFILE_CAPABILITIES_MAX)
			return cmd_bad_usage(c, "--capabilities: use up to %d "
				"words with commas between",
				PROFILE_CAPABILITIES_MAX);
		f->capabilities[f->n_capabilities++] =
			arena_str(c->arena, bytes_of(list, n));
		list += n + (list[n] == ',');
	}
	return CMD_OK;
}

int cmd_enrollments_profile(struct cmd_call *c, struct err *e)
{
	struct profile_facts out, set = {
		.identifier = cmd_opt(c, "identifier"),
		.topic = cmd_opt(c, "topic"),
		.server_url = cmd_opt(c, "server-url"),
		.checkin_url = cmd_opt(c, "checkin-url"),
		.enrollment_mode = cmd_opt(c, "mode"),
		.account = cmd_opt(c, "account") };
	struct bytes id = bytes_str(c->argv[0]);
	uint64_t rights = 0;
	struct renewal r;
	struct op op;
	int rc = cmd_opt_u64(c, "access-rights", 1, ACCESS_RIGHTS_ALL,
		&rights);

	if (rc == CMD_OK)
		rc = split(c, cmd_opt(c, "capabilities"), &set);
	if (rc != CMD_OK)
		return rc;
	set.access_rights = (int64_t)rights;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	if ((c->n_given > 0 ? op_profile_facts_set(&op, id, &set, c->arena,
		&out, e) : op_profile_facts(&op, id, c->arena, &out, &r,
		e)) < 0)
		return -1;
	print_facts(c, &out);
	return 0;
}

const struct cmd_opt cmd_enrollments_profile_opts[] = {
	{ "identifier", "TEXT", "PayloadIdentifier of the profile" },
	{ "topic", "TOPIC", "Topic" },
	{ "server-url", "URL", "ServerURL" },
	{ "checkin-url", "URL", "CheckInURL" },
	{ "access-rights", "N", "AccessRights" },
	{ "capabilities", "LIST", "ServerCapabilities, commas between" },
	{ "mode", "MODE", "EnrollmentMode: BYOD or ADDE" },
	{ "account", "ID", "AssignedManagedAppleID" },
	{ NULL, NULL, NULL },
};
