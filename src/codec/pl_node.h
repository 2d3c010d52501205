#ifndef MOORING_CODEC_PL_NODE_H
#define MOORING_CODEC_PL_NODE_H

#include <stdint.h>

#include <plist/plist.h>

#include "codec/pl.h"

/* A struct pl is libplist's own node under another name: reading costs no
 * copy of the tree. Only the pl files include this. */
static inline plist_t pl_node(const struct pl *p)
{
	return (plist_t)(uintptr_t)p;
}

static inline struct pl *pl_of(plist_t n)
{
	return (struct pl *)n;
}

#endif
