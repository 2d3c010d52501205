#ifndef MOORING_CLI_CMD_H
#define MOORING_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"

/*
 * What all commands of mooringctl share: the row that describes one, its
 * options, its exit status. The rows stand beside the functions, in
 * cmd_<noun>.c (cmd_rows.h lists them); parsing and --help come from them.
 */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,		/* it could not be done */
	CMD_USAGE = 2,		/* the command line is wrong */
	CMD_NOT_FOUND = 3,	/* no such enrollment, command, file … */
	CMD_CONFLICT = 4,	/* contradicts what is there: refused */
	CMD_BUSY = 5,		/* the store cannot be used now: try again */
	CMD_WARNED = 6,		/* health: it works, but not for long */
};

/* Options of one command; every command also has --dir, --json, --verbose
 * and --help. Ended by a row without a name. */
struct cmd_opt {
	const char *name;	/* "limit" */
	const char *arg;	/* "N", or NULL for a flag */
	const char *help;
};

struct cmd_call;
/* 0, or -1 with *e (the dispatcher prints it and picks the exit status), or
 * the exit status of a command that has said itself what went wrong. */
typedef int (*cmd_fn)(struct cmd_call *c, struct err *e);

struct cmd {
	const char *noun;
	const char *verb;	/* NULL: the noun is the command */
	const char *operands;	/* "ID... FILE|-", or "" */
	const char *help;	/* one line */
	int min, max;		/* number of operands; max < 0: any */
	const struct cmd_opt *opts;	/* NULL: none of its own */
	cmd_fn fn;
	bool reads_last;	/* the last operand is a file to read, "-" is
				 * standard input */
	bool makes_dir;		/* init: DIR need not be there, and the
				 * command itself becomes its owner */
};

struct cmd_given {
	const char *name, *value;	/* value NULL: a flag */
};
struct cmd_call {
	const struct cmd *cmd;
	const char *dir;	/* DIR, absolute */
	const char *who;	/* "cli:USER": who started it, for the audit */
	bool json, verbose;
	int argc;		/* operands */
	char **argv;
	int input;		/* reads_last: open for reading, by whoever
				 * started mooringctl */
	const struct cmd_given *given;	/* options of its own, in order */
	size_t n_given;
	struct arena *arena;	/* freed after the command */
	int64_t now;		/* seconds since 1970, read once */
};

/* An option's last value; NULL when it was not given. / Whether it was. */
const char *cmd_opt(const struct cmd_call *c, const char *name);
bool cmd_has(const struct cmd_call *c, const char *name);
/* An option that is a whole number in [min, max]; *out is left alone when it
 * was not given. CMD_OK, or CMD_USAGE after saying so. */
int cmd_opt_u64(const struct cmd_call *c, const char *name, uint64_t min,
	uint64_t max, uint64_t *out);

/* "mooringctl: …" on stderr, one line. */
void cmd_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, with a line on where help is; returns CMD_USAGE. */
int cmd_bad_usage(const struct cmd_call *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum cmd_exit cmd_exit_of(const struct err *e);

/* Prints one JSON document to stdout. */
void cmd_print_json(struct cmd_call *c, const struct json *root);

/* The whole of mooringctl: finds the row, parses, becomes the owner of DIR
 * when started as root, runs it. groups: arrays of rows, each ended by a row
 * without a noun; the list ended by NULL. */
int cmd_main(const struct cmd *const *groups, int argc, char **argv);

#endif
