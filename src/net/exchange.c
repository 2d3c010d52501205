/* One exchange: its options, request and answer in libcurl's terms. It neither
 * performs anything nor keeps a connection. */
#include "net/exchange.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_MS 10000
#define TOTAL_MS 60000
#define REPLY_MAX ((size_t)16 << 20)
#define CONNECTIONS 8
#define HEADER_BYTES_MAX 65536
#define HEADERS_MAX 200

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

static const char *copy_str(const char *s)
{
	char *p = s == NULL ? NULL : strdup(s);

	if (p == NULL && s != NULL)
		abort();
	return p;
}

int exchange_options_init(const struct fetch_options *in,
	struct fetch_options *out, struct err *e)
{
	if (in->ca_file != NULL && access(in->ca_file, R_OK) != 0)
		return err_set(e, ERR_BAD_INPUT, "%s: cannot be read",
			in->ca_file);
	pthread_once(&once, global_init);
	*out = *in;
	out->ca_file = copy_str(in->ca_file);
	if (out->connect_ms == 0)
		out->connect_ms = CONNECT_MS;
	if (out->total_ms == 0)
		out->total_ms = TOTAL_MS;
	if (out->max_reply == 0)
		out->max_reply = REPLY_MAX;
	if (out->max_connections == 0)
		out->max_connections = CONNECTIONS;
	return 0;
}

void exchange_options_fini(struct fetch_options *o)
{
	free((void *)(uintptr_t)o->ca_file);
	o->ca_file = NULL;
}

static struct bytes copy_bytes(struct bytes b)
{
	unsigned char *p = b.p == NULL ? NULL : malloc(b.n + 1);

	if (p == NULL && b.p != NULL)
		abort();
	if (p != NULL)
		memcpy(p, b.p, b.n);
	return bytes_of(p, b.n);
}

struct fetch_identity *exchange_identity_copy(
	const struct fetch_identity *id)
{
	struct fetch_identity *new;

	if (id == NULL)
		return NULL;
	new = malloc(sizeof(*new));
	if (new == NULL)
		abort();
	new->cert_pem = copy_bytes(id->cert_pem);
	new->key_pem = copy_bytes(id->key_pem);
	new->cert_file = copy_str(id->cert_file);
	new->key_file = copy_str(id->key_file);
	return new;
}

void exchange_identity_free(struct fetch_identity *id)
{
	if (id == NULL)
		return;
	if (id->key_pem.p != NULL)
		explicit_bzero((void *)(uintptr_t)id->key_pem.p,
			id->key_pem.n);
	free((void *)(uintptr_t)id->cert_pem.p);
	free((void *)(uintptr_t)id->key_pem.p);
	free((void *)(uintptr_t)id->cert_file);
	free((void *)(uintptr_t)id->key_file);
	free(id);
}

void exchange_init(struct exchange *x, const struct fetch_options *o)
{
	memset(x, 0, sizeof(*x));
	x->o = o;
	x->curl = curl_easy_init();
	if (x->curl == NULL)
		abort();
	buf_init(&x->body, o->max_reply);
	buf_init(&x->head, HEADER_BYTES_MAX);
}

void exchange_fini(struct exchange *x)
{
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->headers);
	buf_fini(&x->body);
	buf_fini(&x->head);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	buf_add(&x->body, p, size * n);
	return x->body.full ? 0 : size * n;
}

/* One header line, as it came. A status line starts a new answer: a 1xx or a
 * redirect came before. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	n *= size;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&x->head);
	else
		buf_add(&x->head, p, n);
	return x->head.full ? 0 : n;
}

char *exchange_place(const char *url, struct arena *a)
{
	const char *s = strstr(url, "://");
	const char *at;
	size_t n;

	s = s != NULL ? s + 3 : url;
	n = strcspn(s, "/?#");
	for (at = s + n; at > s && at[-1] != '@'; at--)
		;
	return arena_printf(a, "%.*s%.*s", (int)(s - url), url,
		(int)(n - (size_t)(at - s)), at);
}

static int failed(struct exchange *x, CURLcode code, const char *where,
	struct err *e)
{
	const char *why = x->error[0] != '\0' ? x->error :
		curl_easy_strerror(code);

	if (x->body.full)
		return err_set(e, ERR_TOO_LARGE, "%s: the answer is over %zu "
			"bytes", where, x->o->max_reply);
	if (x->head.full)
		return err_set(e, ERR_TOO_LARGE, "%s: the answer's headers "
			"are over %d bytes", where, HEADER_BYTES_MAX);
	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		abort();
	case CURLE_URL_MALFORMAT:
		return err_set(e, ERR_BAD_INPUT, "%s: not a URL", where);
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(e, ERR_BAD_INPUT, "%s: %s", where, why);
	default:
		return err_set(e, ERR_UPSTREAM, "%s: %s", where, why);
	}
}

static struct curl_slist *add(struct curl_slist *l, const char *line)
{
	l = curl_slist_append(l, line);
	if (l == NULL)
		abort();
	return l;
}

static bool is_clean(const char *s)
{
	return strpbrk(s, "\r\n") == NULL;
}

int exchange_check(const struct fetch_request *rq, struct arena *a,
	struct err *e)
{
	if (!is_clean(rq->method) || strpbrk(rq->method, " \t") != NULL)
		return err_set(e, ERR_BAD_INPUT, "%s: not an HTTP method",
			rq->method);
	/* Asked here, since libcurl has one code for this and for an answer
	 * that is not HTTP. */
	if (!str_has_prefix_nocase(rq->url, "https://") &&
		!str_has_prefix_nocase(rq->url, "http://"))
		return err_set(e, ERR_BAD_INPUT,
			"%s: not an http or https URL",
			exchange_place(rq->url, a));
	for (size_t i = 0; i < rq->nheaders; i++) {
		const struct fetch_header *h = &rq->headers[i];

		if (h->name[0] == '\0' || strpbrk(h->name, ":; \t") != NULL ||
			!is_clean(h->name) || !is_clean(h->value))
			return err_set(e, ERR_BAD_INPUT,
				"header %s: not allowed in HTTP", h->name);
	}
	return 0;
}

/* libcurl's form: "Name: value", "Name;" for an empty value, "Name:" to
 * suppress one of its own. */
static struct curl_slist *header_list(const struct fetch_request *rq,
	struct arena *a)
{
	struct curl_slist *l = NULL;
	bool has_type = false;

	for (size_t i = 0; i < rq->nheaders; i++) {
		const struct fetch_header *h = &rq->headers[i];

		has_type = has_type || strcasecmp(h->name, "Content-Type") == 0;
		l = add(l, h->value[0] == '\0' ?
			arena_printf(a, "%s;", h->name) :
			arena_printf(a, "%s: %s", h->name, h->value));
	}
	if (!has_type)
		l = add(l, "Content-Type:");
	return add(l, "Expect:");
}

static void set_identity(CURL *c, const struct fetch_identity *id)
{
	struct curl_blob cert, key;

	if (id == NULL)
		return;
	if (id->cert_pem.p == NULL) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, id->cert_file);
		curl_easy_setopt(c, CURLOPT_SSLKEY, id->key_file);
		return;
	}
	/* The copies are libcurl's; it does not write through data. */
	cert = (struct curl_blob){ (void *)(uintptr_t)id->cert_pem.p,
		id->cert_pem.n, CURL_BLOB_COPY };
	key = (struct curl_blob){ (void *)(uintptr_t)id->key_pem.p,
		id->key_pem.n, CURL_BLOB_COPY };
	curl_easy_setopt(c, CURLOPT_SSLCERT_BLOB, &cert);
	curl_easy_setopt(c, CURLOPT_SSLKEY_BLOB, &key);
}

static void set_protocols(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
		(long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS,
		(long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* What is the same for every request of the handle. */
static void set_handle(struct exchange *x)
{
	CURL *c = x->curl;

	curl_easy_reset(c);	/* keeps connections and sessions */
	set_protocols(c);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, x->o->http == FETCH_HTTP2 ?
		(long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (x->o->ca_file != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, x->o->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)x->o->connect_ms);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)x->o->total_ms);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, (long)x->o->max_connections);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
}

static void set_request(struct exchange *x, const struct fetch_request *rq)
{
	CURL *c = x->curl;
	bool body = rq->body.p != NULL || str_eq(rq->method, "PUT") ||
		str_eq(rq->method, "POST");

	curl_easy_setopt(c, CURLOPT_URL, rq->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers);
	if (body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)rq->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS,
			rq->body.n > 0 ? (const char *)rq->body.p : "");
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, rq->method);
	} else if (str_eq(rq->method, "HEAD")) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else {
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, rq->method);
	}
	set_identity(c, rq->identity);
	if (rq->max_redirects > 0) {
		curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
		curl_easy_setopt(c, CURLOPT_MAXREDIRS,
			(long)rq->max_redirects);
		curl_easy_setopt(c, CURLOPT_POSTREDIR,
			(long)CURL_REDIR_POST_ALL);
	}
	if (rq->fresh) {
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	}
}

/* Cuts the collected lines into names and values, in place. */
static int split_headers(struct exchange *x, struct arena *a,
	struct fetch_response *out, const char *where, struct err *e)
{
	char *s = arena_str(a, buf_bytes(&x->head));
	char *line, *save = NULL, *colon;

	out->headers = arena_alloc(a, HEADERS_MAX * sizeof(*out->headers));
	for (line = strtok_r(s, "\r\n", &save); line != NULL;
		line = strtok_r(NULL, "\r\n", &save)) {
		if (out->nheaders == HEADERS_MAX)
			return err_set(e, ERR_TOO_LARGE,
				"%s: more than %d headers", where, HEADERS_MAX);
		colon = strchr(line, ':');
		if (colon == NULL)
			continue;
		*colon++ = '\0';
		colon += strspn(colon, " \t");
		for (char *end = colon + strlen(colon); end > colon &&
			(end[-1] == ' ' || end[-1] == '\t'); end--)
			end[-1] = '\0';
		out->headers[out->nheaders].name = line;
		out->headers[out->nheaders++].value = colon;
	}
	return 0;
}

static int version_number(long v)
{
	return v == CURL_HTTP_VERSION_1_0 ? 10 :
		v == CURL_HTTP_VERSION_1_1 ? 11 :
		v == CURL_HTTP_VERSION_2_0 ? 20 : 30;
}

int exchange_begin(struct exchange *x, const struct fetch_request *rq,
	struct arena *a, struct err *e)
{
	if (exchange_check(rq, a, e) != 0)
		return -1;
	buf_clear(&x->body);
	buf_clear(&x->head);
	x->error[0] = '\0';
	curl_slist_free_all(x->headers);
	x->headers = header_list(rq, a);
	set_handle(x);
	set_request(x, rq);
	return 0;
}

int exchange_end(struct exchange *x, CURLcode code, const char *url,
	struct arena *a, struct fetch_response *out, struct err *e)
{
	const char *where = exchange_place(url, a);
	long status = 0, version = 0, connects = 0;

	if (code != CURLE_OK)
		return failed(x, code, where, e);
	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->curl, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(x->curl, CURLINFO_NUM_CONNECTS, &connects);
	memset(out, 0, sizeof(*out));
	out->status = (int)status;
	out->http_version = version_number(version);
	out->connected = connects > 0;
	out->body = bytes_of(arena_memdup(a, x->body.p, x->body.n), x->body.n);
	return split_headers(x, a, out, where, e);
}
