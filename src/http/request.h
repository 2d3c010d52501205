#ifndef MOORING_HTTP_REQUEST_H
#define MOORING_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum http_method { HTTP_OTHER, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT,
	HTTP_DELETE, HTTP_PATCH };

/* One request as plain data; everything in it lives in `arena`. A variable
 * that the web server did not set is NULL. */
struct request {
	struct arena *arena;
	uint64_t id;		/* for logs; random start, then counting */
	int64_t started_us;	/* clk_mono_us */
	int64_t now;		/* clk_now, taken once per request */
	enum http_method method;
	const char *method_text;
	const char *path;	/* REQUEST_URI before '?', raw, still escaped;
				 * PATH_INFO is never used */
	const char *query;	/* after '?', raw; "" without one */
	const char *content_type;
	int64_t content_length;	/* as the client sent it; -1: absent */
	struct bytes body;
	enum { BODY_OK, BODY_TOO_LARGE, BODY_CUT } body_state;
	const char *remote_addr;
	const char *authorization;
	const char *if_none_match, *accept;
	const char *deviceinfo;	/* HTTP_X_APPLE_ASPEN_DEVICEINFO */
	const char *tls_cert;	/* SSL_CLIENT_CERT, PEM */
	const char *tls_verify;	/* SSL_CLIENT_VERIFY */
	const char *mdm_signature;	/* HTTP_MDM_SIGNATURE */
	const char *cert_header_kind;	/* MOORING_CERT_HEADER, set by the web
					 * server: "rfc9440" or "pem" */
	const char *cert_header;	/* HTTP_CLIENT_CERT (rfc9440) or
					 * HTTP_X_SSL_CLIENT_CERT (pem) */
	unsigned cert_header_count;	/* how often that variable came */
};

#endif
