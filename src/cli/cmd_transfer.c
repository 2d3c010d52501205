/* mooringctl export, import. */
#include "cli/cmd_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/op_transfer.h"
#include "base/file.h"
#include "cli/cmd_op.h"
#include "cli/table.h"

#define TOKEN_FILE_MAX 4096

static void report(const struct op_transferred *so_far, const char *line,
	void *arg)
{
	(void)arg;
	if (line != NULL)
		cmd_complain("%s", line);
	else if (isatty(STDERR_FILENO))
		fprintf(stderr, "%llu …\n", (unsigned long long)
			(so_far->devices + so_far->users));
}

/* stdout holds the lines themselves when they go there. */
static int say(struct cmd_call *c, const char *what,
	const struct op_transferred *t, bool lines_on_stdout)
{
	struct json *root = json_new_object(c->arena);

	if (c->json && !lines_on_stdout) {
		json_set_int(root, "devices", (int64_t)t->devices);
		json_set_int(root, "users", (int64_t)t->users);
		json_set_int(root, "skipped", (int64_t)t->skipped);
		json_set_int(root, "failed", (int64_t)t->failed);
		cmd_print_json(c, root);
	} else
		fprintf(lines_on_stdout ? stderr : stdout, "%s: %llu devices, "
			"%llu user channels; %llu skipped, %llu failed\n", what,
			(unsigned long long)t->devices,
			(unsigned long long)t->users,
			(unsigned long long)t->skipped,
			(unsigned long long)t->failed);
	return t->failed > 0 ? CMD_FAILED : CMD_OK;
}

/* ---- export ---- */

/* A new file; gone again when it does not become whole. */
static int export_file(struct cmd_call *c, const struct op *op,
	const char *path, struct op_transferred *t, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *to;
	int rc;

	if (fd < 0)
		return err_errno(e, errno == EEXIST ? ERR_CONFLICT :
			ERR_INTERNAL, errno, "%.160s", path);
	to = fdopen(fd, "w");
	if (to == NULL) {
		close(fd);
		return err_errno(e, ERR_INTERNAL, errno, "%.160s", path);
	}
	rc = op_export(op, to, cmd_has(c, "all"), report, NULL, t, e);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "%.160s", path);
	if (fclose(to) != 0 && rc == 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "%.160s", path);
	if (rc < 0)
		unlink(path);
	return rc;
}

static int read_token(struct cmd_call *c, const char *path, const char **out,
	struct err *e)
{
	struct bytes text;
	size_t n;

	if (strcmp(path, "-") == 0) {
		if (file_read_fd(STDIN_FILENO, TOKEN_FILE_MAX, c->arena, &text,
			e) < 0)
			return -1;
	} else if (file_read(path, TOKEN_FILE_MAX, c->arena, &text, e) < 0)
		return -1;
	for (n = text.n; n > 0 && (text.p[n - 1] == '\n' ||
		text.p[n - 1] == '\r'); n--)
		;
	if (n == 0 || memchr(text.p, '\n', n) != NULL ||
		memchr(text.p, '\0', n) != NULL)
		return err_set(e, ERR_BAD_INPUT, "%.160s: no line of text", path);
	*out = arena_str(c->arena, bytes_of(text.p, n));
	return 0;
}

static int export_to(struct cmd_call *c, struct op_transferred *t,
	struct err *e)
{
	const char *token = NULL;
	struct op op;

	if (read_token(c, cmd_opt(c, "token-file"), &token, e) < 0 ||
		cmd_open(c, &op, e) < 0)
		return -1;
	return op_export_to(&op, cmd_opt(c, "to"), token, cmd_opt(c, "ca"),
		report, NULL, t, e);
}

static int export(struct cmd_call *c, struct err *e)
{
	struct op_transferred t = { 0 };
	const char *file = c->argc > 0 ? c->argv[0] : NULL;
	bool to = cmd_has(c, "to");
	bool stdout_too = file != NULL && strcmp(file, "-") == 0;
	struct op op;
	int rc;

	if (to == (file != NULL) || to != cmd_has(c, "token-file") ||
		(to && cmd_has(c, "all")) || (!to && cmd_has(c, "ca")))
		return cmd_bad_usage(c, "use either FILE, or --to URL with "
			"--token-file FILE");
	if (to)
		rc = export_to(c, &t, e);
	else if (cmd_open(c, &op, e) < 0)
		rc = -1;
	else if (stdout_too)
		rc = op_export(&op, stdout, cmd_has(c, "all"), report, NULL, &t,
			e);
	else
		rc = export_file(c, &op, file, &t, e);
	return rc < 0 ? -1 : say(c, "exported", &t, stdout_too);
}

/* ---- import ---- */

static int import(struct cmd_call *c, struct err *e)
{
	struct op_transferred t = { 0 };
	struct stat sb;
	struct op op;
	FILE *from;
	int rc;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	if (fstat(c->input, &sb) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%.160s", c->argv[0]);
	if (S_ISDIR(sb.st_mode)) {
		rc = op_import_nanomdm(&op, c->argv[0], report, NULL, &t, e);
	} else {
		from = fdopen(c->input, "r");
		if (from == NULL)
			return err_errno(e, ERR_INTERNAL, errno, "%.160s",
				c->argv[0]);
		rc = op_import(&op, from, report, NULL, &t, e);
	}
	if (rc < 0)
		return -1;
	rc = say(c, "imported", &t, false);
	if (!c->json && t.devices + t.users > 0 && op.conf->guard_hours != 0)
		printf("Until %s unknown devices are told to come back later "
			"and not to remove their management; see mooringctl "
			"guard.\n", table_time(c->arena, op.now +
			3600 * (int64_t)op.conf->guard_hours));
	return rc;
}

static const struct cmd_opt export_opts[] = {
	{ "all", NULL, "also those that left, or were unmanaged or blocked" },
	{ "to", "URL", "send them to a NanoMDM or Mooring server" },
	{ "token-file", "FILE", "its API key" },
	{ "ca", "FILE", "trust this CA for it, instead of the system's" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_transfer[] = {
	{ .noun = "export", .operands = "[FILE|-]", .min = 0, .max = 1,
		.help = "Write enrollments for another server",
		.opts = export_opts, .fn = export },
	{ .noun = "import", .operands = "FILE|DIRECTORY|-", .min = 1, .max = 1,
		.help = "Take enrollments of another server",
		.fn = import, .reads_last = true },
	{ 0 },
};
