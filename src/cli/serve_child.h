#ifndef MOORING_CLI_SERVE_CHILD_H
#define MOORING_CLI_SERVE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * One process that serve runs: how it is started, and when again. It is in a
 * session of its own (Ctrl-C reaches serve alone, which ends them in order)
 * and gets SIGTERM when serve dies.
 */
struct serve_child {
	const char *name;	/* "lighttpd", "mdm.fcgi": in logs */
	const char *argv[8];	/* ended by NULL; argv[0] is its path */
	const char *dir;	/* MOORING_DIR in its environment; may be
				 * NULL */
	int input;		/* its descriptor 0 */
	int output;		/* its descriptors 1 and 2 */

	pid_t pid;		/* 0: it does not run */
	int64_t started_us;	/* clk_mono_us */
	int64_t due_us;		/* when it is started again; 0: not */
	unsigned failures;	/* in a row */
};

int serve_child_start(struct serve_child *c, int64_t now_us, struct err *e);
/* It ended with this wait status: logs that, and sets due_us. */
void serve_child_ended(struct serve_child *c, int status, int64_t now_us);

/* How long to wait before the start after n failures in a row (0: the
 * first): 0.1 s, doubled each time, 30 s at most. */
int64_t serve_child_delay_us(unsigned failures);
/* One that lived this long starts again as after its first failure. */
#define SERVE_CHILD_STEADY_US 10000000

/* A listening Unix socket, mode 0660, in place of whatever is at path. */
int serve_child_socket(const char *path, int *out, struct err *e);

/* Living children of this process that are none of `known`, at most max of
 * them: what a web server left behind when it died. */
size_t serve_child_orphans(const struct serve_child *known, size_t n,
	pid_t *out, size_t max);

#endif
