/* mooringctl enqueue. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/op_json_command.h"
#include "cli/cmd_op.h"
#include "cli/table.h"
#include "base/when.h"

#define MANY 1000	/* targets worth a word of progress */

static int take_moment(const struct cmd_call *c, const char *name,
	int64_t *out)
{
	const char *s = cmd_opt(c, name);

	if (s == NULL || when_parse(s, c->now, out))
		return CMD_OK;
	return cmd_bad_usage(c, "--%s: use a time as 2026-11-22T13:52:00Z, or "
		"+30m, +1h, +7d", name);
}

static int take_options(const struct cmd_call *c, struct op_enqueue_options *o)
{
	uint64_t priority = COMMAND_PRIORITY_DEFAULT;
	int rc = cmd_opt_u64(c, "priority", 0, 255, &priority);

	*o = (struct op_enqueue_options){ .target = {
		.priority = (uint8_t)priority, .dedupe = cmd_opt(c, "dedupe") },
		.push = !cmd_has(c, "no-push"), .force = cmd_has(c, "force") };
	if (rc == CMD_OK)
		rc = take_moment(c, "not-before", &o->target.not_before);
	if (rc == CMD_OK)
		rc = take_moment(c, "not-after", &o->target.not_after);
	return rc;
}

static const char *outcome(const struct op_target *t)
{
	return t->err.kind != ERR_NONE ? "error" : op_queued_name(t->queued);
}

/* NULL: it was asked for, or is not wanted. */
static const char *push_error(const struct op_target *t)
{
	return t->push != NULL && t->push->err.kind != ERR_NONE ?
		t->push->err.msg : NULL;
}

static void print_json(struct cmd_call *c, const struct op_command *command,
	const struct op_target *targets, size_t n)
{
	struct json *root = json_new_object(c->arena);

	op_json_enqueued(root, command, targets, n, c->arena);
	cmd_print_json(c, root);
}

/* What there is to say beside the outcome. */
static const char *remark(struct cmd_call *c, const struct op_target *t)
{
	if (t->err.kind != ERR_NONE)
		return t->err.msg;
	if (push_error(t) == NULL)
		return "";
	return arena_printf(c->arena, "not pushed: %s", push_error(t));
}

static void print_table(struct cmd_call *c, const struct op_command *command,
	const struct op_target *targets, size_t n)
{
	static const char *const heads[] = { "TARGET", "OUTCOME", "", NULL };
	struct table *t = table_new(c->arena, heads);

	printf("command %s (%s)\n", cmd_line(c, command->uuid),
		cmd_line(c, command->request_type));
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { table_bytes(c->arena, targets[i].id),
			outcome(&targets[i]), remark(c, &targets[i]) };

		table_row(t, cells);
	}
	table_print(t, stdout);
}

/* One reason for all is the reason of the whole. */
static int status_of(const struct op_target *targets, size_t n, size_t failed)
{
	if (failed == 0)
		return CMD_OK;
	if (failed < n)
		return CMD_FAILED;
	for (size_t i = 1; i < n; i++)
		if (targets[i].err.kind != targets[0].err.kind)
			return CMD_FAILED;
	return (int)cmd_exit_of(&targets[0].err);
}

static int take_command(struct cmd_call *c, const struct op *op,
	struct op_command *out, struct err *e)
{
	bool unchecked = cmd_has(c, "unchecked");
	struct json *json;
	struct bytes in;

	if (cmd_read(c, (size_t)op->conf->max_body, &in, e) < 0)
		return -1;
	if (!cmd_has(c, "json-command"))
		return op_command_read(op, in, unchecked, c->arena, out, e);
	if (json_parse(in, c->arena, &json, e) < 0)
		return -1;
	return op_command_json(op, json, NULL, unchecked, c->arena, out, e);
}

static int enqueue(struct cmd_call *c, struct err *e)
{
	size_t n = (size_t)c->argc - 1, failed;
	struct op_target *targets = arena_zalloc(c->arena,
		n * sizeof(*targets));
	struct op_command command;
	struct op_enqueue_options o;
	struct op op;
	int rc = take_options(c, &o);

	if (rc != CMD_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		targets[i].id = bytes_str(c->argv[i]);
	if (cmd_open(c, &op, e) < 0 || take_command(c, &op, &command, e) < 0 ||
		op_enqueue_check(&op, &o, e) < 0)
		return -1;
	if (command.warning != NULL && !c->json)
		cmd_complain("warning: %s", cmd_line(c, command.warning));
	if (n > MANY && isatty(STDERR_FILENO))
		fprintf(stderr, "queueing for %zu targets …\n", n);
	failed = op_enqueue(&op, &command, &o, targets, n, c->arena);
	if (c->json)
		print_json(c, &command, targets, n);
	else
		print_table(c, &command, targets, n);
	if (failed > 0)
		cmd_complain("command %.64s: %zu of %zu targets failed: %s",
			command.uuid, failed, n, failed == n ? targets[0].err.msg : "see above");
	return status_of(targets, n, failed);
}

static const struct cmd_opt opts[] = {
	{ "not-before", "TIME", "deliver it from then on (RFC 3339, or +1h)" },
	{ "not-after", "TIME", "drop it if it was not delivered by then" },
	{ "priority", "N", "0 to 255, higher goes first (100)" },
	{ "dedupe", "KEY", "not when a command with this key is pending" },
	{ "json-command", NULL, "FILE is the command as JSON" },
	{ "unchecked", NULL, "without a look at Apple's schema" },
	{ "no-push", NULL, "leave it to the next contact of the device" },
	{ "force", NULL, "a second pending DeviceLock or EraseDevice too" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_enqueue[] = {
	{ .noun = "enqueue", .operands = "ID... FILE|-",
		.help = "Queue a command (a property list) for enrollments",
		.min = 2, .max = -1, .opts = opts, .fn = enqueue,
		.reads_last = true },
	{ 0 },
};
