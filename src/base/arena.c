/* Arenas: blocks of doubling size, and a list of deferred calls. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN ((size_t)8192)
#define BLOCK_MAX ((size_t)1 << 20)
#define ALIGN _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t cap, n;
	_Alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *obj);
	void *obj;
};

struct arena {
	struct block *first;	/* kept over resets */
	struct block *now;	/* where the next allocation goes */
	struct deferred *deferred;
	size_t used;
};

static struct block *block_new(size_t cap)
{
	struct block *b = malloc(sizeof(*b) + cap);

	if (b == NULL)
		abort();
	b->next = NULL;
	b->cap = cap;
	b->n = 0;
	return b;
}

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		abort();
	a->first = a->now = block_new(BLOCK_MIN);
	return a;
}

void arena_reset(struct arena *a)
{
	/* A deferred call may use what lies in the blocks: run them first. */
	while (a->deferred != NULL) {
		struct deferred *d = a->deferred;

		a->deferred = d->next;
		d->fn(d->obj);
	}
	for (struct block *b = a->first->next, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->first->next = NULL;
	a->first->n = 0;
	a->now = a->first;
	a->used = 0;
}

void arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->now;
	void *p;

	if (n > SIZE_MAX / 2)
		abort();
	n = (n + ALIGN - 1) & ~(ALIGN - 1);
	if (b->cap - b->n < n) {
		size_t cap = b->cap < BLOCK_MAX ? b->cap * 2 : BLOCK_MAX;

		b->next = block_new(n > cap ? n : cap);
		a->now = b = b->next;
	}
	p = b->data + b->n;
	b->n += n;
	a->used += n;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	unsigned char *q = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(q, p, n);
	q[n] = '\0';
	return q;
}

struct bytes arena_bytes(struct arena *a, struct bytes b)
{
	if (b.p == NULL)
		return b;
	return bytes_of(arena_memdup(a, b.p, b.n), b.n);
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s != NULL ? arena_memdup(a, s, strlen(s)) : NULL;
}

char *arena_str(struct arena *a, struct bytes b)
{
	return arena_memdup(a, b.p, b.n);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void arena_defer(struct arena *a, void (*fn)(void *obj), void *obj)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->next = a->deferred;
	d->fn = fn;
	d->obj = obj;
	a->deferred = d;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
