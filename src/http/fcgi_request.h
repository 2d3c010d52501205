#ifndef MOORING_HTTP_FCGI_REQUEST_H
#define MOORING_HTTP_FCGI_REQUEST_H

#include "base/buf.h"
#include "http/reply.h"
#include "http/request.h"

/* What CGI and FastCGI share: variables, body and reply as bytes. Used by
 * fcgi.c and its test. */

/* Copies what a request needs out of "NAME=value" strings, in one walk. An
 * empty variable counts as one that is not set (RFC 3875 4.1). */
void fcgi_request_params(struct request *rq, char *const *envp);

/* Reads like read(2), or less than 1 at the end. */
typedef int (*fcgi_read)(void *arg, void *to, int n);
/* Reads to the end into b (initialised; its memory is used again), but never
 * more than max + 1 bytes, and not at all when the client announced more;
 * sets body (in b) and body_state. */
void fcgi_request_body(struct request *rq, size_t max, struct buf *b,
	fcgi_read rd, void *arg);

/* "Status: 200 OK\r\n…\r\n\r\n", in the request's arena. */
struct bytes fcgi_reply_head(const struct request *rq, const struct reply *rp);

#endif
