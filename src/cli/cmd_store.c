/* mooringctl store. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <unistd.h>

#include "admin/op_backup.h"
#include "admin/op_store.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

static void progress(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s …\n", what);
}

/* ---- check ---- */

struct checking {
	struct cmd_call *c;
	struct json *faults;
};

static void report(const char *line, void *arg)
{
	struct checking *ch = arg;

	if (ch->c->json)
		json_add_str(ch->faults, line);
	else
		printf("%s\n", line);
}

static int check(struct cmd_call *c, struct err *e)
{
	struct json *root = json_new_object(c->arena);
	struct checking ch = { c, json_set_array(root, "faults") };
	uint64_t faults = 0;
	struct op op;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	progress("checking the store");
	if (store_check(op.store, report, &ch, &faults, e) < 0)
		return -1;
	if (c->json) {
		json_set_int(root, "count", (int64_t)faults);
		cmd_print_json(c, root);
	} else if (faults == 0)
		puts("The store is sound.");
	if (faults == 0)
		return CMD_OK;
	cmd_complain("the store has %llu faults", (unsigned long long)faults);
	return CMD_FAILED;
}

/* ---- compact ---- */

static int copy(struct cmd_call *c, const char *to, struct err *e)
{
	struct store_copying copying = { .progress = NULL };
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	progress("copying the store");
	if (op_backup(&op, to, &copying, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_str(root, "copy", to);
		cmd_print_json(c, root);
	} else
		printf("%s: a compacted copy of the store; it opens only with "
			"secrets/seal.key\n", to);
	return 0;
}

static int compact(struct cmd_call *c, struct err *e)
{
	uint64_t before, after;
	struct json *root;
	struct op op;

	if (cmd_has(c, "to"))
		return copy(c, cmd_opt(c, "to"), e);
	if (cmd_open_conf(c, &op, e) < 0)
		return -1;
	progress("compacting the store");
	if (op_store_compact(&op, c->arena, &before, &after, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_int(root, "before_bytes", (int64_t)before);
		json_set_int(root, "after_bytes", (int64_t)after);
		cmd_print_json(c, root);
	} else
		printf("from %s to %s\n", table_size(c->arena, before),
			table_size(c->arena, after));
	return 0;
}

/* ---- migrate ---- */

static int migrate(struct cmd_call *c, struct err *e)
{
	unsigned from, to;
	struct json *root;
	struct op op;

	if (cmd_open_conf(c, &op, e) < 0)
		return -1;
	progress("migrating the store");
	if (op_store_migrate(&op, c->arena, &from, &to, e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_set_int(root, "from", from);
		json_set_int(root, "to", to);
		cmd_print_json(c, root);
	} else if (from == to)
		printf("The store has schema %u: nothing to do.\n", to);
	else
		printf("from schema %u to %u\n", from, to);
	return 0;
}

/* ---- info ---- */

static void print_info(struct cmd_call *c, const struct store_info *s)
{
	static const char *const heads[] = { "", "", NULL };
	struct table *t = table_new(c->arena, heads);
	struct arena *a = c->arena;
	const char *rows[][2] = {
		{ "enrollments", table_u64(a, s->enrollments) },
		{ "commands", table_u64(a, s->commands) },
		{ "queued", table_u64(a, s->queued) },
		{ "finished", table_u64(a, s->finished) },
		{ "used", table_size(a, s->used_bytes) },
		{ "file", table_size(a, s->file_bytes) },
		{ "map size", table_size(a, s->map_size) },
		{ "readers", arena_printf(a, "%u of %u", s->readers,
			s->max_readers) },
		{ "schema", table_u64(a, s->schema) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		table_row(t, rows[i]);
	table_print(t, stdout);
}

static int info(struct cmd_call *c, struct err *e)
{
	struct store_info s;
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || store_info(op.store, &s, e) < 0)
		return -1;
	if (!c->json) {
		print_info(c, &s);
		return 0;
	}
	root = json_new_object(c->arena);
	json_set_int(root, "enrollments", (int64_t)s.enrollments);
	json_set_int(root, "commands", (int64_t)s.commands);
	json_set_int(root, "queued", (int64_t)s.queued);
	json_set_int(root, "finished", (int64_t)s.finished);
	json_set_int(root, "used_bytes", (int64_t)s.used_bytes);
	json_set_int(root, "file_bytes", (int64_t)s.file_bytes);
	json_set_int(root, "map_size", (int64_t)s.map_size);
	json_set_int(root, "readers", s.readers);
	json_set_int(root, "max_readers", s.max_readers);
	json_set_int(root, "schema", s.schema);
	cmd_print_json(c, root);
	return 0;
}

static const struct cmd_opt compact_opts[] = {
	{ "to", "FILE", "write a compacted copy instead, while others work" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_store[] = {
	{ .noun = "store", .verb = "info", .operands = "",
		.help = "Show counts and sizes", .fn = info },
	{ .noun = "store", .verb = "check", .operands = "",
		.help = "Read all of the store and report what is wrong",
		.fn = check },
	{ .noun = "store", .verb = "compact", .operands = "",
		.help = "Make the store's file as small as it can be",
		.opts = compact_opts, .fn = compact },
	{ .noun = "store", .verb = "migrate", .operands = "",
		.help = "Bring an older store to this version's schema",
		.fn = migrate },
	{ 0 },
};
