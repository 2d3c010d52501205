#ifndef MOORING_CODEC_PL_SCAN_H
#define MOORING_CODEC_PL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Reads a property list without making anything of it: whatever libplist
 * cannot be trusted with is refused here, in one pass, without recursion and
 * in linear time. What passes is well-formed in every part.
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

/* What a node costs in libplist 2.2: its list, its value, malloc's overhead;
 * text and data come on top. */
#define PL_NODE_BYTES ((size_t)160)

/*
 * libplist 2.2 moves the rest of a text for each character reference in it,
 * and compares the keys of a dict with each other (above 500 by a hash that
 * anybody can make collide). Steps of that kind are counted and bounded: a
 * dict has room for some 5000 keys, 100 kB of text for 20000 references.
 */
#define PL_MAX_WORK ((uint64_t)1 << 31)
#define PL_KEY_WORK 32	/* what looking at one more key costs, in bytes */

/* A dict's key as it lies in the input. */
struct pl_key {
	const unsigned char *p;
	uint32_t n;
	enum { PL_KEY_UTF8, PL_KEY_REFS, PL_KEY_UTF16 } form;
};

/* The keys of all dicts that are open, to find duplicates. */
struct pl_keys {
	struct pl_key *key;
	size_t n, cap;
	struct pl_key few[32];
};
void pl_keys_init(struct pl_keys *k);
void pl_keys_fini(struct pl_keys *k);
void pl_keys_add(struct pl_keys *k, struct pl_key key);
/* Drops the keys from `start` on and adds to *work what libplist will do
 * with them. False: *twice is a key that is there twice. */
bool pl_keys_close(struct pl_keys *k, size_t start, uint64_t *work,
	struct pl_key *twice);
/* The key for an error line, cut to fit. */
void pl_key_text(struct pl_key key, char out[64]);

/* A reference ("&lt;", "&#65;", "&#x41;") at p: its length, and the character
 * in *c; 0 for anything else, also for what is no character. */
size_t pl_ref(const unsigned char *p, size_t n, uint32_t *c);

#endif
