/* A program on http/ alone that answers what it was sent. ECHO_THREADS and
 * ECHO_MAX_BODY come from its environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/fcgi.h"

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	uint64_t v = otherwise;

	if (s != NULL)
		str_u64(s, 1, 1 << 30, &v);
	return v;
}

static size_t max_body(void *arg)
{
	(void)arg;
	return (size_t)from_env("ECHO_MAX_BODY", 1 << 20);
}

static const char *or_none(const char *s)
{
	return s != NULL ? s : "-";
}

static void big(const struct request *rq, struct reply *rp)
{
	uint64_t n = 0;
	void *p;

	str_u64(rq->query, 0, 1 << 26, &n);
	p = arena_alloc(rq->arena, (size_t)n);
	memset(p, 'x', (size_t)n);
	rp->body = bytes_of(p, (size_t)n);
}

static void handle(const struct request *rq, struct reply *rp, void *arg)
{
	static const char *const states[] = { "ok", "large", "cut" };
	uint64_t sum = 0;

	(void)arg;
	reply_init(rp);
	rp->content_type = "text/plain";
	reply_header(rp, "X-Echo", "yes");
	if (str_eq(rq->path, "/big")) {
		big(rq, rp);
		return;
	}
	if (str_eq(rq->path, "/stop"))
		fcgi_stop();
	for (size_t i = 0; i < rq->body.n; i++)
		sum = sum * 31 + rq->body.p[i];
	rp->body = bytes_str(arena_printf(rq->arena,
		"method=%s\npath=%s\nquery=%s\ntype=%s\nlength=%lld\n"
		"state=%s\nbody=%zu\nsum=%llu\naddr=%s\ncert=%s\nverify=%s\n"
		"signature=%s\nheader=%s\ncount=%u\n", rq->method_text,
		rq->path, rq->query, or_none(rq->content_type),
		(long long)rq->content_length, states[rq->body_state],
		rq->body.n, (unsigned long long)sum, or_none(rq->remote_addr),
		or_none(rq->tls_cert), or_none(rq->tls_verify),
		or_none(rq->mdm_signature), or_none(rq->cert_header),
		rq->cert_header_count));
}

static void done(const struct request *rq, const struct reply *rp, void *arg)
{
	(void)arg;
	fprintf(stderr, "done %s %d %zu\n", rq->path, rp->status, rq->body.n);
}

int main(void)
{
	struct fcgi_options o = { .max_body = max_body, .handler = handle,
		.done = done };
	struct err e = ERR_INIT;

	o.threads = (unsigned)from_env("ECHO_THREADS", 4);
	if (fcgi_init(&e) != 0 || fcgi_serve(&o, &e) != 0) {
		fprintf(stderr, "%s\n", e.msg);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
