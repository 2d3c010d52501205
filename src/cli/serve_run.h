#ifndef MOORING_CLI_SERVE_RUN_H
#define MOORING_CLI_SERVE_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/serve_plan.h"

/*
 * Runs a plan whose configuration is written and whose ports are free, in
 * the foreground: says on stdout when it serves, restarts what dies, reloads
 * the web server (also on SIGUSR1) when its certificates changed, and
 * returns 0 after SIGTERM, SIGINT or SIGHUP, when all that it started has
 * ended: requests in flight are answered first. -1 when it could not begin
 * to serve; what was said about that stands on stderr.
 */
int serve_run(const struct serve_plan *p, struct arena *a, struct err *e);

#endif
