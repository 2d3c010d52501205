/* A few handles of net/fetch, found by their CA file. */
#include "sim/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define HANDLES 8

struct handle {
	struct fetch *fetch;	/* NULL: free */
	char *ca_file;
	uint64_t used;
};
struct wire {
	struct fetch_options options;
	struct handle handle[HANDLES];
	uint64_t clock;
};

struct wire *wire_new(const struct fetch_options *o)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->options = *o;
	return w;
}

static void shut(struct handle *h)
{
	fetch_close(h->fetch);
	free(h->ca_file);
	*h = (struct handle){ NULL, NULL, 0 };
}

void wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < HANDLES; i++)
		shut(&w->handle[i]);
	free(w);
}

/* The one of this file, else a free one, else the longest unused. */
static struct handle *find(struct wire *w, const char *ca_file)
{
	struct handle *best = &w->handle[0];

	for (int i = 0; i < HANDLES; i++) {
		struct handle *h = &w->handle[i];

		if (h->fetch != NULL && str_eq(h->ca_file, ca_file))
			return h;
		if (h->used < best->used)
			best = h;
	}
	return best;
}

int wire_fetch(struct wire *w, const char *ca_file, struct fetch **out,
	struct err *e)
{
	struct handle *h = find(w, ca_file);

	if (h->fetch == NULL || !str_eq(h->ca_file, ca_file)) {
		struct fetch_options o = w->options;

		shut(h);
		o.ca_file = ca_file;
		if (fetch_open(&o, &h->fetch, e) != 0) {
			h->fetch = NULL;
			return -1;
		}
		h->ca_file = ca_file != NULL ? strdup(ca_file) : NULL;
		if (ca_file != NULL && h->ca_file == NULL)
			abort();
	}
	h->used = ++w->clock;
	*out = h->fetch;
	return 0;
}
