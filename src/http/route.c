/* Matching of raw paths, segment by segment. Nothing is unescaped here, so
 * an escaped slash never makes a segment. */
#include "http/route.h"

#include <stdlib.h>
#include <string.h>

/* The segment at *p ("/seg…"), without its slash; moves *p behind it. */
static struct bytes segment(const char **p)
{
	const char *s = *p + 1;
	size_t n = strcspn(s, "/");

	*p = s + n;
	return bytes_of(s, n);
}

static void capture(struct route_match *m, struct bytes arg)
{
	if (m->n_args == ROUTE_MAX_ARGS)
		abort();	/* a pattern of ours with too many stars */
	m->arg[m->n_args++] = arg;
}

static bool matches(const char *pattern, const char *path,
	struct route_match *m)
{
	m->n_args = 0;
	while (*pattern == '/' && *path == '/') {
		struct bytes want = segment(&pattern), got;

		if (bytes_is(want, "**")) {
			capture(m, bytes_str(path + 1));
			return path[1] != '\0';
		}
		got = segment(&path);
		if (bytes_is(want, "*") && got.n > 0)
			capture(m, got);
		else if (!bytes_eq(want, got))
			return false;
	}
	return *pattern == '\0' && *path == '\0';
}

static unsigned methods_of(const struct route *row)
{
	unsigned m = row->methods;

	if (m == 0)
		return ~0u;
	return m & ROUTE_BIT(HTTP_GET) ? m | ROUTE_BIT(HTTP_HEAD) : m;
}

void route_find(const struct route *rows, size_t n, const struct request *rq,
	struct route_match *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if (!matches(rows[i].pattern, rq->path, out))
			continue;
		if (methods_of(&rows[i]) & ROUTE_BIT(rq->method)) {
			out->row = &rows[i];
			out->wrong_method = false;
			return;
		}
		out->wrong_method = true;
	}
	out->n_args = 0;
}

const char *route_allow(const struct route *rows, size_t n,
	const struct request *rq)
{
	static const struct { enum http_method m; const char *name; } names[] = {
		{ HTTP_GET, "GET" }, { HTTP_HEAD, "HEAD" },
		{ HTTP_POST, "POST" }, { HTTP_PUT, "PUT" },
		{ HTTP_PATCH, "PATCH" }, { HTTP_DELETE, "DELETE" },
	};
	struct route_match m;
	const char *s = "";
	unsigned all = 0;

	for (size_t i = 0; i < n; i++)
		if (matches(rows[i].pattern, rq->path, &m))
			all |= methods_of(&rows[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (all & ROUTE_BIT(names[i].m))
			s = arena_printf(rq->arena, "%s%s%s", s,
				*s != '\0' ? ", " : "", names[i].name);
	return s;
}
