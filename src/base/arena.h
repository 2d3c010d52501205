#ifndef MOORING_BASE_ARENA_H
#define MOORING_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Memory with one end of life: all of it goes at arena_reset or arena_free.
 * Allocation never returns NULL: out of memory aborts (the web server
 * respawns the worker; the store survives that).
 */
struct arena;

struct arena *arena_new(void);
/* Runs the deferred calls, last first, and frees everything. NULL is fine. */
void arena_free(struct arena *a);
/* As arena_free, but the arena can be used again; keeps its first block. */
void arena_reset(struct arena *a);

/* n bytes aligned for any type; not zeroed / zeroed. n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
/* Copies; memdup adds a NUL after the n bytes. strdup of NULL is NULL. */
void *arena_memdup(struct arena *a, const void *p, size_t n);
struct bytes arena_bytes(struct arena *a, struct bytes b);
char *arena_strdup(struct arena *a, const char *s);
/* A NUL-terminated copy of b. */
char *arena_str(struct arena *a, struct bytes b);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Binds a foreign object to the arena: fn(obj) runs at reset or free. */
void arena_defer(struct arena *a, void (*fn)(void *obj), void *obj);

/* Bytes handed out since the last reset: for tests and limits. */
size_t arena_used(const struct arena *a);

#endif
