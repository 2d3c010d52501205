#ifndef MOORING_NET_EXCHANGE_H
#define MOORING_NET_EXCHANGE_H

#include <curl/curl.h>

#include "base/buf.h"
#include "net/fetch.h"

/*
 * One HTTP exchange on one libcurl easy handle: what fetch and fetch_many
 * share, and nobody else includes. Who drives the handle is their matter.
 */

/* The options in force: defaults filled in, ca_file copied. Also initialises
 * libcurl once. ERR_BAD_INPUT when ca_file cannot be read. */
int exchange_options_init(const struct fetch_options *in,
	struct fetch_options *out, struct err *e);
void exchange_options_fini(struct fetch_options *o);

/* A copy on the heap, whose key is wiped when it is freed. NULL gives NULL. */
struct fetch_identity *exchange_identity_copy(
	const struct fetch_identity *id);
void exchange_identity_free(struct fetch_identity *id);

struct exchange {
	CURL *curl;
	const struct fetch_options *o;
	char error[CURL_ERROR_SIZE];
	struct buf body, head;	/* of the answer that is coming in */
	struct curl_slist *headers;	/* that are being sent */
};

/* The options must outlive it, where they are. */
void exchange_init(struct exchange *x, const struct fetch_options *o);
void exchange_fini(struct exchange *x);

/* Checks what is asked and sets the handle up for it; rq must live until the
 * exchange has ended. */
int exchange_begin(struct exchange *x, const struct fetch_request *rq,
	struct arena *a, struct err *e);
/* After libcurl is through with it: the answer, copied, or the error. */
int exchange_end(struct exchange *x, CURLcode code, const char *url,
	struct arena *a, struct fetch_response *out, struct err *e);

/* Whether a request can be sent at all; what exchange_begin asks first. */
int exchange_check(const struct fetch_request *rq, struct arena *a,
	struct err *e);
/* Scheme and host of a URL, for messages: what follows may be secret. */
char *exchange_place(const char *url, struct arena *a);

#endif
