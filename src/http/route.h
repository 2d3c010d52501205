#ifndef MOORING_HTTP_ROUTE_H
#define MOORING_HTTP_ROUTE_H

#include "http/request.h"

/* Matching of the raw path by whole segments. A row's pattern is literal
 * segments, or "*" for exactly one segment, or a last "**" for the rest
 * (at least one segment; "*" and "**" never match nothing). Rows are tried
 * in order; HEAD goes where GET goes. The program's own rows extend this one
 * with their guard and handler as `target`. */
struct route {
	const char *pattern;	/* "/mdm", "/v1/enqueue/ *" */
	unsigned methods;	/* ROUTE_BIT(HTTP_PUT) | … ; 0 = any */
	const void *target;
};
#define ROUTE_BIT(m) (1u << (m))
#define ROUTE_MAX_ARGS 4

struct route_match {
	const struct route *row;	/* NULL: 404, or 405 if wrong_method */
	bool wrong_method;		/* a path matched, its methods did not */
	struct bytes arg[ROUTE_MAX_ARGS];	/* raw, still escaped */
	unsigned n_args;
};
void route_find(const struct route *rows, size_t n, const struct request *rq,
	struct route_match *out);
/* "GET, PUT": for the Allow header, in the arena. */
const char *route_allow(const struct route *rows, size_t n,
	const struct request *rq);

#endif
