/* mooringctl webhooks. A key comes from a file or standard input, or is made:
 * a command line can be seen by others. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/op_json.h"
#include "admin/op_webhook.h"
#include "base/file.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

/* ---- looking ---- */

static const char *state_of(struct cmd_call *c, const struct op_webhook *w)
{
	if (w->hook->paused)
		return "paused";
	if (w->state.hold_until > c->now)
		return "waits";
	return w->state.failures > 0 ? "fails" : "ok";
}

static const char *topics_of(const struct op_webhook *w)
{
	const char *topics = w->hook->topics;

	return topics != NULL && *topics != '\0' ? topics : "all";
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "NUMBER", "NAME", "STATE",
		"FAILURES", "LAST OK", "TOPICS", "URL", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "webhooks");
	struct table *t = table_new(c->arena, heads);
	struct op_webhook *hooks;
	struct op op;
	size_t n;

	if (cmd_open(c, &op, e) < 0 ||
		op_webhook_list(&op, c->arena, &hooks, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct op_webhook *w = &hooks[i];
		const char *cells[] = { arena_printf(c->arena, "@%llu",
			(unsigned long long)w->hook->num), w->hook->name,
			state_of(c, w), table_u64(c->arena, w->state.failures),
			table_time(c->arena, w->state.last_ok),
			topics_of(w), w->hook->url };

		table_row(t, cells);
		op_json_webhook(json_add_object(items), w, c->now,
			c->arena);
	}
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(t, stdout);
	return 0;
}

static void field(struct table *t, const char *name, const char *value)
{
	const char *cells[] = { name, value };

	if (value != NULL && strcmp(value, "-") != 0)
		table_row(t, cells);
}

static void print_one(struct cmd_call *c, const struct op_webhook *w,
	const char *made)
{
	static const char *const heads[] = { "", "", NULL };
	struct table *t = table_new(c->arena, heads);
	const struct webhook *h = w->hook;

	field(t, "name", h->name);
	field(t, "number", arena_printf(c->arena, "@%llu",
		(unsigned long long)h->num));
	field(t, "url", h->url);
	field(t, "topics", topics_of(w));
	field(t, "idle", h->idle ? "yes" : "no");
	field(t, "signed", h->key.p != NULL ? "yes" : "no");
	field(t, "state", state_of(c, w));
	field(t, "created", table_time(c->arena, h->created));
	field(t, "last delivery", table_time(c->arena, w->state.last_ok));
	field(t, "last failure", table_time(c->arena, w->state.last_failed));
	if (w->state.failures > 0)
		field(t, "failures in a row",
			table_u64(c->arena, w->state.failures));
	if (w->state.hold_until > c->now)
		field(t, "tried again",
			table_time(c->arena, w->state.hold_until));
	field(t, "last error", w->state.last_error);
	field(t, "key", made);
	table_print(t, stdout);
}

/* made: the key, when it was made now; it is never seen again. */
static void print(struct cmd_call *c, const struct op_webhook *w,
	const char *made)
{
	struct json *root;

	if (c->json) {
		root = json_new_object(c->arena);
		op_json_webhook(root, w, c->now, c->arena);
		json_set_str(root, "key", made);
		cmd_print_json(c, root);
		return;
	}
	print_one(c, w, made);
	if (made != NULL)
		puts("The key is not shown again. The receiver checks "
			"X-Hmac-Signature with it.");
}

static int show(struct cmd_call *c, struct err *e)
{
	struct op_webhook w;
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		op_webhook_get(&op, c->argv[0], c->arena, &w, e) < 0)
		return -1;
	print(c, &w, NULL);
	return 0;
}

/* ---- changing ---- */

/* The text of a file, or of standard input, without its line end. */
static int read_key(struct cmd_call *c, const char *path, const char **out,
	struct err *e)
{
	bool std = strcmp(path, "-") == 0;
	struct bytes b;

	if ((std ? file_read_fd(STDIN_FILENO, OP_WEBHOOK_KEY_MAX + 2, c->arena,
		&b, e) : file_read(path, OP_WEBHOOK_KEY_MAX + 2, c->arena, &b,
			e)) < 0)
		return err_wrap(e, "key");
	if (b.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "key: no file %.160s", path);
	if (b.n > 0 && b.p[b.n - 1] == '\n')
		b.n--;
	if (b.n > 0 && b.p[b.n - 1] == '\r')
		b.n--;
	if (b.n == 0 || !str_is_utf8(b.p, b.n) ||
		memchr(b.p, '\n', b.n) != NULL)
		return err_set(e, ERR_BAD_INPUT, "key: use one line of text");
	*out = arena_str(c->arena, b);
	return 0;
}

/* --key, --new-key, --no-key. made: when one is to be shown. */
static int take_key(struct cmd_call *c, struct op_webhook_set *in,
	const char **made, struct err *e)
{
	int n = cmd_has(c, "key") + cmd_has(c, "new-key") +
		cmd_has(c, "no-key");

	*made = NULL;
	if (n > 1)
		return cmd_bad_usage(c, "--key, --new-key and --no-key exclude "
			"each other");
	if (cmd_has(c, "new-key"))
		in->key = *made = op_webhook_key(c->arena);
	if (cmd_has(c, "no-key"))
		in->key = "";
	return cmd_has(c, "key") ?
		read_key(c, cmd_opt(c, "key"), &in->key, e) : 0;
}

/* CMD_OK, or CMD_USAGE after saying so. */
static int take_idle(struct cmd_call *c, const bool **out)
{
	static const bool yes = true, no = false;
	const char *v = cmd_opt(c, "idle");

	if (v == NULL)
		return CMD_OK;
	*out = str_eq(v, "yes") ? &yes : &no;
	if (!str_eq(v, "yes") && !str_eq(v, "no"))
		return cmd_bad_usage(c, "--idle: use yes or no");
	return CMD_OK;
}

static int take(struct cmd_call *c, struct op_webhook_set *in,
	const char **made, struct err *e)
{
	static const bool paused = true;
	int rc;

	in->topics = cmd_opt(c, "topics");
	if (cmd_has(c, "paused"))
		in->paused = &paused;
	rc = take_idle(c, &in->idle);
	return rc != CMD_OK ? rc : take_key(c, in, made, e);
}

static int add(struct cmd_call *c, struct err *e)
{
	struct op_webhook_set in = { .name = c->argv[0], .url = c->argv[1] };
	struct op_webhook w;
	const char *made;
	struct op op;
	int rc = take(c, &in, &made, e);

	if (rc != 0)
		return rc;
	if (in.key == NULL)
		in.key = made = op_webhook_key(c->arena);
	if (cmd_open(c, &op, e) < 0 ||
		op_webhook_new(&op, &in, c->arena, &w, e) < 0)
		return -1;
	print(c, &w, made);
	return 0;
}

static int change(struct cmd_call *c, const struct op_webhook_set *in,
	const char *made, struct err *e)
{
	struct op_webhook w;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_webhook_change(&op, c->argv[0], in,
		c->arena, &w, e) < 0)
		return -1;
	print(c, &w, made);
	return 0;
}

static int set(struct cmd_call *c, struct err *e)
{
	struct op_webhook_set in = { .name = cmd_opt(c, "name"),
		.url = cmd_opt(c, "url") };
	const char *made;
	int rc = take(c, &in, &made, e);

	if (rc != 0)
		return rc;
	if (c->n_given == 0)
		return cmd_bad_usage(c, "what is to be set?");
	return change(c, &in, made, e);
}

static int set_paused(struct cmd_call *c, bool paused, struct err *e)
{
	struct op_webhook_set in = { .paused = &paused };

	return change(c, &in, NULL, e);
}

static int suspend(struct cmd_call *c, struct err *e)
{
	return set_paused(c, true, e);
}

static int resume(struct cmd_call *c, struct err *e)
{
	return set_paused(c, false, e);
}

static int forget(struct cmd_call *c, struct err *e)
{
	struct json *root;
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		op_webhook_remove(&op, c->argv[0], c->arena, e) < 0)
		return -1;
	if (!c->json) {
		printf("%s: removed, with what waited for it\n",
			cmd_line(c, c->argv[0]));
		return 0;
	}
	root = json_new_object(c->arena);
	json_set_bool(root, "removed", true);
	cmd_print_json(c, root);
	return 0;
}

#define KEY_AND_TOPICS \
	{ "topics", "LIST", "only these: \"mdm.Connect, mooring.*\" (all)" }, \
	{ "idle", "yes|no", "Idle polls too (yes)" }, \
	{ "key", "FILE|-", "the HMAC key, one line of text" }, \
	{ "no-key", NULL, "do not sign" }

static const struct cmd_opt add_opts[] = {
	KEY_AND_TOPICS,
	{ "paused", NULL, "collect events, send none until resumed" },
	{ NULL, NULL, NULL },
};
static const struct cmd_opt set_opts[] = {
	{ "name", "NAME", "another name" },
	{ "url", "URL", "another URL" },
	KEY_AND_TOPICS,
	{ "new-key", NULL, "make a new HMAC key, and print it" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_webhooks[] = {
	{ .noun = "webhooks", .verb = "list", .operands = "",
		.help = "List the webhooks", .fn = list },
	{ .noun = "webhooks", .verb = "show", .operands = "WEBHOOK",
		.help = "Show one webhook",
		.min = 1, .max = 1, .fn = show },
	{ .noun = "webhooks", .verb = "add", .operands = "NAME URL",
		.help = "Send events to a URL",
		.min = 2, .max = 2, .opts = add_opts, .fn = add },
	{ .noun = "webhooks", .verb = "set", .operands = "WEBHOOK",
		.help = "Change a webhook",
		.min = 1, .max = 1, .opts = set_opts, .fn = set },
	{ .noun = "webhooks", .verb = "pause", .operands = "WEBHOOK",
		.help = "Keep events back until it is resumed",
		.min = 1, .max = 1, .fn = suspend },
	{ .noun = "webhooks", .verb = "resume", .operands = "WEBHOOK",
		.help = "Send again, at once, also after failures",
		.min = 1, .max = 1, .fn = resume },
	{ .noun = "webhooks", .verb = "remove", .operands = "WEBHOOK",
		.help = "Remove a webhook and what waits for it",
		.min = 1, .max = 1, .fn = forget },
	{ 0 },
};
