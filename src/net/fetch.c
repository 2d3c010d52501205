/* HTTP requests by libcurl's easy interface: one handle, one thread, its own
 * connections. It knows nothing of what is asked or answered. */
#include "net/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"

#define CONNECT_MS 10000
#define TOTAL_MS 60000
#define REPLY_MAX ((size_t)16 << 20)
#define CONNECTIONS 8
#define HEADER_BYTES_MAX 65536
#define HEADERS_MAX 200

struct fetch {
	CURL *curl;
	struct fetch_options o;
	char *ca_file;
	char error[CURL_ERROR_SIZE];
	struct buf body, head;	/* of the answer that is coming in */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

int fetch_open(const struct fetch_options *o, struct fetch **out,
	struct err *e)
{
	struct fetch *f;

	if (o->ca_file != NULL && access(o->ca_file, R_OK) != 0)
		return err_set(e, ERR_BAD_INPUT, "%s: cannot be read",
			o->ca_file);
	pthread_once(&once, global_init);
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		abort();
	f->curl = curl_easy_init();
	f->o = *o;
	if (o->ca_file != NULL)
		f->ca_file = strdup(o->ca_file);
	if (f->curl == NULL || (o->ca_file != NULL && f->ca_file == NULL))
		abort();
	f->o.ca_file = f->ca_file;
	if (f->o.connect_ms == 0)
		f->o.connect_ms = CONNECT_MS;
	if (f->o.total_ms == 0)
		f->o.total_ms = TOTAL_MS;
	if (f->o.max_reply == 0)
		f->o.max_reply = REPLY_MAX;
	if (f->o.max_connections == 0)
		f->o.max_connections = CONNECTIONS;
	buf_init(&f->body, f->o.max_reply);
	buf_init(&f->head, HEADER_BYTES_MAX);
	*out = f;
	return 0;
}

void fetch_close(struct fetch *f)
{
	if (f == NULL)
		return;
	curl_easy_cleanup(f->curl);
	buf_fini(&f->body);
	buf_fini(&f->head);
	free(f->ca_file);
	free(f);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	buf_add(&f->body, p, size * n);
	return f->body.full ? 0 : size * n;
}

/* One header line, as it came. A status line starts a new answer: a 1xx or a
 * redirect came before. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	n *= size;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&f->head);
	else
		buf_add(&f->head, p, n);
	return f->head.full ? 0 : n;
}

/* Scheme and host of a URL, for messages: what follows may be secret. */
static char *place(const char *url, struct arena *a)
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

static int failed(struct fetch *f, CURLcode code, const char *where,
	struct err *e)
{
	const char *why = f->error[0] != '\0' ? f->error :
		curl_easy_strerror(code);

	if (f->body.full)
		return err_set(e, ERR_TOO_LARGE, "%s: the answer is over %zu "
			"bytes", where, f->o.max_reply);
	if (f->head.full)
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

/* libcurl's form: "Name: value", "Name;" for an empty value, "Name:" to
 * suppress one of its own. */
static int header_list(const struct fetch_request *rq, struct arena *a,
	struct curl_slist **out, struct err *e)
{
	struct curl_slist *l = NULL;
	bool has_type = false;

	for (size_t i = 0; i < rq->nheaders; i++) {
		const struct fetch_header *h = &rq->headers[i];

		if (h->name[0] == '\0' || strpbrk(h->name, ":; \t") != NULL ||
			!is_clean(h->name) || !is_clean(h->value)) {
			curl_slist_free_all(l);
			return err_set(e, ERR_BAD_INPUT,
				"header %s: not allowed in HTTP", h->name);
		}
		has_type = has_type || strcasecmp(h->name, "Content-Type") == 0;
		l = add(l, h->value[0] == '\0' ?
			arena_printf(a, "%s;", h->name) :
			arena_printf(a, "%s: %s", h->name, h->value));
	}
	if (!has_type)
		l = add(l, "Content-Type:");
	*out = add(l, "Expect:");
	return 0;
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
static void set_handle(struct fetch *f)
{
	CURL *c = f->curl;

	curl_easy_reset(c);	/* keeps connections and sessions */
	set_protocols(c);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, f->o.http == FETCH_HTTP2 ?
		(long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (f->o.ca_file != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, f->o.ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)f->o.connect_ms);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)f->o.total_ms);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, (long)f->o.max_connections);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
}

static void set_request(struct fetch *f, const struct fetch_request *rq,
	struct curl_slist *headers)
{
	CURL *c = f->curl;
	bool body = rq->body.p != NULL || str_eq(rq->method, "PUT") ||
		str_eq(rq->method, "POST");

	curl_easy_setopt(c, CURLOPT_URL, rq->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
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
static int split_headers(struct fetch *f, struct arena *a,
	struct fetch_response *out, const char *where, struct err *e)
{
	char *s = arena_str(a, buf_bytes(&f->head));
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

int fetch_do(struct fetch *f, const struct fetch_request *rq,
	struct arena *a, struct fetch_response *out, struct err *e)
{
	const char *where = place(rq->url, a);
	struct curl_slist *headers;
	long status = 0, version = 0, connects = 0;
	CURLcode code;

	if (!is_clean(rq->method) || strpbrk(rq->method, " \t") != NULL)
		return err_set(e, ERR_BAD_INPUT, "%s: not an HTTP method",
			rq->method);
	/* Asked here, since libcurl has one code for this and for an answer
	 * that is not HTTP. */
	if (!str_has_prefix_nocase(rq->url, "https://") &&
		!str_has_prefix_nocase(rq->url, "http://"))
		return err_set(e, ERR_BAD_INPUT,
			"%s: not an http or https URL", where);
	if (header_list(rq, a, &headers, e) != 0)
		return -1;
	buf_clear(&f->body);
	buf_clear(&f->head);
	f->error[0] = '\0';
	set_handle(f);
	set_request(f, rq, headers);
	code = curl_easy_perform(f->curl);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return failed(f, code, where, e);
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->curl, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(f->curl, CURLINFO_NUM_CONNECTS, &connects);
	memset(out, 0, sizeof(*out));
	out->status = (int)status;
	out->http_version = version_number(version);
	out->connected = connects > 0;
	out->body = bytes_of(arena_memdup(a, f->body.p, f->body.n), f->body.n);
	return split_headers(f, a, out, where, e);
}

const char *fetch_response_header(const struct fetch_response *r,
	const char *name)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}
