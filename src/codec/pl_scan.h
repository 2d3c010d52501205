#ifndef MOORING_CODEC_PL_SCAN_H
#define MOORING_CODEC_PL_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Reads a property list without making anything of it: whatever libplist
 * cannot be trusted with is refused here, in one pass, in linear time and
 * without recursion. What passes is well-formed in every part.
 */
struct pl_scan {
	bool binary;
	struct bytes body;	/* what libplist is to read */
	size_t tree_bytes;	/* an upper estimate of the tree in memory */
};

/* ERR_BAD_INPUT with one plain line that says what is wrong and where. */
int pl_scan(struct bytes in, struct pl_scan *out, struct err *e);

/* The two formats; pl_scan chooses. */
int pl_scan_xml(struct bytes in, size_t *tree_bytes, struct err *e);
int pl_scan_bin(struct bytes in, size_t *tree_bytes, struct err *e);

/* One node of libplist 2.2 with its list, its value and malloc's overhead;
 * text and data are added. */
#define PL_NODE_BYTES ((size_t)160)
/* libplist compares keys one by one below 500 of them and finds them by a
 * hash that anybody can make collide above. */
#define PL_MAX_KEYS 10000

/* The keys of the dicts that are open, for finding duplicates. */
struct pl_keys {
	struct bytes *key;
	size_t n, cap;
	struct bytes few[32];
};
void pl_keys_init(struct pl_keys *k);
void pl_keys_fini(struct pl_keys *k);
void pl_keys_add(struct pl_keys *k, struct bytes key);
/* Drops the keys from `start` on; false, with *twice, if two are equal. */
bool pl_keys_close(struct pl_keys *k, size_t start, struct bytes *twice);

#endif
