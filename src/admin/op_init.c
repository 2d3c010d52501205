/* Making a data directory. Each step looks for its result first, so the
 * order is that of dependence, and a run that was cut off can be resumed. */
#include "admin/op_init.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/op.h"
#include "admin/op_init_steps.h"
#include "base/file.h"
#include "crypto/seal.h"

void init_said(struct init_run *in, enum op_init_did did, const char *path,
	const char *text)
{
	in->report(did, path, text, in->arg);
}

int op_init_check(const struct op_init *o, struct arena *a, struct err *e)
{
	if (o->url == NULL &&
		!file_exists(file_path(a, o->dir, "mooring.conf")))
		return err_set(e, ERR_BAD_INPUT, "%s is not set up yet: the url "
			"that devices will use is needed", o->dir);
	if (o->url != NULL && conf_check_value("url", o->url, e) < 0)
		return -1;
	if (o->listen != NULL && conf_check_value("listen", o->listen, e) < 0)
		return -1;
	return o->admin_listen == NULL ? 0 :
		conf_check_value("admin_listen", o->admin_listen, e);
}

static int step_folders(struct init_run *in, struct err *e)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {
		{ "", 0711 }, { "pki", 0700 }, { "secrets", 0700 },
		{ "public", 0755 }, { "run", 0700 },
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path = folders[i].name[0] == '\0' ? in->dir :
			file_path(in->a, in->dir, folders[i].name);
		struct stat sb;
		bool was = stat(path, &sb) == 0;

		if (file_mkdir(path, folders[i].mode, e) < 0)
			return -1;
		init_said(in, was ? OP_KEPT : OP_MADE, folders[i].name, "");
		if (was && (sb.st_mode & 07777 & ~folders[i].mode) != 0)
			init_said(in, OP_NOTE, folders[i].name, arena_printf(in->a,
				"has mode %04o; %04o is enough",
				(unsigned)(sb.st_mode & 07777),
				(unsigned)folders[i].mode));
		if (was && (folders[i].mode & ~sb.st_mode & 0011) != 0)
			init_said(in, OP_NOTE, folders[i].name, arena_printf(
				in->a, "has mode %04o: a web server that runs as "
				"another user does not reach public",
				(unsigned)(sb.st_mode & 07777)));
	}
	return 0;
}

static void note_kept(struct init_run *in, const char *key, const char *asked,
	const char *is)
{
	if (asked != NULL && !str_eq(asked, is))
		init_said(in, OP_NOTE, "mooring.conf", arena_printf(in->a,
			"%s = %s is kept, not changed to %s: edit the file",
			key, is, asked));
}

/* Devices that reach this machine by its own name need a listener on the
 * port of the URL; elsewhere something else may stand in front. */
static const char *local_listen(const char *url, struct arena *a)
{
	static const char *const hosts[] = { "https://localhost:",
		"https://127.0.0.1:" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (str_has_prefix_nocase(url, hosts[i]))
			return arena_printf(a, "127.0.0.1:%s",
				url + strlen(hosts[i]));
	if (str_has_prefix(url, "https://[::1]:"))
		return url + strlen("https://");
	return NULL;
}

static const char *next_listen(const char *listen, struct arena *a)
{
	uint64_t port;

	if (listen == NULL ||
		!str_u64(strrchr(listen, ':') + 1, 1, 65534, &port))
		return NULL;
	return arena_printf(a, "127.0.0.1:%u", (unsigned)port + 1);
}

static int step_conf(struct init_run *in, struct err *e)
{
	const struct op_init *o = in->options;
	const char *path = file_path(in->a, in->dir, "mooring.conf");
	const char *set[][2] = { { "url", o->url },
		{ "listen", o->listen != NULL ? o->listen :
			local_listen(o->url, in->a) },
		{ "admin_listen", o->admin_listen }, { NULL, NULL } };
	char *text;

	if (file_exists(path)) {
		if (conf_load(in->dir, in->a, &in->conf, e) < 0)
			return -1;
		init_said(in, OP_KEPT, "mooring.conf", "");
		note_kept(in, "url", o->url, in->conf->url);
		note_kept(in, "listen", o->listen, in->conf->listen);
		note_kept(in, "admin_listen", o->admin_listen,
			in->conf->admin_listen);
		return 0;
	}
	if (set[2][1] == NULL)
		set[2][1] = next_listen(set[1][1], in->a);
	text = conf_template(in->a, set);
	if (file_write(path, bytes_str(text), 0600, e) < 0 ||
		conf_load(in->dir, in->a, &in->conf, e) < 0)
		return -1;
	init_said(in, OP_MADE, "mooring.conf", "");
	return 0;
}

static int step_seal(struct init_run *in, struct err *e)
{
	const char *path = file_path(in->a, in->dir, "secrets/seal.key");

	if (file_exists(path)) {
		init_said(in, OP_KEPT, "secrets/seal.key", "");
		return 0;
	}
	/* A new key could not open what the store holds. */
	if (file_exists(file_path(in->a, in->dir, "store/data.mdb")))
		return err_set(e, ERR_CONFLICT, "%s is missing, but there is a "
			"store that was sealed with it: bring it back", path);
	if (seal_create(path, e) < 0)
		return -1;
	init_said(in, OP_MADE, "secrets/seal.key", "");
	return 0;
}

/* 1: there is one; 0: none, or it was never finished. */
static int have_store(struct init_run *in, const struct store_options *o,
	struct err *e)
{
	struct store *st;

	if (!file_exists(file_path(in->a, in->dir, "store/data.mdb")))
		return 0;
	if (store_open(o, in->options->now, &st, e) < 0)
		return e->kind == ERR_NOT_FOUND ? 0 : -1;
	store_close(st);
	return 1;
}

static int step_store(struct init_run *in, struct err *e)
{
	struct store_options o;
	int have;

	if (op_store_options(in->conf, in->a, &o, e) < 0)
		return -1;
	have = have_store(in, &o, e);
	if (have < 0 || (have == 0 && store_create(&o, e) < 0))
		return -1;
	init_said(in, have ? OP_KEPT : OP_MADE, "store", "");
	return 0;
}

int op_init(const struct op_init *o, void (*report)(enum op_init_did did,
	const char *path, const char *text, void *arg), void *arg,
	struct err *e)
{
	struct init_run in = { .options = o, .dir = o->dir, .a = arena_new(),
		.report = report, .arg = arg };
	int rc = op_init_check(o, in.a, e) < 0 || step_folders(&in, e) < 0 ||
		step_conf(&in, e) < 0 || step_seal(&in, e) < 0 ||
		step_store(&in, e) < 0 || init_pki_devices(&in, e) < 0 ||
		init_pki_server(&in, e) < 0 || init_token(&in, e) < 0 ? -1 : 0;

	arena_free(in.a);
	return rc;
}
