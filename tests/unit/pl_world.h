#ifndef MOORING_TESTS_UNIT_PL_WORLD_H
#define MOORING_TESTS_UNIT_PL_WORLD_H

/* Property lists of tests: taken, refused, and made by the byte. */

#include <string.h>

#include "base/buf.h"
#include "codec/pl.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)
#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define DOCTYPE "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
#define PLIST(s) "<plist version=\"1.0\">" s "</plist>"

static inline int teardown(void **state)
{
	arena_teardown(state);
	return pl_tree_bytes() == 0 ? 0 : -1;
}

static inline const struct pl *parsed(struct bytes in)
{
	struct err e = ERR_INIT;
	struct pl *p = NULL;

	if (pl_parse(in, a, &p, &e) < 0)
		fail_msg("%s: %.200s", e.msg, in.p);
	assert_non_null(p);
	return p;
}

static inline void refused(struct bytes in, const char *line)
{
	struct err e = ERR_INIT;
	struct pl *p = NULL;

	if (pl_parse(in, a, &p, &e) == 0)
		fail_msg("taken, not refused with \"%s\": %.200s", line, in.p);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	if (strcmp(e.msg, line) != 0)
		fail_msg("\"%s\", not \"%s\": %.200s", e.msg, line, in.p);
}

/* ---- XML ---- */

#define X(what) "XML property list: " what " (line 1)"

/* ---- binary ---- */

/* A binary property list in the making. */
struct bin {
	struct buf b;
	size_t offset[70000];
	size_t n, ref_size, offset_size;
};

static inline struct bin *bin_new(void)
{
	struct bin *b = arena_zalloc(a, sizeof(*b));

	buf_init(&b->b, 64u << 20);
	arena_defer(a, (void (*)(void *))buf_fini, &b->b);
	buf_adds(&b->b, "bplist00");
	b->ref_size = 1;
	b->offset_size = 4;
	return b;
}

static inline void put_int(struct buf *b, uint64_t v, size_t width)
{
	while (width-- > 0)
		buf_addc(b, (char)(v >> 8 * width));
}

/* An object by its bytes. */
static inline size_t obj(struct bin *b, const void *p, size_t n)
{
	assert_true(b->n < COUNT(b->offset));
	b->offset[b->n] = b->b.n;
	buf_add(&b->b, p, n);
	return b->n++;
}

#define OBJ(b, s) obj(b, s, sizeof(s) - 1)

/* marker: 0xa0 array, 0xd0 dict (n counts its pairs). */
static inline size_t group(struct bin *b, unsigned marker, size_t n,
	const size_t *refs)
{
	size_t at = OBJ(b, ""), all = marker == 0xd0 ? 2 * n : n;

	if (n < 15) {
		buf_addc(&b->b, (char)(marker | n));
	} else {
		buf_addc(&b->b, (char)(marker | 15));
		buf_addc(&b->b, 0x12);
		put_int(&b->b, n, 4);
	}
	for (size_t i = 0; i < all; i++)
		put_int(&b->b, refs[i], b->ref_size);
	return at;
}

static inline struct bytes bin_end(struct bin *b, uint64_t root)
{
	size_t table = b->b.n;

	for (size_t i = 0; i < b->n; i++)
		put_int(&b->b, b->offset[i], b->offset_size);
	put_int(&b->b, 0, 6);
	put_int(&b->b, b->offset_size, 1);
	put_int(&b->b, b->ref_size, 1);
	put_int(&b->b, b->n, 8);
	put_int(&b->b, root, 8);
	put_int(&b->b, table, 8);
	assert_false(b->b.full);
	return buf_bytes(&b->b);
}

#define B(what) "binary property list: " what

#endif
