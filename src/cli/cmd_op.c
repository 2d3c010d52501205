/* What commands on a data directory share. */
#include "cli/cmd_op.h"

#include <string.h>
#include <unistd.h>

#include "admin/op_json.h"
#include "base/file.h"

int cmd_open(struct cmd_call *c, struct op *out, struct err *e)
{
	return op_open(c->dir, c->who, c->now, c->arena, out, e);
}

int cmd_open_conf(struct cmd_call *c, struct op *out, struct err *e)
{
	return op_open_conf(c->dir, c->who, c->now, c->arena, out, e);
}

const char *cmd_line(struct cmd_call *c, const char *s)
{
	return op_line(bytes_str(s), SIZE_MAX, c->arena);
}

static void free_arena(void *a)
{
	arena_free(a);
}

struct arena *cmd_scratch(struct cmd_call *c)
{
	struct arena *a = arena_new();

	arena_defer(c->arena, free_arena, a);
	return a;
}

int cmd_read(struct cmd_call *c, size_t max, struct bytes *out,
	struct err *e)
{
	const char *path = c->argv[c->argc - 1];
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	if (file_read_fd(c->input, max, c->arena, out, e) < 0)
		return err_wrap(e, "%.160s", name);
	if (out->n == 0)
		return err_set(e, ERR_BAD_INPUT, "%.160s: is empty", name);
	return 0;
}

int cmd_limit(const struct cmd_call *c, struct cmd_limit *out)
{
	out->left = CMD_LIMIT_DEFAULT;
	if (cmd_has(c, "all")) {
		if (cmd_has(c, "limit"))
			return cmd_bad_usage(c, "--all and --limit exclude each "
				"other");
		out->left = UINT64_MAX;
		return CMD_OK;
	}
	return cmd_opt_u64(c, "limit", 1, UINT64_MAX - 1, &out->left);
}

size_t cmd_limit_page(const struct cmd_limit *l)
{
	return l->left < CMD_PAGE ? (size_t)l->left : CMD_PAGE;
}

void cmd_json_time(struct json *obj, const char *key, int64_t t)
{
	op_json_time(obj, key, t);
}

void cmd_json_bytes(struct cmd_call *c, struct json *obj, const char *key,
	struct bytes value)
{
	op_json_bytes(obj, key, value, c->arena);
}
