/* --help, made from the rows of the commands. */
#include "cli/cmd_help.h"

#include <string.h>

#include "base/str.h"

static const struct cmd_opt common[] = {
	{ "dir", "DIR", "the data directory (default: MOORING_DIR, or "
		MOORING_DEFAULT_DIR ")" },
	{ "json", NULL, "print one JSON document" },
	{ "verbose", NULL, "log what is changed on stderr" },
	{ "help", NULL, "this text" },
	{ "version", NULL, "print the version" },
	{ NULL, NULL, NULL },
};

static void print_opts(FILE *to, const struct cmd_opt *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		int n = fprintf(to, "  --%s%s%s", o->name, o->arg ? " " : "",
			o->arg ? o->arg : "");

		fprintf(to, "%*s%s\n", n < 29 ? 30 - n : 2, "", o->help);
	}
}

void cmd_help_command(FILE *to, const struct cmd *k)
{
	fprintf(to, "usage: mooringctl %s%s%s%s%s [options]\n%s.\n", k->noun,
		k->verb ? " " : "", k->verb ? k->verb : "",
		k->operands[0] ? " " : "", k->operands, k->help);
	if (k->opts != NULL) {
		fputs("\noptions:\n", to);
		print_opts(to, k->opts);
	}
	fputs("\ncommon options:\n", to);
	print_opts(to, common);
}

void cmd_help_all(FILE *to, const struct cmd *const *groups,
	const char *noun)
{
	fprintf(to, "usage: mooringctl [--dir DIR] %s [options]\n\n",
		noun != NULL ? noun : "COMMAND");
	for (; *groups != NULL; groups++)
		for (const struct cmd *k = *groups; k->noun != NULL; k++) {
			int n;

			if (noun != NULL && !str_eq(noun, k->noun))
				continue;
			n = fprintf(to, "  %s%s%s%s%s", k->noun,
				k->verb ? " " : "", k->verb ? k->verb : "",
				k->operands[0] ? " " : "", k->operands);
			fprintf(to, "%*s%s\n", n < 31 ? 32 - n : 2, "", k->help);
		}
	fputs("\ncommon options:\n", to);
	print_opts(to, common);
	fputs("\nEach command has --help; the manual is mooringctl(8).\n", to);
}
