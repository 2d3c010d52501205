/* mooringctl serve: checks, then hands over to the supervisor. */
#include "cli/cmd_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/serve_conf.h"
#include "cli/serve_plan.h"
#include "cli/serve_port.h"
#include "cli/serve_run.h"
#include "conf/conf.h"

static const struct cmd_opt opts[] = {
	{ "listen", "ADDRESS:PORT", "for devices [mooring.conf: listen]" },
	{ "admin-listen", "ADDRESS:PORT",
		"for the admin API [mooring.conf: admin_listen]" },
	{ "server", "FLAVOUR", "lighttpd, lighttpd-socket, lighttpd-cgi, "
		"apache, apache-fcgid or apache-cgi [mooring.conf: server]" },
	{ NULL, NULL, NULL },
};

/* One serve for a data directory; the lock goes with the process. */
static int lock(struct cmd_call *c, const char *run, struct err *e)
{
	char *path = file_path(c->arena, run, "serve.lock");
	char text[32] = "";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (read(fd, text, sizeof(text) - 1) <= 0)
			memcpy(text, "?", 2);
		close(fd);
		return err_set(e, ERR_CONFLICT, "%s is served already, by "
			"process %s", c->dir, text);
	}
	snprintf(text, sizeof(text), "%d", (int)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, text, strlen(text)) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	return 0;
}

/* The settings, each replaced by its option. */
static int choose(struct cmd_call *c, struct serve_plan *p, struct err *e)
{
	const char *name = cmd_opt(c, "server"), *listen = cmd_opt(c, "listen"),
		*admin = cmd_opt(c, "admin-listen");
	const struct serve_flavour *f;
	struct conf *conf;

	if (conf_load(c->dir, c->arena, &conf, e) < 0)
		return -1;
	f = serve_flavour_find(name != NULL ? name : conf->server);
	if (f == NULL)
		return cmd_bad_usage(c, "--server %s: not one of %s", name,
			serve_flavour_names(c->arena));
	if (serve_plan_make(f, c->dir, c->arena, p, e) < 0)
		return -1;
	p->listen = listen != NULL ? listen : conf->listen;
	if (!f->hosting)
		p->admin_listen = admin != NULL ? admin : conf->admin_listen;
	p->max_body = conf->max_body;
	return 0;
}

static int check_ports(const struct serve_plan *p, struct arena *a,
	struct err *e)
{
	if (serve_port_free(p->listen, a, e) < 0)
		return -1;
	if (p->admin_listen == NULL)
		return 0;
	if (str_eq(p->listen, p->admin_listen))
		return err_set(e, ERR_BAD_INPUT, "%s: devices and admin need "
			"two listeners", p->listen);
	return serve_port_free(p->admin_listen, a, e);
}

static int serve(struct cmd_call *c, struct err *e)
{
	struct serve_plan p;
	int rc = choose(c, &p, e);

	if (rc != 0)
		return rc;
	if (geteuid() == 0)
		return err_set(e, ERR_FORBIDDEN, "%s belongs to root, and web "
			"servers refuse or drop root: give it to a user "
			"(chown -R USER), or make it with `mooringctl init "
			"--user USER`", c->dir);
	if (file_mkdir(p.run, 0700, e) < 0 || lock(c, p.run, e) < 0
		|| check_ports(&p, c->arena, e) < 0
		|| serve_conf_write(&p, c->arena, e) < 0)
		return -1;
	log_set_level(LOG_INFO);
	return serve_run(&p, c->arena, e);
}

const struct cmd cmd_serve[] = {
	{ .noun = "serve", .operands = "",
		.help = "Run the web server and the workers in the foreground",
		.opts = opts, .fn = serve },
	{ 0 },
};
