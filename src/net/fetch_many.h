#ifndef MOORING_NET_FETCH_MANY_H
#define MOORING_NET_FETCH_MANY_H

#include "net/fetch.h"

/*
 * Many exchanges at once, in one thread (libcurl's multi interface), on
 * connections that stay open. With FETCH_HTTP2 they share one connection per
 * host, as many streams at a time as the server allows; the rest waits its
 * turn, and the time in line is not counted. Where no connection is to be had,
 * or a new one brings no answer, all that wait for the same host fail with
 * the first. What fetch.h says of trust, messages and SIGPIPE holds here too.
 */
struct fetch_many;

struct fetch_many_options {
	struct fetch_options fetch;	/* max_connections: to one host; 0: 1
					 * with HTTP/2, else 8 */
	/* One for all: connections are never shared between identities. NULL:
	 * none. Copied. */
	const struct fetch_identity *identity;
	unsigned idle_seconds;	/* an unused connection is closed then; 0: an
				 * hour */
};
int fetch_many_open(const struct fetch_many_options *o,
	struct fetch_many **out, struct err *e);
/* What is under way is dropped without a word. NULL is fine. */
void fetch_many_close(struct fetch_many *m);

/* Called in fetch_many_run, once for each exchange: r is NULL when it failed
 * (e as in fetch_do; refused: the server did not work on it: it had no
 * connection, or GOAWAY left it out), and lives until it returns. May add
 * others. */
typedef void (*fetch_many_done)(const struct fetch_response *r, bool refused,
	const struct err *e, void *arg);
/* Queues one; everything is copied. -1: ERR_BAD_INPUT, done is not called. */
int fetch_many_add(struct fetch_many *m, const struct fetch_request *rq,
	fetch_many_done done, void *arg, struct err *e);
/* Works until nothing is under way, timeout_ms have passed (0: one round
 * without waiting), or somebody called wake. Also answers the PINGs of idle
 * connections, so call it at least once a minute. */
void fetch_many_run(struct fetch_many *m, unsigned timeout_ms);
/* From any thread. */
void fetch_many_wake(struct fetch_many *m);
size_t fetch_many_pending(const struct fetch_many *m);
/* Connections made since it was opened. */
uint64_t fetch_many_connections(const struct fetch_many *m);
/* Later exchanges take a new connection. */
void fetch_many_forget(struct fetch_many *m);

#endif
