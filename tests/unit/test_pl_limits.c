/* Property lists: nothing that a sender makes up costs more than its share of
 * time or memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/enc.h"
#include "pl_world.h"

/* ---- hostile sizes ---- */

/* head, n times `one` with the number in place of its '#', tail. */
static struct bytes repeated(const char *head, const char *one, size_t n,
	const char *tail)
{
	const char *number = strchr(one, '#');

	struct buf *b = arena_alloc(a, sizeof(*b));

	buf_init(b, 64u << 20);
	arena_defer(a, (void (*)(void *))buf_fini, b);
	buf_adds(b, head);
	for (size_t i = 0; i < n; i++)
		if (number != NULL)
			buf_printf(b, "%.*s%zu%s", (int)(number - one), one, i,
				number + 1);
		else
			buf_adds(b, one);
	buf_adds(b, tail);
	assert_false(b->full);
	return buf_bytes(b);
}

static struct bytes nested(size_t depth, const char *leaf)
{
	struct bytes open = repeated("<plist>", "<array>", depth, leaf);
	struct buf *b = arena_alloc(a, sizeof(*b));

	buf_init(b, 64u << 20);
	arena_defer(a, (void (*)(void *))buf_fini, b);
	buf_add(b, open.p, open.n);
	for (size_t i = 0; i < depth; i++)
		buf_adds(b, "</array>");
	buf_adds(b, "</plist>");
	return buf_bytes(b);
}

static void xml_depth(void **state)
{
	const struct pl *p;
	size_t depth = 0;

	(void)state;
	for (p = parsed(nested(512, "<true/>")); p != NULL; depth++)
		p = pl_array_at(p, 0);
	assert_int_equal(depth, 513);
	refused(nested(513, ""), X("nested deeper than 512"));
	refused(nested(512, "<dict/>"), X("nested deeper than 512"));
	refused(nested(300000, ""), X("nested deeper than 512"));
	refused(repeated("<plist>", "<array>", 300000, ""), X("nested deeper than 512"));
	refused(repeated("<plist>", "<dict><key>k</key>", 300000, ""),
		X("nested deeper than 512"));
}

static void xml_objects(void **state)
{
	(void)state;
	assert_int_equal(pl_array_len(parsed(repeated("<plist><array>", "<true/>",
		199999, "</array></plist>"))), 199999);
	refused(repeated("<plist><array>", "<true/>", 200000, "</array></plist>"),
		X("more than 200000 objects"));
	refused(repeated("<plist><string>", "<!---->", 200000, "</string></plist>"),
		X("more than 200000 objects"));
}

static void xml_work(void **state)
{
	clock_t start = clock();
	const struct pl *p;

	(void)state;
	p = parsed(repeated("<plist><string>", "&lt;x", 10000, "</string></plist>"));
	assert_int_equal(strlen(pl_as_str(p)), 20000);
	refused(repeated("<plist><string>", "&amp;", 3000000, "</string></plist>"),
		X("too many character references in one text"));
	p = parsed(repeated("<plist><dict>", "<key>k#</key><true/>", 5000,
		"</dict></plist>"));
	assert_non_null(pl_dict_get(p, "k4999"));
	refused(repeated("<plist><dict>", "<key>k#</key><true/>", 90000,
		"</dict></plist>"), X("dict with too many keys"));
	refused(repeated("<plist><dict>", "<key>k#</key><true/>", 4000,
		"<key>k2000</key><true/></dict></plist>"), X("key k2000 is there twice"));
	/* none of it may take seconds, even with sanitizers */
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

static void binary_depth_and_cycles(void **state)
{
	struct bin *b = bin_new();
	size_t i;

	(void)state;
	b->ref_size = 4;
	for (i = 0; i < 60000; i++)
		group(b, 0xa0, 1, (size_t[]){ i + 1 });
	OBJ(b, "\x09");
	refused(bin_end(b, 0), B("nested deeper than 512"));
	b = bin_new();
	b->ref_size = 2;
	for (i = 0; i < 512; i++)
		group(b, 0xa0, 1, (size_t[]){ i + 1 });
	OBJ(b, "\x09");
	parsed(bin_end(b, 0));
	/* Deep only through an object that was looked into before. */
	b = bin_new();
	b->ref_size = 2;
	group(b, 0xa0, 2, (size_t[]){ 300, 1 });
	for (i = 1; i < 600; i++)
		group(b, 0xa0, 1, (size_t[]){ i + 1 });
	OBJ(b, "\x09");
	refused(bin_end(b, 0), B("nested deeper than 512"));
	b = bin_new();
	group(b, 0xa0, 1, (size_t[]){ 0 });
	refused(bin_end(b, 0), B("object 0: contains itself"));
	b = bin_new();
	group(b, 0xa0, 1, (size_t[]){ 1 });
	group(b, 0xd0, 1, (size_t[]){ 2, 0 });
	OBJ(b, "\x51k");
	refused(bin_end(b, 0), B("object 0: contains itself"));
}

static void binary_sharing(void **state)
{
	struct bin *b = bin_new();
	size_t *refs = arena_alloc(a, 200000 * sizeof(*refs)), i, big;

	(void)state;
	/* each level holds the next one twice: 2^40 objects */
	for (i = 0; i < 40; i++)
		group(b, 0xa0, 2, (size_t[]){ i + 1, i + 1 });
	OBJ(b, "\x09");
	refused(bin_end(b, 0), B("more than 200000 objects"));
	/* 2^16 leaves are fine */
	b = bin_new();
	for (i = 0; i < 16; i++)
		group(b, 0xa0, 2, (size_t[]){ i + 1, i + 1 });
	OBJ(b, "\x09");
	parsed(bin_end(b, 0));
	/* one megabyte, a thousand times */
	b = bin_new();
	b->ref_size = 4;
	big = OBJ(b, "\x4f\x12\0\x10\0\0");
	memset(buf_reserve(&b->b, 1 << 20), 'x', 1 << 20);
	buf_grew(&b->b, 1 << 20);
	for (i = 0; i < 1000; i++)
		refs[i] = big;
	group(b, 0xa0, 1000, refs);
	refused(bin_end(b, 1), B("too large in memory"));
	/* 60000 arrays that all start with the same 200000 references */
	b = bin_new();
	b->ref_size = 4;
	memset(refs, 0, 200000 * sizeof(*refs));
	group(b, 0xa0, 100000, refs);
	for (i = 1; i < 60000; i++)
		b->offset[i] = b->offset[0];
	b->n = i;
	for (i = 0; i < 100000; i++)
		enc_be32(b->b.p + 14 + 4 * i, (uint32_t)(i % 60000));
	refused(bin_end(b, 1), B("object 0: contains itself"));
	for (i = 0; i < 100000; i++)
		enc_be32(b->b.p + 14 + 4 * i, 2);
	b->b.n = 14 + 400000;
	b->offset[2] = b->b.n;
	buf_addc(&b->b, 0x09);
	assert_int_equal(pl_array_len(parsed(bin_end(b, 1))), 100000);
}

static void many_strings_over_one_text(void **state)
{
	struct bin *b = bin_new();
	size_t *refs = arena_alloc(a, 60000 * sizeof(*refs));

	(void)state;
	b->ref_size = 4;
	for (size_t i = 0; i < 60000; i++) {
		OBJ(b, "\x5f\x11\x7f\x7f");	/* 32639 bytes from here */
		refs[i] = i;
	}
	memset(buf_reserve(&b->b, 40000), 'x', 40000);
	buf_grew(&b->b, 40000);
	group(b, 0xa0, 60000, refs);
	refused(bin_end(b, 60000), B("too large in memory"));
}

/* ---- memory of the whole process ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

#if !SANITIZED	/* mallinfo2 sees nothing there */
static void estimate_covers_the_tree(void **state)
{
	static const struct {
		const char *head, *one, *tail;
	} rows[] = {
		{ "<plist><array>", "<string>text #</string>", "</array></plist>" },
		{ "<plist><array>", "<dict><key>a</key><integer>1</integer></dict>",
			"</array></plist>" },
		{ "<plist><array>", "<data>AAECAwQFBgcICQoLDA0ODxAREhMUFRYX</data>",
			"</array></plist>" },
		{ "<plist><array>", "<array><real>1</real></array>", "</array></plist>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes in = repeated(rows[i].head, rows[i].one, 30000, rows[i].tail);
		struct arena *own = arena_new();
		struct err e = ERR_INIT;
		size_t before = mallinfo2().uordblks, used;
		struct pl *p;

		assert_int_equal(pl_parse(in, own, &p, &e), 0);
		used = mallinfo2().uordblks - before;
		assert_true(used > 1 << 20);
		assert_true(pl_tree_bytes() >= used);
		arena_free(own);
		assert_int_equal(pl_tree_bytes(), 0);
	}
}

#endif

static void trees_are_bounded_together(void **state)
{
	struct bytes in = repeated("<plist><array>", "<true/>", 199000, "</array></plist>");
	struct arena *held[8];
	struct err e = ERR_INIT;
	struct pl *p;
	size_t n = 0;

	(void)state;
	do {
		held[n] = arena_new();
	} while (pl_parse(in, held[n++], &p, &e) == 0 && n < COUNT(held));
	assert_int_equal(n, 3);	/* 64 MiB hold two of them */
	assert_int_equal(e.kind, ERR_BUSY);
	assert_true(pl_tree_bytes() <= PL_MAX_TREE_BYTES);
	parsed(BYTES(PLIST("<dict/>")));	/* small ones still go */
	arena_free(held[0]);
	assert_int_equal(pl_parse(in, held[2], &p, &e), 0);
	arena_free(held[1]);
	arena_free(held[2]);
}

static void *parse_often(void *arg)
{
	struct bytes *in = arg;
	struct arena *own = arena_new();

	for (int i = 0; i < 40; i++) {
		struct err e = ERR_INIT;
		struct pl *p;

		if (pl_parse(*in, own, &p, &e) < 0 && e.kind != ERR_BUSY)
			abort();
		if (pl_tree_bytes() > 6u << 20)
			abort();
		arena_reset(own);
	}
	arena_free(own);
	return NULL;
}

static void threads_give_everything_back(void **state)
{
	struct bytes in = repeated("<plist><array>", "<true/>", 5000, "</array></plist>");
	pthread_t t[4];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, parse_often, &in), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	assert_int_equal(pl_tree_bytes(), 0);
}

/* ---- walking and building ---- */

/* A binary property list has no limit of its own: what was read can be
 * written, however large. */
static void large_trees_are_written(void **state)
{
	const struct pl *p = parsed(repeated("<plist><array>",
		"<string>#</string>", 70000, "</array></plist>"));

	(void)state;
	assert_int_equal(pl_array_len(parsed(pl_xml(p, a))), 70000);
	arena_reset(a);
	p = parsed(repeated("<plist><array>", "<string>#</string>", 70000,
		"</array></plist>"));
	assert_int_equal(pl_array_len(parsed(pl_binary(p, a))), 70000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(xml_depth), T(xml_objects), T(xml_work),
		T(binary_depth_and_cycles), T(binary_sharing),
		T(many_strings_over_one_text),
#if !SANITIZED
		T(estimate_covers_the_tree),
#endif
		T(trees_are_bounded_together), T(threads_give_everything_back),
		T(large_trees_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
