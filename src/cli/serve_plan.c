/* Where the programs and files are that serve needs, and whether they are. */
#include "cli/serve_plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"

/* The longest name of a socket that a web server makes in DIR/run. */
#define LONGEST_SOCKET "apache/cgid.sock.4194304"

const char *const serve_programs[SERVE_PROGRAMS] = { "mdm", "enroll", "scep",
	"api" };

static const struct serve_flavour flavours[] = {
	{ .name = "lighttpd", .web = SERVE_LIGHTTPD, .backend = "fastcgi" },
	{ .name = "lighttpd-socket", .web = SERVE_LIGHTTPD,
	  .backend = "socket", .workers = true },
	{ .name = "lighttpd-cgi", .web = SERVE_LIGHTTPD, .backend = "cgi" },
	{ .name = "apache", .web = SERVE_APACHE, .backend = "proxy",
	  .workers = true, .module = "mod_proxy_fcgi.so" },
	{ .name = "apache-fcgid", .web = SERVE_APACHE, .backend = "fcgid",
	  .module = "mod_fcgid.so" },
	{ .name = "apache-cgi", .web = SERVE_APACHE, .backend = "htaccess",
	  .hosting = true, .module = "mod_cgid.so" },
};
#define N_FLAVOURS (sizeof(flavours) / sizeof(flavours[0]))

const struct serve_flavour *serve_flavour_find(const char *name)
{
	for (size_t i = 0; i < N_FLAVOURS; i++)
		if (str_eq(flavours[i].name, name))
			return &flavours[i];
	return NULL;
}

const char *serve_flavour_names(struct arena *a)
{
	const char *all = flavours[0].name;

	for (size_t i = 1; i < N_FLAVOURS; i++)
		all = arena_printf(a, "%s, %s", all, flavours[i].name);
	return all;
}

bool serve_plan_can_quote(const char *path)
{
	for (const char *s = path; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f
			|| strchr("\"'\\$|%?#*[]{}", *s) != NULL)
			return false;
	return path[0] == '/';
}

const char *serve_plan_socket(const struct serve_plan *p, const char *name,
	struct arena *a)
{
	return arena_printf(a, "%s/%s.sock", p->run, name);
}

static const char *place(const char *variable, const char *installed)
{
	const char *v = getenv(variable);

	return v != NULL && *v != '\0' ? v : installed;
}

static const char *find_program(const char *const *names, struct arena *a)
{
	const char *path = getenv("PATH");
	char *save, *all = arena_printf(a, "%s:/usr/local/sbin:/usr/sbin",
		path != NULL ? path : "/usr/bin");

	for (char *d = strtok_r(all, ":", &save); d != NULL;
		d = strtok_r(NULL, ":", &save))
		for (size_t i = 0; names[i] != NULL; i++) {
			char *p = file_path(a, d, names[i]);

			if (*d == '/' && access(p, X_OK) == 0)
				return p;
		}
	return NULL;
}

static int find_lighttpd(struct serve_plan *p, struct arena *a, struct err *e)
{
	static const char *const names[] = { "lighttpd", NULL };

	p->program = find_program(names, a);
	if (p->program == NULL)
		return err_set(e, ERR_NOT_FOUND, "lighttpd was not found: "
			"install lighttpd and lighttpd-mod-openssl (Debian)");
	/* lighttpd splits bin-path at blanks and knows no quotes there. */
	if (str_eq(p->flavour->backend, "fastcgi")
		&& strpbrk(p->cgibin, " \t") != NULL)
		return err_set(e, ERR_BAD_INPUT, "%s: lighttpd cannot start "
			"programs below a path with blanks; "
			"--server lighttpd-socket can", p->cgibin);
	return 0;
}

static int find_apache(struct serve_plan *p, struct arena *a, struct err *e)
{
	static const char *const names[] = { "apache2", "httpd", NULL };
	static const char *const places[] = { "/usr/lib/apache2/modules",
		"/usr/lib64/httpd/modules", "/usr/lib/httpd/modules",
		"/usr/libexec/apache2", "/usr/local/apache2/modules" };

	p->program = find_program(names, a);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (p->modules == NULL && file_exists(places[i]))
			p->modules = places[i];
	if (p->program == NULL || p->modules == NULL)
		return err_set(e, ERR_NOT_FOUND,
			"Apache was not found: install apache2-bin (Debian)");
	if (!file_exists(file_path(a, p->modules, p->flavour->module)))
		return err_set(e, ERR_NOT_FOUND, "%s/%s was not found%s",
			p->modules, p->flavour->module,
			str_eq(p->flavour->backend, "fcgid")
			? ": install libapache2-mod-fcgid (Debian)" : "");
	return 0;
}

static int check_files(const struct serve_plan *p, struct arena *a,
	struct err *e)
{
	for (size_t i = 0; i < SERVE_PROGRAMS; i++) {
		const char *file = arena_printf(a, "%s/%s.fcgi", p->cgibin,
			serve_programs[i]);

		if (access(file, X_OK) != 0)
			return err_set(e, ERR_NOT_FOUND, "%s was not found: "
				"`make install`, or set MOORING_LIBEXECDIR",
				file);
	}
	if (access(p->courier, X_OK) != 0)
		return err_set(e, ERR_NOT_FOUND, "%s was not found: `make "
			"install`, or set MOORING_LIBEXECDIR", p->courier);
	if (!file_exists(file_path(a, p->share, "mooring.conf")))
		return err_set(e, ERR_NOT_FOUND, "%s/mooring.conf was not "
			"found: `make install`, or set MOORING_DATADIR",
			p->share);
	return 0;
}

static int check_paths(const struct serve_plan *p, struct err *e)
{
	const char *const paths[] = { p->dir, p->cgibin, p->share };
	struct sockaddr_un un;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!serve_plan_can_quote(paths[i]))
			return err_set(e, ERR_BAD_INPUT, "%s: a path that is "
				"not absolute, or with a quote, a backslash, "
				"a control character or one of $|%%?#*[]{} "
				"cannot stand in a web server's "
				"configuration", paths[i]);
	if (strlen(p->run) + sizeof("/" LONGEST_SOCKET) > sizeof(un.sun_path))
		return err_set(e, ERR_BAD_INPUT, "%s: the path is too long "
			"for the Unix sockets in it (%zu bytes; at most %zu)",
			p->dir, strlen(p->dir), sizeof(un.sun_path)
			- sizeof("/run/" LONGEST_SOCKET));
	return 0;
}

int serve_plan_make(const struct serve_flavour *f, const char *dir,
	struct arena *a, struct serve_plan *out, struct err *e)
{
	bool lighttpd = f->web == SERVE_LIGHTTPD;

	*out = (struct serve_plan){ .flavour = f, .dir = dir };
	out->run = file_path(a, dir, "run");
	out->log = file_path(a, out->run, "serve.log");
	out->conf = file_path(a, out->run,
		lighttpd ? "lighttpd.conf" : "apache.conf");
	out->pid_file = file_path(a, out->run,
		lighttpd ? "lighttpd.pid" : "apache.pid");
	out->cgibin = file_path(a, place("MOORING_LIBEXECDIR",
		MOORING_LIBEXECDIR), "cgi-bin");
	out->courier = file_path(a, place("MOORING_LIBEXECDIR",
		MOORING_LIBEXECDIR), "mooring-courier");
	out->share = file_path(a, place("MOORING_DATADIR", MOORING_DATADIR),
		lighttpd ? "lighttpd" : "apache");
	if (check_paths(out, e) < 0 || check_files(out, a, e) < 0)
		return -1;
	return lighttpd ? find_lighttpd(out, a, e) : find_apache(out, a, e);
}
