/* From variables and a stream of bytes to a request, and from a reply to
 * bytes. No I/O of its own, and nothing of libfcgi. */
#include "http/fcgi_request.h"

#include <stddef.h>
#include <string.h>

#define CHUNK ((size_t)65536)

/* The variables that are read; all others are never copied. */
struct variables {
	const char *method, *uri, *content_type;
	const char *content_length, *sent_length;
	const char *remote_addr, *authorization, *if_none_match;
	const char *accept, *deviceinfo;
	const char *tls_cert, *tls_verify;
	const char *mdm_signature, *cert_header_kind;
	const char *client_cert, *x_client_cert;
	unsigned client_certs, x_client_certs;
};

static const struct {
	const char *name;
	size_t offset;
} table[] = {
#define V(name, field) { name, offsetof(struct variables, field) }
	V("REQUEST_METHOD", method),
	V("REQUEST_URI", uri),
	V("CONTENT_TYPE", content_type),
	V("CONTENT_LENGTH", content_length),
	V("HTTP_CONTENT_LENGTH", sent_length),
	V("REMOTE_ADDR", remote_addr),
	V("HTTP_AUTHORIZATION", authorization),
	V("HTTP_IF_NONE_MATCH", if_none_match),
	V("HTTP_ACCEPT", accept),
	V("HTTP_X_APPLE_ASPEN_DEVICEINFO", deviceinfo),
	V("SSL_CLIENT_CERT", tls_cert),
	V("SSL_CLIENT_VERIFY", tls_verify),
	V("HTTP_MDM_SIGNATURE", mdm_signature),
	V("MOORING_CERT_HEADER", cert_header_kind),
	V("HTTP_CLIENT_CERT", client_cert),
	V("HTTP_X_SSL_CLIENT_CERT", x_client_cert),
#undef V
};

/* The first occurrence counts, as with getenv(3); a certificate header that
 * came more than once is counted, since then none can be believed. */
static void take(struct variables *v, const char *s)
{
	const char *eq = strchr(s, '=');
	const char **field;

	if (eq == NULL)
		return;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strncmp(table[i].name, s, (size_t)(eq - s)) != 0
			|| table[i].name[eq - s] != '\0')
			continue;
		field = (const char **)(void *)((char *)v + table[i].offset);
		v->client_certs += field == &v->client_cert;
		v->x_client_certs += field == &v->x_client_cert;
		if (*field == NULL && eq[1] != '\0')
			*field = eq + 1;
		return;
	}
}

static enum http_method method_of(const char *s)
{
	static const struct { const char *name; enum http_method m; } names[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST }, { "PUT", HTTP_PUT },
		{ "DELETE", HTTP_DELETE }, { "PATCH", HTTP_PATCH },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(s, names[i].name))
			return names[i].m;
	return HTTP_OTHER;
}

static void set_uri(struct request *rq, const char *uri)
{
	char *path = arena_strdup(rq->arena, uri != NULL ? uri : "");
	char *mark = strchr(path, '?');

	rq->path = path;
	rq->query = "";
	if (mark != NULL) {
		*mark = '\0';
		rq->query = mark + 1;
	}
}

void fcgi_request_params(struct request *rq, char *const *envp)
{
	struct arena *a = rq->arena;
	struct variables v = { 0 };
	uint64_t length;

	for (; *envp != NULL; envp++)
		take(&v, *envp);
	rq->method = method_of(v.method);
	rq->method_text = v.method != NULL ? arena_strdup(a, v.method) : "";
	set_uri(rq, v.uri);
	rq->content_type = arena_strdup(a, v.content_type);
	rq->content_length = -1;
	if (v.content_length != NULL
		&& str_u64(v.content_length, 0, INT64_MAX, &length))
		rq->content_length = (int64_t)length;
	/* lighttpd and mod_fcgid make a 0 up for whatever came without a
	 * length: only the header itself says that the client meant it. */
	if (rq->content_length == 0 && !str_eq(v.sent_length, "0"))
		rq->content_length = -1;
	rq->remote_addr = arena_strdup(a, v.remote_addr);
	rq->authorization = arena_strdup(a, v.authorization);
	rq->if_none_match = arena_strdup(a, v.if_none_match);
	rq->accept = arena_strdup(a, v.accept);
	rq->deviceinfo = arena_strdup(a, v.deviceinfo);
	rq->tls_cert = arena_strdup(a, v.tls_cert);
	rq->tls_verify = arena_strdup(a, v.tls_verify);
	rq->mdm_signature = arena_strdup(a, v.mdm_signature);
	rq->cert_header_kind = arena_strdup(a, v.cert_header_kind);
	if (str_eq(v.cert_header_kind, "rfc9440")) {
		rq->cert_header = arena_strdup(a, v.client_cert);
		rq->cert_header_count = v.client_certs;
	} else if (str_eq(v.cert_header_kind, "pem")) {
		rq->cert_header = arena_strdup(a, v.x_client_cert);
		rq->cert_header_count = v.x_client_certs;
	}
}

void fcgi_request_body(struct request *rq, size_t max, struct buf *b,
	fcgi_read rd, void *arg)
{
	bool announced = rq->content_length > 0
		&& (uint64_t)rq->content_length > max;
	int got = 0;

	buf_clear(b);
	b->max = max + 1;
	while (!announced && b->n <= max) {
		size_t room = max + 1 - b->n;
		void *to;

		if (room > CHUNK)
			room = CHUNK;
		to = buf_reserve(b, room);
		got = rd(arg, to, (int)room);
		if (got < 1)
			break;
		buf_grew(b, (size_t)got);
	}
	rq->body = buf_bytes(b);
	rq->body_state = BODY_OK;
	if (announced || b->n > max)
		rq->body_state = BODY_TOO_LARGE;
	else if (got < 0 || (rq->content_length > 0
		&& (uint64_t)rq->content_length > b->n))
		rq->body_state = BODY_CUT;
}

struct bytes fcgi_reply_head(const struct request *rq, const struct reply *rp)
{
	struct bytes head;
	struct buf b;

	buf_init(&b, (size_t)1 << 20);
	buf_printf(&b, "Status: %d %s\r\n", rp->status,
		reply_reason(rp->status));
	if (rp->content_type != NULL)
		buf_printf(&b, "Content-Type: %s\r\n", rp->content_type);
	buf_printf(&b, "Content-Length: %zu\r\n", rp->body.n);
	for (unsigned i = 0; i < rp->n_headers; i++)
		buf_printf(&b, "%s: %s\r\n", rp->header[i].name,
			rp->header[i].value);
	buf_adds(&b, "\r\n");
	head = arena_bytes(rq->arena, buf_bytes(&b));
	buf_fini(&b);
	return head;
}
