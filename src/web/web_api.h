#ifndef MOORING_WEB_WEB_API_H
#define MOORING_WEB_WEB_API_H

#include "admin/op.h"
#include "codec/json.h"
#include "web/serve.h"

/*
 * What the calls of the admin API share: who asks, reading of paths, queries
 * and bodies, writing of JSON. Errors are replies by web_fail:
 * {"error":"…"}.
 */

/* A handler whose error becomes the reply, and its target. */
typedef int (*web_api_fn)(const struct web_call *call, struct reply *rp,
	struct err *e);
void web_api_run(web_api_fn fn, const struct web_call *call,
	struct reply *rp);
#define WEB_API_TARGET(target, guard_, fn) \
	static void target##_run(const struct web_call *call, \
		struct reply *rp, struct log_line *log) \
	{ \
		(void)log; \
		web_api_run(fn, call, rp); \
	} \
	const struct web_target target = { guard_, target##_run }

/* Who does it, on what; "token:NAME". Not for GUARD_NONE. */
struct op web_api_op(const struct web_call *call);

/* The n-th wildcard of the route, percent-decoded. ERR_BAD_INPUT for a bad
 * escape, an empty one or NUL. */
int web_api_arg(const struct web_call *call, unsigned n, struct bytes *out,
	struct err *e);
/* As above, but split at each raw ',' first: at most max ids. */
int web_api_ids(const struct web_call *call, unsigned n, size_t max,
	struct bytes **ids, size_t *count, struct err *e);
/* Whether all of a query can be decoded and holds no NUL; the guards look, so
 * that a filter is never passed over since it was mistyped. */
bool web_api_query_is_good(const char *query, struct arena *a);
/* A parameter of the query, decoded ('+' is a blank); the first one counts.
 * Absent, or not decodable: NULL. */
const char *web_api_query(const struct web_call *call, const char *name);
/* The same in a form (application/x-www-form-urlencoded). */
const char *web_api_form(struct bytes form, const char *name,
	struct arena *a);
/* Present, and not empty, "0" or "false". */
bool web_api_flag(const struct web_call *call, const char *name);
/* A whole number in [min, max]; *out is left alone when absent. ERR_BAD_INPUT
 * names the parameter. */
int web_api_u64(const struct web_call *call, const char *name, uint64_t min,
	uint64_t max, uint64_t *out, struct err *e);

#define WEB_API_PAGE 100	/* ?limit= without one; at most … */
#define WEB_API_PAGE_MAX 1000
int web_api_limit(const struct web_call *call, size_t *out, struct err *e);
/* ?cursor=, as web_api_set_cursor wrote it; absent: {NULL, 0}. */
int web_api_cursor(const struct web_call *call, struct bytes *out,
	struct err *e);
/* The same for lists by number; absent: 0. */
int web_api_cursor_u64(const struct web_call *call, uint64_t *out,
	struct err *e);
/* "next_cursor", left out at the end ({NULL, 0} / 0). Opaque to callers. */
void web_api_set_cursor(const struct web_call *call, struct json *root,
	struct bytes next);
void web_api_set_cursor_u64(const struct web_call *call, struct json *root,
	uint64_t next);

/* The body as a JSON object. ERR_BAD_INPUT. */
int web_api_body(const struct web_call *call, struct json **out,
	struct err *e);
/* ERR_BAD_INPUT names the first key of obj that is none of `known` (ended by
 * NULL): a mistyped key is never passed over. */
int web_api_keys(const struct json *obj, const char *const *known,
	struct err *e);
/* As when_parse, or seconds since 1970; absent: *out is left alone. */
int web_api_get_time(const struct json *obj, const char *key, int64_t now,
	int64_t *out, struct err *e);

/* A JSON reply of that status, tab-indented, with a line end. */
void web_api_reply(const struct web_call *call, struct reply *rp, int status,
	const struct json *root);
/* Gives a 200 an ETag of its body, or makes it 304 when If-None-Match names
 * that. */
void web_api_tag(const struct web_call *call, struct reply *rp);
/* 200 with an ETag (of the text), or 304 when If-None-Match names it: for
 * single objects. */
void web_api_object(const struct web_call *call, struct reply *rp,
	const struct json *root);
/* 204. */
void web_api_done(struct reply *rp);

/* RFC 3339; 0: left out. */
void web_api_set_time(struct json *obj, const char *key, int64_t t);
/* Bytes that should be text; what is no UTF-8 becomes U+FFFD. p NULL: left
 * out. */
void web_api_set_bytes(const struct web_call *call, struct json *obj,
	const char *key, struct bytes v);

#endif
