#ifndef MOORING_CLI_SERVE_PLAN_H
#define MOORING_CLI_SERVE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * What `mooringctl serve` is going to run: a flavour (which web server, how
 * it reaches the programs) and where everything is. Nothing is started or
 * written here.
 */
#define SERVE_PROGRAMS 4
extern const char *const serve_programs[SERVE_PROGRAMS];	/* "mdm" … */

enum serve_web { SERVE_LIGHTTPD, SERVE_APACHE };

struct serve_flavour {
	const char *name;	/* as in --server */
	enum serve_web web;
	const char *backend;	/* the shipped backend-NAME.conf */
	bool workers;		/* we run mdm.fcgi and the others ourselves */
	bool hosting;		/* as on shared hosting: a .htaccess, no
				 * client certificates, no admin listener */
	const char *module;	/* Apache's own for this flavour */
};
/* NULL: no such flavour. / "lighttpd, lighttpd-socket, …". */
const struct serve_flavour *serve_flavour_find(const char *name);
const char *serve_flavour_names(struct arena *a);

struct serve_plan {
	const struct serve_flavour *flavour;
	const char *dir;	/* DIR */
	const char *run;	/* DIR/run */
	const char *log;	/* DIR/run/serve.log, of all that we start */
	const char *conf;	/* the generated configuration */
	const char *pid_file;	/* the web server's */
	const char *share;	/* the shipped files of this web server */
	const char *cgibin;	/* mdm.fcgi … */
	const char *courier;	/* mooring-courier */
	const char *program;	/* lighttpd or apache2 */
	const char *modules;	/* Apache's modules */
	const char *listen;	/* ADDRESS:PORT */
	const char *admin_listen;	/* NULL where there is none */
	uint64_t max_body;
};

/* Finds programs and shipped files and refuses what cannot work: a program
 * or file that is not there, a path that cannot stand in a configuration.
 * MOORING_LIBEXECDIR and MOORING_DATADIR in the environment replace the
 * installed places, so that a build tree can be served. */
int serve_plan_make(const struct serve_flavour *f, const char *dir,
	struct arena *a, struct serve_plan *out, struct err *e);

/* Whether a path means itself between the quotes of lighttpd's, Apache's and
 * the shell's files. */
bool serve_plan_can_quote(const char *path);

/* DIR/run/NAME.sock, for workers that we run. */
const char *serve_plan_socket(const struct serve_plan *p, const char *name,
	struct arena *a);

#endif
