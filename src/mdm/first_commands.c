/* The folder of commands for devices that enroll. When they are queued is
 * checkin.c's. */
#include "mdm/first_commands.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "codec/pl.h"
#include "mdm/own_command.h"

struct names {
	const char *list[FIRST_COMMANDS_MAX];
	size_t n;
	bool more;
};

bool first_commands_are(const char *dir)
{
	return dir != NULL && *dir != '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keeps the first ones of all, whatever order the folder gives them in. */
static void add_name(struct names *names, const char *name, struct arena *a)
{
	size_t last = names->n;

	if (names->n == FIRST_COMMANDS_MAX) {
		names->more = true;
		last--;
		if (strcmp(name, names->list[last]) > 0)
			return;
	} else {
		names->n++;
	}
	names->list[last] = arena_strdup(a, name);
	qsort(names->list, names->n, sizeof(names->list[0]), by_name);
}

static int list_names(const char *dir, struct arena *a, struct names *out,
	struct err *e)
{
	struct dirent *d;
	DIR *folder = opendir(dir);
	int failed;

	if (folder == NULL)
		return err_errno(e, ERR_INTERNAL, errno, "folder");
	errno = 0;
	while ((d = readdir(folder)) != NULL)
		if (d->d_name[0] != '.' && str_has_suffix(d->d_name, ".plist"))
			add_name(out, d->d_name, a);
	failed = errno;
	closedir(folder);
	return failed == 0 ? 0 : err_errno(e, ERR_INTERNAL, failed, "folder");
}

static int read_one(const char *path, int64_t now, struct arena *a,
	struct command *out, struct err *e)
{
	const struct pl *inner;
	struct bytes text;
	struct pl *root;
	struct stat sb;

	if (stat(path, &sb) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "file");
	if (!S_ISREG(sb.st_mode))
		return err_set(e, ERR_BAD_INPUT, "is not a file");
	if (file_read(path, FIRST_COMMANDS_BYTES, a, &text, e) < 0)
		return -1;
	if (text.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "is gone");
	if (pl_parse(text, a, &root, e) < 0)
		return -1;
	inner = pl_type(root) == PL_DICT ? pl_dict_get(root, "Command") : NULL;
	return own_command(inner != NULL ? inner : root, now, a, out, e);
}

static void warn(const char *path, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_WARN, "first_commands");
	log_str(&l, "path", path);
	log_str(&l, "msg", why);
	log_end(&l);
}

void first_commands_load(const char *dir, int64_t now, struct arena *a,
	struct first_commands *out)
{
	struct names names = { .n = 0 };
	struct err e = ERR_INIT;
	struct command *list;

	*out = (struct first_commands){ NULL, 0 };
	if (!first_commands_are(dir))
		return;
	if (list_names(dir, a, &names, &e) < 0)
		warn(dir, e.msg);
	if (names.more)
		warn(dir, "more than 64 files: the others are left out");
	list = arena_alloc(a, names.n * sizeof(*list));
	for (size_t i = 0; i < names.n; i++) {
		const char *path = file_path(a, dir, names.list[i]);

		e = (struct err)ERR_INIT;
		if (read_one(path, now, a, &list[out->n], &e) < 0)
			warn(path, e.msg);
		else
			out->n++;
	}
	out->list = list;
}

int first_commands_queue(struct store_tx *tx, const struct first_commands *f,
	const struct enrollment *device, int64_t now, struct err *e)
{
	enum store_queued queued;

	for (size_t i = 0; i < f->n; i++)
		if (own_command_queue(tx, device, &f->list[i],
			COMMAND_PRIORITY_DEFAULT, now, &queued, e) < 0)
			return -1;
	return 0;
}
