/* mooringctl config. */
#include "cli/cmd_rows.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

static void print_json(struct cmd_call *c, char *text)
{
	struct json *root = json_new_object(c->arena);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		char *eq = strstr(line, " = ");

		if (eq == NULL)
			continue;
		*eq = '\0';
		json_set_str(root, line, eq + 3);
	}
	cmd_print_json(c, root);
}

static int config_check(struct cmd_call *c, struct err *e)
{
	struct conf *conf;
	const char *doubt;
	char *text;

	if (conf_load(c->dir, c->arena, &conf, e) < 0)
		return -1;
	text = conf_text(conf, c->arena);
	if (c->json)
		print_json(c, text);
	else
		fputs(text, stdout);
	doubt = conf_doubt(conf, c->arena);
	if (doubt != NULL)
		fprintf(stderr, "mooringctl: warning: %s\n", doubt);
	return 0;
}

const struct cmd cmd_config[] = {
	{ .noun = "config", .verb = "check", .operands = "",
		.help = "Read mooring.conf and print the effective settings",
		.fn = config_check },
	{ 0 },
};
