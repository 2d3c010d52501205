#ifndef MOORING_HTTP_REPLY_H
#define MOORING_HTTP_REPLY_H

#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

#define REPLY_MAX_HEADERS 8

#define REPLY_LINE 512
struct reply {
	int status;
	const char *content_type;	/* NULL: none is sent */
	struct bytes body;		/* in the request's arena, or `line` */
	struct { const char *name, *value; } header[REPLY_MAX_HEADERS];
	unsigned n_headers;
	char line[REPLY_LINE];		/* of reply_text: do not copy a reply */
	void *user;			/* the handler's own, for `done` */
};

/* 200 with no body. */
void reply_init(struct reply *rp);
/* Values with CR, LF or NUL abort: they are a bug of ours. */
void reply_header(struct reply *rp, const char *name, const char *value);
/* Starts over as one plain line; text is copied, cut to REPLY_LINE, and what
 * is no text in it becomes '?'. */
void reply_text(struct reply *rp, int status, const char *text);
/* 503 with Retry-After. */
void reply_later(struct reply *rp, const char *text);
/* The one place where an error kind becomes a status: BAD_INPUT 400,
 * UNAUTH 401 (api only: a device never gets one from here, see
 * reply_device_error), FORBIDDEN 403, NOT_FOUND 404, CONFLICT 409,
 * TOO_LARGE 413, BUSY 503 + Retry-After, UPSTREAM 502, INTERNAL 500; the
 * body is the message as one plain line. */
void reply_error(struct reply *rp, const struct err *e);
/* As above, on device routes: whatever is not the sender's fault (BUSY,
 * INTERNAL, UPSTREAM) is 503 with Retry-After and no details, and 401, 403,
 * 404, 409 never come out of an error: they are 400. */
void reply_device_error(struct reply *rp, const struct err *e);
/* The standard reason phrase. */
const char *reply_reason(int status);

#endif
