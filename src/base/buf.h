#ifndef MOORING_BASE_BUF_H
#define MOORING_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * A growing byte buffer on the heap with a hard maximum. What does not fit
 * is dropped and `full` is set: check once, at the end. Out of memory aborts.
 */
struct buf {
	unsigned char *p;
	size_t n, cap, max;
	bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);	/* frees; the buf can be initialised again */
void buf_clear(struct buf *b);	/* n = 0, memory kept, full cleared */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Makes room for at least n more bytes and returns where they go (NULL and
 * full when over max); follow with buf_grew(what was written). */
void *buf_reserve(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);
struct bytes buf_bytes(const struct buf *b);

#endif
