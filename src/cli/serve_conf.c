/* DIR/run/lighttpd.conf or apache.conf; and, as on shared hosting, a document
 * root with the shipped .htaccess. Knows nothing of processes. */
#include "cli/serve_conf.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"

#define CONF_MAX (64 * 1024)
#define HEAD "# Written by `mooringctl serve` at each start.\n"

/* A web server's own body limit lies above ours, so that we answer 413. */
static uint64_t max_request(const struct serve_plan *p)
{
	return p->max_body + ((uint64_t)1 << 20);
}

static void lighttpd_text(const struct serve_plan *p, struct buf *b)
{
	const char *colon = strrchr(p->listen, ':');

	buf_printf(b, HEAD
		"var.mooring_dir          = \"%s\"\n"
		"var.mooring_share        = \"%s\"\n"
		"var.mooring_cgibin       = \"%s\"\n"
		"var.mooring_sockets      = \"%s\"\n"
		"var.mooring_listen       = \"%s\"\n"
		"var.mooring_admin_listen = \"%s\"\n"
		"var.mooring_backend      = \"%s\"\n"
		"var.mooring_max_body_kb  = %llu\n\n",
		p->dir, p->share, p->cgibin, p->run, p->listen,
		p->admin_listen, p->flavour->backend,
		(unsigned long long)(max_request(p) / 1024));
	buf_printf(b,
		"server.bind          = \"%.*s\"\n"
		"server.port          = %s\n"
		"server.document-root = \"%s/public\"\n"
		"server.upload-dirs   = ( \"%s/upload\" )\n"
		"server.pid-file      = \"%s\"\n"
		"server.modules       = ( \"mod_%s\" )\n"
		"server.feature-flags = ( "
		"\"server.graceful-shutdown-timeout\" => 15 )\n",
		(int)(colon - p->listen), p->listen, colon + 1, p->dir,
		p->run, p->pid_file,
		str_eq(p->flavour->backend, "cgi") ? "cgi" : "fastcgi");
	buf_adds(b, "include var.mooring_share + \"/mooring.conf\"\n");
}

static void load(const struct serve_plan *p, const char *module,
	struct buf *b, struct arena *a)
{
	char *so = arena_printf(a, "%s/mod_%s.so", p->modules, module);

	/* What is not there is built in, or the start says so. */
	if (file_exists(so))
		buf_printf(b, "LoadModule %s_module \"%s\"\n", module, so);
}

static void apache_modules(const struct serve_plan *p, struct buf *b,
	struct arena *a)
{
	static const char *const all[] = { "mpm_event", "authz_core", "env",
		"ssl", "http2", "reqtimeout", NULL };
	static const char *const proxy[] = { "alias", "proxy", "proxy_fcgi",
		NULL };
	static const char *const fcgid[] = { "alias", "fcgid", NULL };
	static const char *const hosting[] = { "rewrite", "cgid", NULL };
	const char *const *more = p->flavour->hosting ? hosting
		: p->flavour->workers ? proxy : fcgid;

	for (size_t i = 0; all[i] != NULL; i++)
		load(p, all[i], b, a);
	for (size_t i = 0; more[i] != NULL; i++)
		load(p, more[i], b, a);
}

/* What a shared host's own configuration would say around our .htaccess. */
static void apache_hosting(const struct serve_plan *p, struct buf *b)
{
	buf_printf(b, "ScriptSock \"%s/apache/cgid.sock\"\n"
		"<Directory \"%s/htdocs\">\n"
		"\tAllowOverride FileInfo AuthConfig Indexes Options\n"
		"\tOptions SymLinksIfOwnerMatch\n"
		"\tRequire all granted\n"
		"</Directory>\n"
		"<VirtualHost ${MOORING_LISTEN}>\n"
		"\tProtocols h2 http/1.1\n"
		"\tDocumentRoot \"%s/htdocs\"\n"
		"\tInclude \"${MOORING_SHARE}/tls.conf\"\n"
		"</VirtualHost>\n", p->run, p->run, p->run);
}

static void apache_text(const struct serve_plan *p, struct buf *b,
	struct arena *a)
{
	buf_printf(b, HEAD
		"Define MOORING_DIR \"%s\"\n"
		"Define MOORING_SHARE \"%s\"\n"
		"Define MOORING_CGIBIN \"%s\"\n"
		"Define MOORING_SOCKETS \"%s\"\n"
		"Define MOORING_LISTEN \"%s\"\n"
		"Define MOORING_ADMIN_LISTEN \"%s\"\n"
		"Define MOORING_BACKEND \"%s\"\n"
		"Define MOORING_MAX_REQUEST %llu\n\n",
		p->dir, p->share, p->cgibin, p->run, p->listen,
		p->admin_listen != NULL ? p->admin_listen : "",
		p->flavour->backend, (unsigned long long)max_request(p));
	apache_modules(p, b, a);
	buf_printf(b, "\nServerRoot \"%s/apache\"\n"
		"ServerName localhost\n"
		"DefaultRuntimeDir \"%s/apache\"\n"
		"PidFile \"%s\"\n"
		"ErrorLog \"%s\"\n"
		"LogLevel warn\n"
		"Mutex pthread\n"
		"GracefulShutdownTimeout 15\n"
		"Listen ${MOORING_LISTEN}\n",
		p->run, p->run, p->pid_file, p->log);
	if (p->flavour->hosting) {
		apache_hosting(p, b);
		return;
	}
	buf_adds(b, "Listen ${MOORING_ADMIN_LISTEN}\n");
	if (!p->flavour->workers)
		buf_printf(b, "FcgidIPCDir \"%s/apache\"\n"
			"FcgidProcessTableFile \"%s/apache/fcgid.shm\"\n",
			p->run, p->run);
	buf_adds(b, "Include \"${MOORING_SHARE}/mooring.conf\"\n");
}

const char *serve_conf_text(const struct serve_plan *p, struct arena *a)
{
	struct buf b;
	char *out;

	buf_init(&b, CONF_MAX);
	if (p->flavour->web == SERVE_LIGHTTPD)
		lighttpd_text(p, &b);
	else
		apache_text(p, &b, a);
	out = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	return out;
}

static char *replace(struct arena *a, char *text, const char *what,
	const char *with)
{
	char *at = strstr(text, what);

	if (at == NULL)
		return text;
	*at = '\0';
	return arena_printf(a, "%s%s%s", text, with, at + strlen(what));
}

static int shipped(const struct serve_plan *p, const char *name,
	struct arena *a, struct bytes *out, struct err *e)
{
	if (file_read(file_path(a, p->share, name), CONF_MAX, a, out, e) < 0)
		return -1;
	if (out->p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s/%s was not found: "
			"`make install`, or set MOORING_DATADIR", p->share,
			name);
	return 0;
}

/* The document root of a shared host: .htaccess as shipped, mdm.cgi with its
 * two paths filled in, under the name of each program that devices need. */
static int write_hosting(const struct serve_plan *p, struct arena *a,
	struct err *e)
{
	char *root = file_path(a, p->run, "htdocs");
	char *programs = file_path(a, root, "mooring");
	struct bytes htaccess, cgi;
	char *text;

	if (shipped(p, "htaccess", a, &htaccess, e) < 0
		|| shipped(p, "mdm.cgi", a, &cgi, e) < 0)
		return -1;
	text = replace(a, arena_str(a, cgi), "@MOORING_DIR@", p->dir);
	text = replace(a, text, "@MOORING_CGIBIN@", p->cgibin);
	if (file_mkdir(root, 0700, e) < 0 || file_mkdir(programs, 0700, e) < 0)
		return -1;
	if (file_write(file_path(a, root, ".htaccess"), htaccess, 0600, e) < 0)
		return -1;
	for (size_t i = 0; i < SERVE_PROGRAMS; i++)
		if (!str_eq(serve_programs[i], "api") &&
			file_write(arena_printf(a, "%s/%s.cgi", programs,
				serve_programs[i]), bytes_str(text), 0700, e) < 0)
			return -1;
	return 0;
}

int serve_conf_write(const struct serve_plan *p, struct arena *a,
	struct err *e)
{
	const char *work = p->flavour->web == SERVE_LIGHTTPD ? "upload"
		: "apache";

	if (file_mkdir(file_path(a, p->run, work), 0700, e) < 0)
		return -1;
	if (p->flavour->hosting && write_hosting(p, a, e) < 0)
		return -1;
	return file_write(p->conf, bytes_str(serve_conf_text(p, a)), 0600, e);
}
