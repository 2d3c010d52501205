#ifndef MOORING_WEB_SERVE_H
#define MOORING_WEB_SERVE_H

#include "auth/devauth.h"
#include "base/log.h"
#include "conf/conf.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/route.h"
#include "store/store.h"

struct apple_ca;
struct pusher;
struct throttle;
struct token;
struct web_program;

/*
 * What a FastCGI program is: it opens the process once (settings, key ring,
 * store, trust), runs the threads, and leads each request through its route
 * table. A store that does not open is no reason to end: every route that
 * needs it answers 503, and opening is tried again, at most once a second.
 * Requests are counted by route, method and status (base/metrics), and each
 * answer of the admin API says X-Request-Id, the id in the log line.
 */
struct web_call {
	const struct request *rq;
	const struct conf *conf;
	struct store *store;
	const struct err *closed;	/* GUARD_OPEN: why store is NULL */
	struct throttle *throttle;	/* GUARD_OPEN: failures by address */
	struct apple_ca *apple_ca;	/* GUARD_OPEN */
	const struct identity *who;	/* set by GUARD_DEVICE, else NULL */
	const struct token *token;	/* set by GUARD_READ and up, else NULL */
	struct pusher *pusher;	/* NULL: pushes are the courier's */
	const struct route_match *match;
	const struct web_program *program;
	struct web_fault *fault;	/* filled by web_fail */
};
/* What the request's log line says went wrong. */
struct web_fault {
	enum err_kind err;
	const char *kind, *reason;	/* NULL: nothing */
};
/* A handler cannot run without its guard's result. */
enum web_guard {
	GUARD_NONE,	/* anybody: no store, no identity */
	GUARD_OPEN,	/* anybody: the store where it opens, else NULL */
	GUARD_DEVICE,	/* auth/devauth; device routes never answer 401 here */
	/* auth/adminauth, a token of at least this scope. */
	GUARD_READ,
	GUARD_COMMAND,
	GUARD_ADMIN,
};
struct web_target {
	enum web_guard guard;
	void (*handler)(const struct web_call *call, struct reply *rp,
		struct log_line *log);	/* log: pairs for the request's line */
};
struct web_program {
	const char *name;	/* "mdm.fcgi" */
	bool device_routes;	/* errors by reply_device_error; otherwise
				 * they are JSON: {"error":"…"} */
	bool pushes;		/* has a pusher of its own, unless one process
				 * answers one request at a time (plain CGI;
				 * MOORING_PUSH=courier in the environment) */
	const struct route *routes;	/* target: const struct web_target * */
	size_t n_routes;
};
/* main() of a FastCGI program; the exit status. */
int web_main(const struct web_program *p);

/* The only way for an error to become a reply: by the program's rules
 * (device_routes), with kind and reason in the request's log line. `kind`
 * is NULL for the name of e->kind. */
void web_fail(const struct web_call *call, struct reply *rp,
	const struct err *e, const char *kind);
/* A reply that is no error but has a reason for the log line. */
void web_reason(const struct web_call *call, const char *reason);

#endif
