/* mooringctl init: whose DIR will be, then op_init as that user. */
#include "cli/cmd_rows.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/op_init.h"
#include "base/file.h"
#include "base/owner.h"

/* The folders above DIR, as mkdir -p makes them. */
static int make_parents(struct arena *a, const char *dir, struct err *e)
{
	char *path = arena_strdup(a, dir);

	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if (!file_exists(path) && file_mkdir(path, 0755, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *ent;
	bool empty = d != NULL;

	while (empty && (ent = readdir(d)) != NULL)
		empty = strcmp(ent->d_name, ".") == 0 ||
			strcmp(ent->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return empty;
}

static int find_user(const char *name, struct passwd **pw, struct err *e)
{
	errno = 0;
	*pw = getpwnam(name);
	if (*pw != NULL)
		return 0;
	return err_set(e, ERR_NOT_FOUND, "no user %.60s: make one with "
		"adduser --system --group --no-create-home %.60s", name, name);
}

/* By descriptor: what is looked at is what is given away. */
static int give_open_dir(int fd, const char *dir, const struct passwd *pw,
	struct err *e)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	if (sb.st_uid == pw->pw_uid)
		return 0;
	if (sb.st_uid != 0 || !is_empty(fd))
		return err_set(e, ERR_CONFLICT, "%s belongs to user %lu%s: to "
			"give it to %s, use chown -R", dir,
			(unsigned long)sb.st_uid,
			sb.st_uid == 0 ? " and is not empty" : "", pw->pw_name);
	if (fchown(fd, pw->pw_uid, pw->pw_gid) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	return 0;
}

/* Root gives DIR to a user: a new or empty one, or one that is theirs. */
static int give_dir(const char *dir, const struct passwd *pw, struct err *e)
{
	int fd, rc;

	if (file_mkdir(dir, 0711, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	rc = give_open_dir(fd, dir, pw, e);
	close(fd);
	return rc;
}

static int become_as_root(struct cmd_call *c, const char *user, struct err *e)
{
	struct passwd *pw;
	struct stat sb;

	if (make_parents(c->arena, c->dir, e) < 0)
		return -1;
	if (user == NULL && stat(c->dir, &sb) == 0 && sb.st_uid != 0)
		return owner_become_of(c->dir, e);
	if (user == NULL) {
		cmd_complain("note: %s will belong to root, and web servers "
			"refuse to run programs as root: use --user USER",
			c->dir);
		return 0;
	}
	if (find_user(user, &pw, e) < 0 || give_dir(c->dir, pw, e) < 0 ||
		owner_become(pw->pw_uid, pw->pw_gid, e) < 0)
		return -1;
	if (access(c->dir, R_OK | W_OK | X_OK) < 0)
		return err_errno(e, ERR_FORBIDDEN, errno,
			"user %s cannot use %s", user, c->dir);
	return 0;
}

static int become(struct cmd_call *c, struct err *e)
{
	const char *user = cmd_opt(c, "user");
	struct passwd *pw;

	if (geteuid() == 0)
		return become_as_root(c, user, e);
	if (user != NULL) {
		if (find_user(user, &pw, e) < 0)
			return -1;
		if (pw->pw_uid != geteuid())
			return err_set(e, ERR_FORBIDDEN,
				"only root can set up for user %s", user);
	}
	return make_parents(c->arena, c->dir, e);
}

struct report {
	struct cmd_call *c;
	struct json *steps;
};

static void report(enum op_init_did did, const char *path, const char *text,
	void *arg)
{
	static const char *const names[] = { "made", "kept", "note" };
	struct report *r = arg;
	struct json *o;

	if (!r->c->json) {
		printf("%s  %s%s%s%s%s\n", names[did], r->c->dir,
			*path ? "/" : "", path, *text ? ": " : "", text);
		return;
	}
	o = json_add_object(r->steps);
	json_set_str(o, "did", names[did]);
	json_set_str(o, "path", path);
	if (*text)
		json_set_str(o, "text", text);
}

static int init(struct cmd_call *c, struct err *e)
{
	struct op_init in = { .dir = c->dir, .url = cmd_opt(c, "url"),
		.listen = cmd_opt(c, "listen"),
		.admin_listen = cmd_opt(c, "admin-listen"), .who = c->who,
		.now = c->now };
	struct json *root = json_new_object(c->arena);
	struct report r = { c, NULL };
	int rc;

	/* So that a folder has its mode from its first moment: init may be cut
	 * off at any other. What is private is made with a mode that says so. */
	umask(022);
	json_set_str(root, "dir", c->dir);
	r.steps = json_set_array(root, "steps");
	if (op_init_check(&in, c->arena, e) < 0 || become(c, e) < 0)
		return -1;
	rc = op_init(&in, report, &r, e);
	if (c->json)
		cmd_print_json(c, root);
	else if (rc == 0)
		printf("\nNext:\n"
			"  mooringctl serve --dir %s\n"
			"  mooringctl ca issue --dir %s --cn NAME   "
			"(a device certificate, to try it out)\n", c->dir, c->dir);
	return rc;
}

static const struct cmd_opt opts[] = {
	{ "url", "URL", "where devices reach the server: https://HOST[:PORT]" },
	{ "user", "USER", "whom all of it belongs to, when started as root" },
	{ "listen", "A:P", "address and port for devices (serve)" },
	{ "admin-listen", "A:P", "address and port of the admin API (serve)" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_init[] = {
	{ .noun = "init", .operands = "",
		.help = "Make a data directory, or go on with the one there is",
		.opts = opts, .fn = init, .makes_dir = true },
	{ 0 },
};
