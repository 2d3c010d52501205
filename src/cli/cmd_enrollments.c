/* mooringctl enrollments list, show, block, unblock, unmanage, remove,
 * forget. (allow is in cmd_allow.c.) */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <string.h>

#include "admin/op_enrollment.h"
#include "admin/op_forget.h"
#include "admin/op_json.h"
#include "admin/op_json_command.h"
#include "base/enc.h"
#include "cli/cmd_allow.h"
#include "cli/cmd_op.h"
#include "cli/cmd_renew.h"
#include "cli/table.h"

#define DAY 86400

/* ---- list ---- */

static void row_enrollment(struct table *t, struct arena *a,
	const struct enrollment *en)
{
	const char *cells[] = {
		arena_printf(a, "@%llu", (unsigned long long)en->num),
		enrollment_kind_name(en->id.kind),
		enrollment_state_name(en->state), en->serial,
		en->parent != 0 ? en->user_short_name : en->device_name,
		table_time(a, en->last_seen),
		table_bytes(a, enrollment_id_text(&en->id, a)),
	};

	table_row(t, cells);
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "NUMBER", "TYPE", "STATE",
		"SERIAL", "NAME", "LAST SEEN", "ID", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "enrollments");
	struct table *t = table_new(c->arena, heads);
	struct op_enrollments page = { .next = 0 };
	struct arena *scratch = cmd_scratch(c);
	struct op_enrollment_filter filter;
	struct cmd_limit limit;
	uint64_t days = 0;
	struct op op;
	int rc = cmd_limit(c, &limit);

	if (rc == CMD_OK)
		rc = cmd_opt_u64(c, "after", 0, UINT64_MAX, &page.next);
	if (rc == CMD_OK)
		rc = cmd_opt_u64(c, "silent", 1, OP_SILENT_DAYS_MAX, &days);
	if (rc != CMD_OK)
		return rc;
	if (op_enrollment_filter(cmd_opt(c, "state"), cmd_opt(c, "type"),
		cmd_opt(c, "serial"), &filter, e) < 0 ||
		cmd_open(c, &op, e) < 0)
		return -1;
	if (days != 0)
		filter.silent_since = op.now - (int64_t)days * DAY;
	do {
		/* What is printed is copied; a page need not outlive it. */
		arena_reset(scratch);
		if (op_enrollment_find(&op, &filter, page.next,
			cmd_limit_page(&limit), scratch, &page, e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			if (c->json)
				op_json_enrollment(json_add_object(items),
					page.list[i], scratch);
			else
				row_enrollment(t, scratch, page.list[i]);
		limit.left -= page.n;
	} while (page.next != 0 && cmd_limit_page(&limit) > 0);
	if (page.next != 0)
		json_set_int(root, "next", (int64_t)page.next);
	if (c->json) {
		cmd_print_json(c, root);
		return 0;
	}
	table_print(t, stdout);
	if (page.next != 0)
		printf("There are more: --after %llu\n",
			(unsigned long long)page.next);
	return 0;
}

/* ---- show ---- */

static void field(struct table *t, const char *name, const char *value)
{
	const char *cells[] = { name, value };

	if (value != NULL && *value != '\0' && strcmp(value, "-") != 0)
		table_row(t, cells);
}

static void show_identity(struct table *t, struct cmd_call *c,
	const struct op_enrollment *s)
{
	const struct enrollment *en = s->en;
	struct arena *a = c->arena;

	field(t, "id", table_bytes(a, enrollment_id_text(&en->id, a)));
	field(t, "number", arena_printf(a, "@%llu",
		(unsigned long long)en->num));
	field(t, "type", enrollment_kind_name(en->id.kind));
	field(t, "state", en->state == ENROLLMENT_BLOCKED ?
		arena_printf(a, "blocked (before: %s)",
			enrollment_state_name(en->before_block)) :
		enrollment_state_name(en->state));
	if (s->device != NULL)
		field(t, "device", op_name(s->device, a));
	field(t, "serial number", en->serial);
	field(t, "device name", en->device_name);
	field(t, "model", en->model);
	field(t, "model name", en->model_name);
	field(t, "product name", en->product_name);
	field(t, "system version", en->os_version);
	field(t, "system build", en->build_version);
	field(t, "imei", en->imei);
	field(t, "meid", en->meid);
	field(t, "user id", en->user_id);
	field(t, "user short name", en->user_short_name);
	field(t, "user long name", en->user_long_name);
}

static const char *kept_secrets(const struct op_enrollment *s, struct arena *a)
{
	const char *text = arena_printf(a, "%s%s%s",
		s->push_token ? ", push token" : "",
		s->unlock_token ? ", unlock token" : "",
		s->bootstrap_token ? ", bootstrap token" : "");

	return *text != '\0' ? text + strlen(", ") : NULL;
}

static void show_push(struct table *t, struct arena *a,
	const struct op_enrollment *s)
{
	const struct push_state *p = &s->push;

	if (p->sent != 0)
		field(t, "last push", arena_printf(a, "%s: %s",
			table_time(a, p->sent), p->reason != NULL ?
			op_line(bytes_str(p->reason), 80, a) : "taken"));
	field(t, "push token dead", table_time(a, p->dead));
	if (s->push_job != NULL)
		field(t, "push waits", arena_printf(a, "%s, %u failed",
			table_time(a, s->push_job->due),
			s->push_job->attempts));
}

static void show_management(struct table *t, struct cmd_call *c,
	const struct op_enrollment *s)
{
	const struct enrollment *en = s->en;
	struct arena *a = c->arena;

	field(t, "push topic", en->topic);
	field(t, "kept secrets", kept_secrets(s, a));
	if (en->has_cert)
		field(t, "certificate", enc_hex(a,
			bytes_of(en->cert, sizeof(en->cert))));
	field(t, "bound", table_time(a, s->cert.bound));
	if (s->cert.not_after != 0)
		field(t, "valid until", table_time(a, s->cert.not_after));
	field(t, "revoked", table_time(a, s->cert.revoked));
	field(t, "awaiting configuration",
		en->awaiting_configuration ? "yes" : NULL);
	field(t, "created", table_time(a, en->created));
	field(t, "authenticated", table_time(a, en->authenticated));
	field(t, "enrolled", table_time(a, en->enrolled));
	field(t, "token updated", arena_printf(a, "%s (%llu in generation %u)",
		table_time(a, en->token_updated), (unsigned long long)en->tally,
		en->generation));
	field(t, "left", table_time(a, en->left));
	field(t, "last seen", table_time(a, en->last_seen));
	show_push(t, a, s);
	field(t, "queued commands", arena_printf(a, "%zu%s", s->queued,
		s->queued == OP_SHOWN_MAX ? " or more" : ""));
	for (size_t i = 0; i < s->n_channels; i++)
		field(t, "user channel", arena_printf(a, "%s, %s",
			op_name(s->channels[i], a),
			enrollment_state_name(s->channels[i]->state)));
}

static int show(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "", "", NULL };
	struct table *t = table_new(c->arena, heads);
	struct op_enrollment s;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_enrollment_show(&op,
		bytes_str(c->argv[0]), c->arena, &s, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		op_json_shown(root, &s, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	show_identity(t, c, &s);
	show_management(t, c, &s);
	table_print(t, stdout);
	return 0;
}

/* ---- forget ---- */

static int forget(struct cmd_call *c, struct err *e)
{
	struct op_forgotten r;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_enrollment_forget(&op,
		bytes_str(c->argv[0]), cmd_has(c, "force"), c->arena, &r, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		op_json_forgotten(root, &r, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	printf("%s: forgotten", op_name(r.en, c->arena));
	if (r.channels > 0)
		printf(", with %zu user channels", r.channels);
	puts(r.en->parent != 0 ? "" : "; if the device comes back it is unknown");
	return 0;
}

/* ---- remove ---- */

static int leave(struct cmd_call *c, struct err *e)
{
	struct op_removing r;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_enrollment_remove(&op,
		bytes_str(c->argv[0]), cmd_opt(c, "profile"),
		!cmd_has(c, "no-push"), c->arena, &r, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		op_json_removing(root, &r, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	if (r.target.queued == STORE_DUPLICATE)
		printf("%s: removal is pending already\n",
			table_bytes(c->arena, r.target.id_text));
	else
		printf("%s: RemoveProfile of %s queued as command %s\n",
			table_bytes(c->arena, r.target.id_text),
			cmd_line(c, r.identifier), r.command.uuid);
	if (r.target.push != NULL && r.target.push->err.kind != ERR_NONE)
		printf("not pushed: %s\n", r.target.push->err.msg);
	return 0;
}

/* ---- block, unblock, unmanage ---- */

typedef int (*change_fn)(const struct op *op, struct bytes id,
	struct arena *a, struct op_changed *out, struct err *e);

static int change(struct cmd_call *c, change_fn fn, struct err *e)
{
	struct op_changed ch;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		fn(&op, bytes_str(c->argv[0]), c->arena, &ch, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		op_json_changed(root, &ch, c->arena);
		cmd_print_json(c, root);
		return 0;
	}
	printf("%s: %s%s", op_name(ch.en, c->arena),
		ch.changed ? "" : "unchanged, ",
		enrollment_state_name(ch.en->state));
	if (ch.changed)
		printf(" (was %s)", enrollment_state_name(ch.was));
	if (ch.cancelled > 0)
		printf(", %zu queued commands cancelled", ch.cancelled);
	putchar('\n');
	return 0;
}

static int block(struct cmd_call *c, struct err *e)
{
	return change(c, op_enrollment_block, e);
}

static int unblock(struct cmd_call *c, struct err *e)
{
	return change(c, op_enrollment_unblock, e);
}

static int unmanage(struct cmd_call *c, struct err *e)
{
	return change(c, op_enrollment_unmanage, e);
}

static const struct cmd_opt list_opts[] = {
	{ "state", "STATE", "only in this state: enabled, left, …" },
	{ "type", "TYPE", "only of this type: Device, User, …" },
	{ "serial", "TEXT", "only the device of this serial number" },
	{ "silent", "DAYS", "only those enabled and not seen for so long" },
	{ "after", "N", "start behind enrollment number N" },
	{ "limit", "N", "at most N enrollments (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

static const struct cmd_opt remove_opts[] = {
	{ "profile", "IDENTIFIER", "its enrollment profile (else ProfileList's)" },
	{ "no-push", NULL, "leave it to the next contact of the device" },
	{ NULL, NULL, NULL },
};

static const struct cmd_opt forget_opts[] = {
	{ "force", NULL, "also when it is enabled, or blocked" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_enrollments[] = {
	{ .noun = "enrollments", .verb = "list", .operands = "",
		.help = "List devices and user channels, by number",
		.opts = list_opts, .fn = list },
	{ .noun = "enrollments", .verb = "show", .operands = "ID",
		.help = "Show one enrollment",
		.min = 1, .max = 1, .fn = show },
	{ .noun = "enrollments", .verb = "block", .operands = "ID",
		.help = "Refuse a device for good, until it is unblocked",
		.min = 1, .max = 1, .fn = block },
	{ .noun = "enrollments", .verb = "unblock", .operands = "ID",
		.help = "Take a blocked device back as it was",
		.min = 1, .max = 1, .fn = unblock },
	{ .noun = "enrollments", .verb = "unmanage", .operands = "ID",
		.help = "Make a device remove its management at its next contact",
		.min = 1, .max = 1, .fn = unmanage },
	{ .noun = "enrollments", .verb = "remove", .operands = "ID",
		.help = "Have a device remove its enrollment profile by itself",
		.min = 1, .max = 1, .opts = remove_opts, .fn = leave },
	{ .noun = "enrollments", .verb = "profile", .operands = "ID",
		.help = "Show, or set, what its enrollment profile said for "
			"good",
		.min = 1, .max = 1, .opts = cmd_enrollments_profile_opts,
		.fn = cmd_enrollments_profile },
	{ .noun = "enrollments", .verb = "forget", .operands = "ID",
		.help = "Forget an enrollment that is over",
		.min = 1, .max = 1, .opts = forget_opts, .fn = forget },
	{ .noun = "enrollments", .verb = "allow", .operands = "",
		.help = "List or change which devices may enroll",
		.opts = cmd_allow_opts, .fn = cmd_allow },
	{ 0 },
};
