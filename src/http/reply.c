/* Replies as data, and the one place where an error becomes a status. */
#include "http/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define RETRY_SECONDS "60"

void reply_init(struct reply *rp)
{
	memset(rp, 0, sizeof(*rp));
	rp->status = 200;
}

void reply_header(struct reply *rp, const char *name, const char *value)
{
	if (rp->n_headers == REPLY_MAX_HEADERS
		|| strpbrk(name, "\r\n:") != NULL
		|| strpbrk(value, "\r\n") != NULL)
		abort();
	rp->header[rp->n_headers].name = name;
	rp->header[rp->n_headers].value = value;
	rp->n_headers++;
}

/* Part of it may be the sender's own: nothing that moves a terminal's cursor,
 * nor half a character where it was cut. */
static void make_plain(char *s, size_t n)
{
	bool utf8 = str_is_utf8(s, n);

	for (size_t i = 0; i < n; i++) {
		size_t drop = str_control(s + i, n - i);

		if (!utf8)
			drop = (unsigned char)s[i] >= 0x80 || drop == 1;
		memset(s + i, '?', drop);
	}
}

void reply_text(struct reply *rp, int status, const char *text)
{
	reply_init(rp);
	rp->status = status;
	rp->content_type = TEXT_PLAIN;
	snprintf(rp->line, sizeof(rp->line), "%.*s\n", REPLY_LINE - 2, text);
	rp->body = bytes_str(rp->line);
	make_plain(rp->line, rp->body.n - 1);
}

void reply_later(struct reply *rp, const char *text)
{
	reply_text(rp, 503, text);
	reply_header(rp, "Retry-After", RETRY_SECONDS);
}

static int status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_BAD_INPUT:
		return 400;
	case ERR_UNAUTH:
		return 401;
	case ERR_FORBIDDEN:
		return 403;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_CONFLICT:
		return 409;
	case ERR_TOO_LARGE:
		return 413;
	case ERR_BUSY:
		return 503;
	case ERR_UPSTREAM:
		return 502;
	case ERR_NONE:
	case ERR_INTERNAL:
		break;
	}
	return 500;
}

void reply_error(struct reply *rp, const struct err *e)
{
	int status = status_of(e->kind);

	if (status == 503)
		reply_later(rp, e->msg);
	else
		reply_text(rp, status, e->msg);
}

void reply_device_error(struct reply *rp, const struct err *e)
{
	switch (e->kind) {
	case ERR_TOO_LARGE:
		reply_text(rp, 413, e->msg);
		return;
	case ERR_BAD_INPUT:
	case ERR_UNAUTH:
	case ERR_FORBIDDEN:
	case ERR_NOT_FOUND:
	case ERR_CONFLICT:
		reply_text(rp, 400, e->msg);
		return;
	case ERR_NONE:
	case ERR_BUSY:
	case ERR_UPSTREAM:
	case ERR_INTERNAL:
		break;
	}
	/* What ails us is for the log, not for strangers. */
	reply_later(rp, "not available now, try again later");
}

const char *reply_reason(int status)
{
	static const struct { int status; const char *reason; } reasons[] = {
		{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
		{ 207, "Multi-Status" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 413, "Content Too Large" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
