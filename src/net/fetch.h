#ifndef MOORING_NET_FETCH_H
#define MOORING_NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * HTTP requests to other servers: the only door to libcurl.
 *
 * A handle is a pool of kept-open connections with one set of trust. It
 * belongs to one thread at a time. Only http and https; no proxy, password
 * or cookie file of the environment is looked at. A server's certificate
 * and name are always checked; TLS 1.2 at least.
 *
 * The process must ignore SIGPIPE (libcurl would have to change the signal's
 * disposition under the other threads' feet).
 */
struct fetch;

enum fetch_http {
	FETCH_HTTP1,
	FETCH_HTTP2,	/* offered by ALPN; the response tells what it was */
};

struct fetch_options {
	const char *ca_file;	/* PEM bundle; NULL: the system's */
	enum fetch_http http;
	unsigned connect_ms;	/* TCP and TLS; 0: 10 s */
	unsigned total_ms;	/* the whole exchange; 0: 60 s */
	size_t max_reply;	/* bytes of body; 0: 16 MiB */
	unsigned max_connections;	/* kept open, oldest goes; 0: 8 */
};

/* A client certificate: both PEM texts (the chain may follow the first
 * certificate), or both file names. The key is not encrypted. */
struct fetch_identity {
	struct bytes cert_pem, key_pem;
	const char *cert_file, *key_file;
};

struct fetch_header {
	const char *name, *value;
};

struct fetch_request {
	const char *method;	/* "GET", "PUT", … */
	const char *url;
	const struct fetch_header *headers;
	size_t nheaders;
	struct bytes body;	/* p NULL: none; PUT and POST always have one */
	/* NULL: none. A connection (or TLS session) made with one identity is
	 * never used for another. */
	const struct fetch_identity *identity;
	/* 0: a 3xx is the answer. Else method, headers and body are sent
	 * again to the new place. */
	unsigned max_redirects;
	bool fresh;	/* a new connection, a full handshake, closed after */
};

struct fetch_response {
	int status;
	int http_version;	/* 10, 11, 20 */
	struct fetch_header *headers;	/* of the last answer, as they came */
	size_t nheaders;
	struct bytes body;	/* p never NULL, a NUL follows */
	bool connected;		/* a new connection was made for it */
};

/* ERR_BAD_INPUT when ca_file cannot be read. */
int fetch_open(const struct fetch_options *o, struct fetch **out,
	struct err *e);
void fetch_close(struct fetch *f);	/* NULL is fine */

/*
 * One exchange; 0 for every complete HTTP answer, whatever its status. A
 * request on a kept-open connection that the server has closed meanwhile is
 * sent again on a new one, so it may arrive twice. -1:
 * ERR_BAD_INPUT	URL, header, certificate or key are of no use
 * ERR_TOO_LARGE	more body or headers than allowed
 * ERR_UPSTREAM		no connection, TLS trouble, time-out, broken answer
 * Messages name scheme and host, never path, query or headers.
 */
int fetch_do(struct fetch *f, const struct fetch_request *rq,
	struct arena *a, struct fetch_response *out, struct err *e);

/* The first header of that name, in any case of letters; or NULL. */
const char *fetch_response_header(const struct fetch_response *r,
	const char *name);

#endif
