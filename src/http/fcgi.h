#ifndef MOORING_HTTP_FCGI_H
#define MOORING_HTTP_FCGI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/reply.h"
#include "http/request.h"

/* FastCGI and plain CGI: the only door to libfcgi. */
/* A request, the body included, lives until `done` has returned. */
typedef void (*fcgi_handler)(const struct request *rq, struct reply *rp,
	void *arg);

struct fcgi_options {
	unsigned threads;	/* request threads; 1 under plain CGI */
	size_t (*max_body)(void *arg);	/* asked at each request */
	fcgi_handler handler;
	void (*done)(const struct request *rq, const struct reply *rp,
		void *arg);	/* after the reply was sent; may be NULL */
	void (*tick)(void *arg);	/* about once a second, in the main
				 * thread, requests or not; may be NULL */
	void *arg;
};

/* Call first in main: blocks SIGTERM, SIGUSR1 and SIGINT before any thread
 * starts, ignores SIGPIPE, prepares libfcgi. */
int fcgi_init(struct err *e);
/* Plain CGI: one request, then end. */
bool fcgi_is_cgi(void);
/* Serves until SIGTERM, SIGUSR1, SIGINT or fcgi_stop, then answers what is in
 * flight (it is never cut), joins the threads and returns 0. */
int fcgi_serve(const struct fcgi_options *o, struct err *e);
/* From any thread: as if SIGTERM came. Under plain CGI it does nothing. */
void fcgi_stop(void);

#endif
