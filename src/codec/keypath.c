/* Paths of keys as text, for messages. */
#include "codec/keypath.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"

/* What stands behind it in a struct err's message is the reason. */
#define SHOWN 150

static void write_from(const struct keypath *p, struct buf *b)
{
	if (p->up != NULL)
		write_from(p->up, b);
	if (p->key == NULL)
		buf_printf(b, "[%zu]", p->index);
	else {
		if (b->n > 0)
			buf_addc(b, '.');
		buf_adds(b, p->key);
	}
}

const char *keypath_text(const struct keypath *p, struct arena *a)
{
	struct buf b;
	size_t from = 0;
	char *text;

	if (p == NULL)
		return "";
	buf_init(&b, SIZE_MAX);
	write_from(p, &b);
	if (b.n > SHOWN)
		for (from = b.n - SHOWN; from < b.n && (b.p[from] & 0xc0) == 0x80;)
			from++;
	text = arena_printf(a, "%s%.*s", from > 0 ? "…" : "",
		(int)(b.n - from), (const char *)b.p + from);
	buf_fini(&b);
	return text;
}

int keypath_fault(const struct keypath *p, struct arena *a, struct err *e,
	const char *fmt, ...)
{
	const char *path = keypath_text(p, a), *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_BAD_INPUT, "%s%s%s", path,
		*path != '\0' ? ": " : "", text);
}
