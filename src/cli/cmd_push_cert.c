/* mooringctl push-cert. */
#include "cli/cmd_rows.h"

#include <stdio.h>

#include "admin/op_push_cert.h"
#include "cli/cmd_op.h"
#include "cli/table.h"
#include "crypto/pem_pair.h"

static void json_cert(struct json *o, const struct push_cert *p)
{
	json_set_str(o, "topic", p->topic);
	cmd_json_time(o, "not_before", p->not_before);
	cmd_json_time(o, "not_after", p->not_after);
	cmd_json_time(o, "added", p->added);
	cmd_json_time(o, "stopped", p->stopped);
	json_set_str(o, "why", p->why);
}

static int put(struct cmd_call *c, struct err *e)
{
	struct push_cert *p;
	struct json *root;
	struct bytes in;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || cmd_read(c, PEM_PAIR_MAX, &in, e) < 0 ||
		op_push_cert_put(&op, in, cmd_has(c, "force"), c->arena, &p,
			e) < 0)
		return -1;
	if (c->json) {
		root = json_new_object(c->arena);
		json_cert(root, p);
		cmd_print_json(c, root);
	} else
		printf("%s is pushed to with this certificate until %s\n",
			cmd_line(c, p->topic), table_time(c->arena, p->not_after));
	return 0;
}

static int list(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "TOPIC", "VALID UNTIL", "ADDED",
		"STOPPED", "WHY", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "push_certs");
	struct table *t = table_new(c->arena, heads);
	struct push_cert **all;
	struct op op;
	size_t n;

	if (cmd_open(c, &op, e) < 0 || op_push_cert_list(&op, c->arena, &all, &n,
		e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { all[i]->topic,
			table_time(c->arena, all[i]->not_after),
			table_time(c->arena, all[i]->added),
			table_time(c->arena, all[i]->stopped), all[i]->why };

		json_cert(json_add_object(items), all[i]);
		table_row(t, cells);
	}
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(t, stdout);
	return 0;
}

static int done(struct cmd_call *c, const char *what)
{
	struct json *root = json_new_object(c->arena);

	if (c->json) {
		json_set_str(root, "topic", c->argv[0]);
		json_set_bool(root, what, true);
		cmd_print_json(c, root);
	} else
		printf("%s: %s\n", cmd_line(c, c->argv[0]), what);
	return 0;
}

static int resume(struct cmd_call *c, struct err *e)
{
	struct op op;

	if (cmd_open(c, &op, e) < 0 ||
		op_push_cert_resume(&op, c->argv[0], e) < 0)
		return -1;
	return done(c, "resumed");
}

static int remove_cert(struct cmd_call *c, struct err *e)
{
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_push_cert_del(&op, c->argv[0], e) < 0)
		return -1;
	return done(c, "removed");
}

static const struct cmd_opt put_opts[] = {
	{ "force", NULL, "another topic than the enrolled devices use, or one "
		"that expires earlier" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_push_cert[] = {
	{ .noun = "push-cert", .verb = "put", .operands = "FILE|-",
		.help = "Put an MDM push certificate, with its key (PEM)",
		.min = 1, .max = 1, .opts = put_opts, .fn = put,
		.reads_last = true },
	{ .noun = "push-cert", .verb = "list", .operands = "",
		.help = "List the push certificates",
		.min = 0, .max = 0, .fn = list },
	{ .noun = "push-cert", .verb = "resume", .operands = "TOPIC",
		.help = "Push again to a topic that was stopped",
		.min = 1, .max = 1, .fn = resume },
	{ .noun = "push-cert", .verb = "remove", .operands = "TOPIC",
		.help = "Remove a push certificate",
		.min = 1, .max = 1, .fn = remove_cert },
	{ 0 },
};
