#ifndef MOORING_CODEC_KEYPATH_H
#define MOORING_CODEC_KEYPATH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* Where in nested data something is wrong. A walk keeps one on its stack for
 * each level; NULL is the root. */
struct keypath {
	const struct keypath *up;
	const char *key;	/* NULL: an element of an array */
	size_t index;
};

/* "Settings[2].Item" in the arena, "" for the root. A long one keeps its
 * end, with "…" in front. */
const char *keypath_text(const struct keypath *p, struct arena *a);

/* ERR_BAD_INPUT, "PATH: …"; without a path only the rest. Returns -1. */
int keypath_fault(const struct keypath *p, struct arena *a, struct err *e,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
