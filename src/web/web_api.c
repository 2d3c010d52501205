/* Writing what the admin API answers, and who its calls are made by. */
#include "web/web_api.h"

#include <string.h>

#include "admin/op_json.h"
#include "base/enc.h"
#include "crypto/digest.h"
#include "model/token.h"

void web_api_run(web_api_fn fn, const struct web_call *call,
	struct reply *rp)
{
	struct err e = ERR_INIT;

	if (fn(call, rp, &e) < 0)
		web_fail(call, rp, &e, NULL);
}

struct op web_api_op(const struct web_call *call)
{
	return (struct op){
		.store = call->store,
		.conf = call->conf,
		.who = arena_printf(call->rq->arena, "token:%s",
			call->token->name),
		.now = call->rq->now,
		.pusher = call->pusher,
	};
}

void web_api_reply(const struct web_call *call, struct reply *rp, int status,
	const struct json *root)
{
	struct arena *a = call->rq->arena;

	reply_init(rp);
	rp->status = status;
	rp->content_type = "application/json";
	rp->body = bytes_str(arena_printf(a, "%s\n", json_text(root, "\t", a)));
}

/* Whether If-None-Match (RFC 9110 13.1.2) names this tag; the weak form is
 * the same here. */
static bool is_named(const char *header, const char *tag)
{
	const char *at = header;

	if (header == NULL)
		return false;
	if (str_eq(header, "*"))
		return true;
	at = strstr(at, tag);
	return at != NULL;
}

void web_api_tag(const struct web_call *call, struct reply *rp)
{
	unsigned char digest[DIGEST_LEN];
	const char *tag;

	digest_sha256(rp->body, digest);
	tag = arena_printf(call->rq->arena, "\"%s\"",
		enc_hex(call->rq->arena, bytes_of(digest, 16)));
	if (is_named(call->rq->if_none_match, tag)) {
		reply_init(rp);
		rp->status = 304;
	}
	reply_header(rp, "ETag", tag);
}

void web_api_object(const struct web_call *call, struct reply *rp,
	const struct json *root)
{
	web_api_reply(call, rp, 200, root);
	web_api_tag(call, rp);
}

void web_api_done(struct reply *rp)
{
	reply_init(rp);
	rp->status = 204;
}

void web_api_set_time(struct json *obj, const char *key, int64_t t)
{
	op_json_time(obj, key, t);
}

void web_api_set_bytes(const struct web_call *call, struct json *obj,
	const char *key, struct bytes v)
{
	op_json_bytes(obj, key, v, call->rq->arena);
}

void web_api_set_cursor(const struct web_call *call, struct json *root,
	struct bytes next)
{
	if (next.p != NULL)
		json_set_str(root, "next_cursor", enc_hex(call->rq->arena, next));
}

void web_api_set_cursor_u64(const struct web_call *call, struct json *root,
	uint64_t next)
{
	unsigned char b[8];

	if (next == 0)
		return;
	enc_be64(b, next);
	web_api_set_cursor(call, root, bytes_of(b, sizeof(b)));
}
