#ifndef MOORING_ADMIN_OP_INIT_H
#define MOORING_ADMIN_OP_INIT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Makes a data directory: the tree of folders, mooring.conf, the key ring,
 * the store, the device CA, a TLS certificate to try out with, the first
 * API token (known to the store). What is there is kept as it is and said so; nothing is ever
 * overwritten, so an init that was cut off goes on by being run again.
 *
 * Modes: DIR itself is 0711, since the web server may run as another user
 * and has to reach DIR/public (0755) through it, while nobody needs to list
 * it. All else is 0700 and 0600.
 */
struct op_init {
	const char *dir;	/* absolute; its parent is there */
	const char *url;	/* https://HOST[:PORT]; NULL: mooring.conf is
				 * there already */
	const char *listen;	/* NULL: the URL's port on 127.0.0.1 when
				 * its host is this machine itself, else the
				 * default */
	const char *admin_listen;	/* NULL: 127.0.0.1 and the port after
				 * that of listen */
	const char *who;	/* for the audit log; NULL: "init" */
	int64_t now;
};
enum op_init_did {
	OP_MADE,
	OP_KEPT,
	OP_NOTE,		/* something to know about what was kept */
};
/* What op_init checks first: to be asked before DIR itself is made. */
int op_init_check(const struct op_init *in, struct arena *a, struct err *e);
/* report: called for each thing, in order; path is relative to dir ("" is
 * dir itself), text never NULL. */
int op_init(const struct op_init *in, void (*report)(enum op_init_did did,
	const char *path, const char *text, void *arg), void *arg,
	struct err *e);

#endif
