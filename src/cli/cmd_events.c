/* mooringctl events: what waits for webhooks, or was given up. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_json.h"
#include "base/enc.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

/* ---- list ---- */

static void row(struct table *t, struct arena *a, const struct op_delivery *d)
{
	bool buried = d->d.state == DELIVERY_BURIED;
	const char *cells[] = {
		table_u64(a, d->d.seq), d->d.topic,
		d->webhook != NULL ? d->webhook : arena_printf(a, "@%llu",
			(unsigned long long)d->d.webhook),
		table_time(a, d->d.created), table_u64(a, d->d.attempts),
		table_time(a, buried ? d->d.buried : d->d.due),
		table_bytes(a, d->id_text), d->d.why,
	};

	table_row(t, cells);
}

static int take_query(struct cmd_call *c, struct op_delivery_query *q)
{
	const char *after = cmd_opt(c, "after");

	*q = (struct op_delivery_query){
		.state = cmd_has(c, "buried") ? DELIVERY_BURIED :
			DELIVERY_WAITING,
		.webhook = cmd_opt(c, "webhook"),
		.id = bytes_str(cmd_opt(c, "enrollment")),
	};
	if (cmd_has(c, "buried") && cmd_has(c, "waiting"))
		return cmd_bad_usage(c, "--buried and --waiting exclude each "
			"other");
	if (after != NULL && !enc_unhex(c->arena, after, &q->cursor))
		return cmd_bad_usage(c, "--after: use what the page before it "
			"printed");
	return CMD_OK;
}

static void print_list(struct cmd_call *c, struct table *t,
	struct json *root, struct bytes next)
{
	const char *text = next.p != NULL ? enc_hex(c->arena, next) : NULL;

	if (c->json) {
		json_set_str(root, "next", text);
		cmd_print_json(c, root);
		return;
	}
	table_print(t, stdout);
	if (text != NULL)
		printf("There are more: --after %s\n", text);
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const waiting[] = { "SEQ", "TOPIC", "WEBHOOK",
		"CREATED", "FAILED", "DUE", "ENROLLMENT", "WHY", NULL };
	static const char *const buried[] = { "SEQ", "TOPIC", "WEBHOOK",
		"CREATED", "FAILED", "BURIED", "ENROLLMENT", "WHY", NULL };
	struct table *t = table_new(c->arena,
		cmd_has(c, "buried") ? buried : waiting);
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "events");
	struct op_deliveries page = { .next = { NULL, 0 } };
	struct op_delivery_query q;
	struct cmd_limit limit;
	struct op op;
	int rc = cmd_limit(c, &limit);

	if (rc == CMD_OK)
		rc = take_query(c, &q);
	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		q.limit = cmd_limit_page(&limit);
		if (op_delivery_list(&op, &q, c->arena, &page, e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			if (c->json)
				op_json_delivery(json_add_object(items),
					&page.list[i], c->arena);
			else
				row(t, c->arena, &page.list[i]);
		limit.left -= page.n;
		q.cursor = page.next;
	} while (page.next.p != NULL && cmd_limit_page(&limit) > 0);
	print_list(c, t, root, page.next);
	return 0;
}

/* ---- show, replay ---- */

/* CMD_OK, or CMD_USAGE after saying so. */
static int take_seq(struct cmd_call *c, const char *text, uint64_t *out)
{
	if (str_u64(text, 1, UINT64_MAX, out))
		return CMD_OK;
	return cmd_bad_usage(c, "%s: not the number of an event", text);
}

static int show(struct cmd_call *c, struct err *e)
{
	struct event *ev;
	struct op op;
	uint64_t seq;
	char *json;
	int rc = take_seq(c, c->argv[0], &seq);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		op_event_show(&op, seq, c->arena, &ev, &json, e) < 0)
		return -1;
	puts(json);
	return 0;
}

static int print_replayed(struct cmd_call *c, uint64_t n)
{
	struct json *root;

	if (!c->json) {
		printf("%llu queued again\n", (unsigned long long)n);
		return 0;
	}
	root = json_new_object(c->arena);
	json_set_int(root, "queued", (int64_t)n);
	cmd_print_json(c, root);
	return 0;
}

static int replay(struct cmd_call *c, struct err *e)
{
	bool all = cmd_has(c, "all"), queued;
	uint64_t seq = 0, n = 0;
	struct op op;
	int rc = CMD_OK;

	if (all != (c->argc == 1))
		return cmd_bad_usage(c, "expected WEBHOOK SEQ, or --all WEBHOOK");
	if (!all)
		rc = take_seq(c, c->argv[1], &seq);
	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	if (all) {
		if (op_event_replay_all(&op, c->argv[0], &n, c->arena, e) < 0)
			return -1;
		return print_replayed(c, n);
	}
	if (op_event_replay(&op, c->argv[0], seq, &queued, c->arena, e) < 0)
		return -1;
	return print_replayed(c, queued);
}

static const struct cmd_opt list_opts[] = {
	{ "waiting", NULL, "what waits for delivery (the default)" },
	{ "buried", NULL, "what was given up" },
	{ "webhook", "WEBHOOK", "only of this webhook" },
	{ "enrollment", "ID", "only of this enrollment" },
	{ "after", "CURSOR", "the next page" },
	{ "limit", "N", "at most N events (100)" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};
static const struct cmd_opt replay_opts[] = {
	{ "all", NULL, "all that is buried of this webhook" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_events[] = {
	{ .noun = "events", .verb = "list", .operands = "",
		.help = "List events that wait for a webhook, or were given up",
		.opts = list_opts, .fn = list },
	{ .noun = "events", .verb = "show", .operands = "SEQ",
		.help = "Print an event as webhooks get it (may hold secrets)",
		.min = 1, .max = 1, .fn = show },
	{ .noun = "events", .verb = "replay", .operands = "WEBHOOK [SEQ]",
		.help = "Deliver again: one event, or all that is buried",
		.min = 1, .max = 2, .opts = replay_opts, .fn = replay },
	{ 0 },
};
