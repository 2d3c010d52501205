/* Running one command of mooringctl: its row is found, its options are
 * parsed, its result becomes an exit status. Knows no command. */
#include "cli/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clk.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/cmd_help.h"
#include "base/owner.h"
#include "conf/conf.h"

#define OPTS_MAX 32	/* options of a command, the common ones included */
#define GIVEN_MAX 4096	/* times an option may be given in one call */

const char *cmd_opt(const struct cmd_call *c, const char *name)
{
	for (size_t i = c->n_given; i > 0; i--)
		if (str_eq(c->given[i - 1].name, name))
			return c->given[i - 1].value;
	return NULL;
}

bool cmd_has(const struct cmd_call *c, const char *name)
{
	for (size_t i = 0; i < c->n_given; i++)
		if (str_eq(c->given[i].name, name))
			return true;
	return false;
}

int cmd_opt_u64(const struct cmd_call *c, const char *name, uint64_t min,
	uint64_t max, uint64_t *out)
{
	const char *v = cmd_opt(c, name);

	if (v == NULL || str_u64(v, min, max, out))
		return 0;
	return cmd_bad_usage(c, "--%s: not a number from %llu to %llu", name,
		(unsigned long long)min, (unsigned long long)max);
}

static void complain(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));
static void complain(const char *fmt, va_list ap)
{
	struct err line = ERR_INIT;
	char text[sizeof(line.msg)];

	/* err_set makes one printable line of whatever the operands hold. */
	vsnprintf(text, sizeof(text), fmt, ap);
	err_set(&line, ERR_BAD_INPUT, "%s", text);
	fflush(stdout);
	fprintf(stderr, "mooringctl: %s\n", line.msg);
}

void cmd_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
}

int cmd_bad_usage(const struct cmd_call *c, const char *fmt, ...)
{
	const struct cmd *k = c != NULL ? c->cmd : NULL;
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try: mooringctl %s%s%s%s--help\n",
		k != NULL ? k->noun : "", k != NULL ? " " : "",
		k != NULL && k->verb != NULL ? k->verb : "",
		k != NULL && k->verb != NULL ? " " : "");
	return CMD_USAGE;
}

enum cmd_exit cmd_exit_of(const struct err *e)
{
	switch (e->kind) {
	case ERR_NOT_FOUND:
		return CMD_NOT_FOUND;
	case ERR_CONFLICT:
		return CMD_CONFLICT;
	case ERR_BUSY:
		return CMD_BUSY;
	default:
		return CMD_FAILED;
	}
}

void cmd_print_json(struct cmd_call *c, const struct json *root)
{
	puts(json_text(root, "  ", c->arena));
}

/* ---- the command line ---- */

enum { OPT_DIR = 256, OPT_JSON, OPT_VERSION, OPT_OWN };

static const struct option common[] = {
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
};
#define N_COMMON (sizeof(common) / sizeof(common[0]))

struct parse {
	struct cmd_call *c;
	struct cmd_given *given;
	bool help, version;
};

static int take_option(struct parse *p, const struct cmd_opt *own, int opt)
{
	switch (opt) {
	case OPT_DIR:
		p->c->dir = optarg;
		return CMD_OK;
	case OPT_JSON:
		p->c->json = true;
		return CMD_OK;
	case OPT_VERSION:
		p->version = true;
		return CMD_OK;
	case 'v':
		p->c->verbose = true;
		return CMD_OK;
	case 'h':
		p->help = true;
		return CMD_OK;
	default:
		if (p->c->n_given == GIVEN_MAX)
			return cmd_bad_usage(p->c, "more than %d options", GIVEN_MAX);
		p->given[p->c->n_given++] = (struct cmd_given){
			own[opt - OPT_OWN].name, optarg };
		return CMD_OK;
	}
}

/* One run of getopt_long: before the noun only the common options (stopping
 * at the first operand), after it those of the command too, anywhere. */
static int parse_options(struct parse *p, const struct cmd_opt *own, int argc,
	char **argv)
{
	struct option table[OPTS_MAX + 1] = { { 0 } };
	const char *letters = p->c->cmd == NULL ? "+:hv" : ":hv";
	size_t n = N_COMMON;
	int opt, rc = CMD_OK;

	memcpy(table, common, sizeof(common));
	for (int i = 0; own != NULL && own[i].name != NULL && n < OPTS_MAX; i++)
		table[n++] = (struct option){ own[i].name, own[i].arg != NULL ?
			required_argument : no_argument, NULL, OPT_OWN + i };
	optind = 0;	/* start anew: the letters may have changed */
	opterr = 0;
	while (rc == CMD_OK &&
		(opt = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (opt == ':')
			return cmd_bad_usage(p->c, "%s needs a value",
				argv[optind - 1]);
		if (opt == '?')
			return optopt > 0 && optopt < 256 ?
				cmd_bad_usage(p->c, "unknown option -%c", optopt) :
				cmd_bad_usage(p->c, "option %s is unknown, "
					"ambiguous, or takes no value",
					argv[optind - 1]);
		rc = take_option(p, own, opt);
	}
	return rc;
}

static const struct cmd *find(const struct cmd *const *groups,
	const char *noun, const char *verb, bool *noun_known)
{
	for (; *groups != NULL; groups++)
		for (const struct cmd *k = *groups; k->noun != NULL; k++) {
			if (!str_eq(k->noun, noun))
				continue;
			*noun_known = true;
			if (k->verb == NULL || str_eq(k->verb, verb))
				return k;
		}
	return NULL;
}

/* ---- running it ---- */

static char *absolute(struct arena *a, const char *path)
{
	char *cwd, *full;

	if (path[0] == '/')
		return arena_strdup(a, path);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return NULL;
	full = file_path(a, cwd, path);
	free(cwd);
	return full;
}

/* Before root becomes the owner of DIR. */
static char *starter(struct arena *a)
{
	struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? arena_printf(a, "cli:%s", pw->pw_name) :
		arena_printf(a, "cli:%lu", (unsigned long)getuid());
}

/* What root names is root's to read, even where the owner of DIR may not. */
static int open_input(struct cmd_call *c, struct err *e)
{
	const char *path = c->argv[c->argc - 1];

	if (strcmp(path, "-") == 0) {
		c->input = STDIN_FILENO;
		return 0;
	}
	c->input = open(path, O_RDONLY | O_CLOEXEC);
	if (c->input < 0)
		return err_errno(e, errno == ENOENT ? ERR_NOT_FOUND :
			ERR_BAD_INPUT, errno, "%.160s", path);
	return 0;
}

/* Who may not, when root has become the owner of DIR. */
static const char *as_owner(struct arena *a)
{
	struct passwd *pw = getpwuid(geteuid());

	return arena_printf(a, " (as %s, to whom the data directory belongs)",
		pw != NULL ? pw->pw_name : "the user");
}

static int run(struct cmd_call *c)
{
	bool root = geteuid() == 0;
	struct err e = ERR_INIT;
	int rc;

	umask(077);
	log_open("mooringctl", c->verbose ? LOG_INFO : LOG_WARN);
	if (c->dir == NULL)
		c->dir = conf_default_dir();
	c->dir = absolute(c->arena, c->dir);
	if (c->dir == NULL) {
		cmd_complain("cannot tell the current folder: %s", strerror(errno));
		return CMD_FAILED;
	}
	c->who = starter(c->arena);
	c->now = clk_now();
	rc = c->cmd->reads_last ? open_input(c, &e) : 0;
	if (rc == 0 && !c->cmd->makes_dir)
		rc = owner_become_of(c->dir, &e);
	if (rc == 0)
		rc = c->cmd->fn(c, &e);
	if (rc < 0) {
		/* To root this would be a riddle. */
		cmd_complain("%s%s", e.msg, root && geteuid() != 0 &&
			strstr(e.msg, strerror(EACCES)) != NULL ?
			as_owner(c->arena) : "");
		rc = (int)cmd_exit_of(&e);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		cmd_complain("cannot write the output: %s", strerror(errno));
		rc = rc == CMD_OK ? CMD_FAILED : rc;
	}
	return rc;
}

static int print_version(void)
{
	puts("mooringctl " PACKAGE_VERSION);
	return CMD_OK;
}

/* argv[0] is the last word of the command's name. */
static int parse_and_run(struct parse *p, int argc, char **argv)
{
	struct cmd_call *c = p->c;
	int rc = parse_options(p, c->cmd->opts, argc, argv);

	if (rc != CMD_OK)
		return rc;
	if (p->version)
		return print_version();
	if (p->help) {
		cmd_help_command(stdout, c->cmd);
		return CMD_OK;
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	if (c->argc < c->cmd->min)
		return cmd_bad_usage(c, "expected %s", c->cmd->operands);
	if (c->cmd->max >= 0 && c->argc > c->cmd->max)
		return cmd_bad_usage(c, "unexpected operand %s",
			c->argv[c->cmd->max]);
	return run(c);
}

static int dispatch(const struct cmd *const *groups, struct parse *p,
	int argc, char **argv)
{
	const char *noun, *verb;
	bool known = false;
	int rc = parse_options(p, NULL, argc, argv), at = optind;

	if (rc != CMD_OK)
		return rc;
	if (p->version)
		return print_version();
	if (at == argc) {
		cmd_help_all(p->help ? stdout : stderr, groups, NULL);
		return p->help ? CMD_OK : CMD_USAGE;
	}
	noun = argv[at];
	verb = at + 1 < argc ? argv[at + 1] : NULL;
	p->c->cmd = find(groups, noun, verb, &known);
	if (p->c->cmd == NULL && known && (p->help || verb == NULL ||
			str_eq(verb, "--help") || str_eq(verb, "-h"))) {
		bool asked = p->help || verb != NULL;

		cmd_help_all(asked ? stdout : stderr, groups, noun);
		return asked ? CMD_OK : CMD_USAGE;
	}
	if (p->c->cmd == NULL)
		return known ? cmd_bad_usage(NULL, "%s: unknown command %s", noun,
			verb) : cmd_bad_usage(NULL, "unknown command %s", noun);
	at += p->c->cmd->verb != NULL;
	return parse_and_run(p, argc - at, argv + at);
}

int cmd_main(const struct cmd *const *groups, int argc, char **argv)
{
	struct arena *a = arena_new();
	struct cmd_call c = { .arena = a, .input = -1 };
	struct parse p = { .c = &c };
	int rc;

	p.given = arena_alloc(a, GIVEN_MAX * sizeof(*p.given));
	c.given = p.given;
	rc = dispatch(groups, &p, argc, argv);
	arena_free(a);
	return rc;
}
