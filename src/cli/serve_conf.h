#ifndef MOORING_CLI_SERVE_CONF_H
#define MOORING_CLI_SERVE_CONF_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/serve_plan.h"

/*
 * The generated configuration: what is particular to this machine and DIR,
 * around an include of the shipped files, which say all the rest. Every path
 * in the plan can be quoted (serve_plan_make saw to it).
 */
const char *serve_conf_text(const struct serve_plan *p, struct arena *a);

/* Writes it to DIR/run, with the folders that the web server needs. */
int serve_conf_write(const struct serve_plan *p, struct arena *a,
	struct err *e);

#endif
