#ifndef MOORING_ADMIN_OP_INIT_STEPS_H
#define MOORING_ADMIN_OP_INIT_STEPS_H

#include "admin/op_init.h"
#include "base/arena.h"
#include "conf/conf.h"

/* One run of op_init: what its files share; nobody else includes this. */
struct init_run {
	const struct op_init *options;
	const char *dir;
	struct conf *conf;
	struct arena *a;
	void (*report)(enum op_init_did did, const char *path,
		const char *text, void *arg);
	void *arg;
};

void init_said(struct init_run *in, enum op_init_did did, const char *path,
	const char *text);

/* The device CA: key, certificate, the bundle with it. */
int init_pki_devices(struct init_run *in, struct err *e);
/* TLS to try out with, for the host of the URL. The key of its root is
 * forgotten at once: it can sign nothing else. */
int init_pki_server(struct init_run *in, struct err *e);
/* secrets/admin.token, known to the store as "admin", scope admin. */
int init_token(struct init_run *in, struct err *e);

#endif
