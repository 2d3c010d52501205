/* HTTP requests by libcurl's easy interface: one handle, one thread, its own
 * connections. It knows nothing of what is asked or answered. */
#include "net/fetch.h"

#include <stdlib.h>
#include <strings.h>

#include "net/exchange.h"

struct fetch {
	struct fetch_options o;
	struct exchange x;
};

int fetch_open(const struct fetch_options *o, struct fetch **out,
	struct err *e)
{
	struct fetch_options own;
	struct fetch *f;

	if (exchange_options_init(o, &own, e) != 0)
		return -1;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		abort();
	f->o = own;
	exchange_init(&f->x, &f->o);
	*out = f;
	return 0;
}

void fetch_close(struct fetch *f)
{
	if (f == NULL)
		return;
	exchange_fini(&f->x);
	exchange_options_fini(&f->o);
	free(f);
}

int fetch_do(struct fetch *f, const struct fetch_request *rq,
	struct arena *a, struct fetch_response *out, struct err *e)
{
	if (exchange_begin(&f->x, rq, a, e) != 0)
		return -1;
	return exchange_end(&f->x, curl_easy_perform(f->x.curl), rq->url, a,
		out, e);
}

const char *fetch_response_header(const struct fetch_response *r,
	const char *name)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}
