/* mooringctl backup, restore. */
#include "cli/cmd_rows.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/op_backup.h"
#include "base/clk.h"
#include "base/file.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

#define FAULTS_SHOWN 20

/* A backup is whole or not there, and is checked before it is restored: both
 * take a file. */
static int check_file(const struct cmd_call *c)
{
	return !str_eq(c->argv[0], "-") ? CMD_OK : cmd_bad_usage(c,
		"FILE: %s takes a file, not a standard stream: name one and "
		"copy it (./- is a file called -)", c->cmd->noun);
}

/* ---- backup ---- */

static volatile sig_atomic_t stopped;

static void stop(int signum)
{
	(void)signum;
	stopped = 1;
}

/* A signal ends the copy in order, so that nothing is left of it. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = stop, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

struct watch {
	struct cmd_call *c;
	struct arena *a;
	bool terminal, shown;
	int64_t next_us;
};

static bool watch(uint64_t copied, uint64_t of, void *arg)
{
	struct watch *w = arg;

	if (stopped)
		return false;
	if (!w->terminal || clk_mono_us() < w->next_us)
		return true;
	w->next_us = clk_mono_us() + 1000000;
	w->shown = true;
	fprintf(stderr, "\r%s of about %s ", table_size(w->a, copied),
		table_size(w->a, of));
	arena_reset(w->a);
	return true;
}

static void say_backup(struct cmd_call *c, const char *file,
	const struct store_copying *copy)
{
	const char *ring = file_path(c->arena, c->dir, "secrets/seal.key");
	struct json *root;

	if (c->json) {
		root = json_new_object(c->arena);
		json_set_str(root, "file", file);
		json_set_int(root, "bytes", (int64_t)copy->copied);
		json_set_int(root, "grown_bytes", (int64_t)copy->grown);
		json_set_str(root, "key_ring", ring);
		cmd_print_json(c, root);
		return;
	}
	printf("%s: a backup of %s; the store grew by %s meanwhile\n", file,
		table_size(c->arena, copy->copied),
		table_size(c->arena, copy->grown));
	printf("It opens only with the key ring %s, which is not in it: keep a "
		"copy of that, apart from the backups.\n", ring);
}

static int backup(struct cmd_call *c, struct err *e)
{
	struct watch w = { .c = c, .a = cmd_scratch(c),
		.terminal = isatty(STDERR_FILENO) };
	struct store_copying copy = { .progress = watch, .arg = &w };
	struct op op;
	int rc = check_file(c);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	catch_signals();
	rc = op_backup(&op, c->argv[0], &copy, e);
	if (w.shown)
		fputc('\n', stderr);
	if (rc == 0)
		say_backup(c, c->argv[0], &copy);
	return rc;
}

/* ---- restore ---- */

struct faults {
	struct cmd_call *c;
	unsigned n;
};

static void report(const char *line, void *arg)
{
	struct faults *f = arg;

	if (f->n++ < FAULTS_SHOWN)
		cmd_complain("%s", line);
}

static void say_restored(struct cmd_call *c, const struct op *op,
	const char *kept)
{
	int64_t until = op->now + 3600 * (int64_t)op->conf->guard_hours;
	struct json *root;

	if (c->json) {
		root = json_new_object(c->arena);
		json_set_str(root, "restored", c->argv[0]);
		json_set_str(root, "kept", kept);
		cmd_json_time(root, "guard_armed_until",
			op->conf->guard_hours != 0 ? until : 0);
		cmd_print_json(c, root);
		return;
	}
	printf("%s: checked, and restored\n", c->argv[0]);
	if (kept != NULL)
		printf("The database that was here before is kept as %s; remove "
			"it when all is well.\n", kept);
	if (op->conf->guard_hours != 0)
		printf("Until %s unknown devices, such as those that enrolled "
			"after the backup, are told to come back later and not "
			"to remove their management; see mooringctl guard.\n",
			table_time(c->arena, until));
}

static int restore(struct cmd_call *c, struct err *e)
{
	struct faults f = { c, 0 };
	const char *kept;
	struct op op;
	int rc = check_file(c);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open_conf(c, &op, e) < 0)
		return -1;
	if (op_restore(&op, c->argv[0], report, &f, c->arena, &kept, e) < 0)
		return -1;
	say_restored(c, &op, kept);
	return 0;
}

const struct cmd cmd_backup[] = {
	{ .noun = "backup", .operands = "FILE", .min = 1, .max = 1,
		.help = "Copy the store to a new file, while others work",
		.fn = backup },
	{ .noun = "restore", .operands = "FILE", .min = 1, .max = 1,
		.help = "Put a backup in the store's place", .fn = restore },
	{ 0 },
};
