/* Growing buffers with a hard maximum. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void buf_fini(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->full = false;
}

void *buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap != 0 ? b->cap : 256;

	if (b->full || n > b->max - b->n) {
		b->full = true;
		return NULL;
	}
	while (cap < b->n + n)
		cap *= 2;
	if (cap != b->cap) {
		unsigned char *p = realloc(b->p, cap);

		if (p == NULL)
			abort();
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_grew(struct buf *b, size_t n)
{
	b->n += n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	void *to = buf_reserve(b, n);

	if (to == NULL || n == 0)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	/* One more for vsnprintf's NUL, which is not counted. */
	if (b->max - b->n < (size_t)n || (to = buf_reserve(b, (size_t)n)) == NULL) {
		b->full = true;
		return;
	}
	if (b->cap - b->n < (size_t)n + 1) {
		unsigned char *p = realloc(b->p, b->n + (size_t)n + 1);

		if (p == NULL)
			abort();
		b->p = p;
		b->cap = b->n + (size_t)n + 1;
		to = (char *)p + b->n;
	}
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

struct bytes buf_bytes(const struct buf *b)
{
	return bytes_of(b->p, b->n);
}
