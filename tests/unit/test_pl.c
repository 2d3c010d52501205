/* Property lists: what is read, what is refused with which line, and that
 * nothing a sender makes up costs more than its share of time or memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/enc.h"
#include "codec/pl.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)
#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define DOCTYPE "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
#define PLIST(s) "<plist version=\"1.0\">" s "</plist>"

static int teardown(void **state)
{
	arena_teardown(state);
	return pl_tree_bytes() == 0 ? 0 : -1;
}

static const struct pl *parsed(struct bytes in)
{
	struct err e = ERR_INIT;
	struct pl *p = NULL;

	if (pl_parse(in, a, &p, &e) < 0)
		fail_msg("%s: %.200s", e.msg, in.p);
	assert_non_null(p);
	return p;
}

static void refused(struct bytes in, const char *line)
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

static void xml_is_read(void **state)
{
	/* the document, and what libplist writes of it within <plist> */
	static const char *const rows[][2] = {
		{ DECL DOCTYPE PLIST("<dict/>") "\n", "<dict/>" },
		{ "\xef\xbb\xbf" DECL PLIST("<true/>"), "<true/>" },
		{ "\r\n\t " PLIST("<false></false>"), "<false/>" },
		{ "<?xml version='1.0' encoding='utf-8'?>" PLIST("<array/>"), "<array/>" },
		{ "<!-- c --><?pi \"x\" ?>" DOCTYPE "<!-- <d> -->" PLIST("<array/>")
			"<!-- after -->\n<?pi?>", "<array/>" },
		{ "<plist>" "<true />" "</plist >", "<true/>" },
			{ "<plist\nversion='1.0'\t><true/></plist>", "<true/>" },
		{ PLIST("<string>a&lt;b&gt;&amp;&apos;&quot;&#65;&#x42;&#x10FFFF;</string>"),
			"<string>a&lt;b&gt;&amp;'\"AB\xf4\x8f\xbf\xbf</string>" },
		{ PLIST("<string>&amp;#0;&amp;lt;</string>"),
			"<string>&amp;#0;&amp;lt;</string>" },
		{ PLIST("<string>a<!-- c -->b<![CDATA[<c>&amp;]]>d</string>"),
			"<string>ab&lt;c&gt;&amp;amp;d</string>" },
		{ PLIST("<string> keep\tblanks\n </string>"),
			"<string> keep\tblanks\n </string>" },
		{ PLIST("<string/>"), "<string></string>" },
		{ PLIST("<string>]]> > \" ' caf\xc3\xa9</string>"),
			"<string>]]&gt; &gt; \" ' caf\xc3\xa9</string>" },
		{ PLIST("<integer>-9223372036854775808</integer>"),
			"<integer>-9223372036854775808</integer>" },
		{ PLIST("<integer>18446744073709551615</integer>"),
			"<integer>18446744073709551615</integer>" },
		{ PLIST("<integer> +7\n</integer>"), "<integer>7</integer>" },
		{ PLIST("<integer>-0x1F</integer>"), "<integer>-31</integer>" },
		{ PLIST("<integer>0</integer>"), "<integer>0</integer>" },
		{ PLIST("<real>-1.5e3</real>"), "<real>-1500</real>" },
		{ PLIST("<real>.5</real>"), "<real>0.5</real>" },
		{ PLIST("<real>+infinity</real>"), "<real>+infinity</real>" },
		{ PLIST("<date>2026-11-22T13:52:00Z</date>"),
			"<date>2026-11-22T13:52:00Z</date>" },
		{ PLIST("<date>4001-01-01T00:00:00Z</date>"),
			"<date>4001-01-01T00:00:00Z</date>" },
		{ PLIST("<data>\n\tAA\tEC\n</data>"), "<data>\nAAEC\n</data>" },
		{ PLIST("<data/>"), "<data>\n</data>" },
		{ PLIST("<dict><!-- c --><key>a&amp;b</key><!-- c --><true/>"
			"<key>c</key><dict ><key>a&amp;b</key><array/></dict\t></dict>"),
			"<dict>\n\t<key>a&amp;b</key>\n\t<true/>\n\t<key>c</key>\n"
			"\t<dict>\n\t\t<key>a&amp;b</key>\n\t\t<array/>\n\t</dict>\n"
			"</dict>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *xml, *body;

		xml = (const char *)pl_xml(parsed(bytes_str(rows[i][0])), a).p;
		assert_true(str_has_prefix(xml, DECL DOCTYPE "<plist version=\"1.0\">\n"));
		body = strstr(xml, "<plist version=\"1.0\">\n") + 22;
		assert_int_equal(strlen(body), strlen(rows[i][1]) + 10);
		assert_memory_equal(body, rows[i][1], strlen(rows[i][1]));
		assert_true(str_has_suffix(body, "\n</plist>\n"));
	}
}

#define X(what) "XML property list: " what " (line 1)"

static void xml_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ " \n\t ", "not a property list" },
		{ "hello", "not a property list" },
		{ "{ a = b; }", "not a property list" },
		{ "{\"a\":1}", "not a property list" },
		{ "<", X("the root is not <plist>") },
		{ "<html/>", X("the root is not <plist>") },
		{ "<dict/>", X("the root is not <plist>") },
		{ "<plistx/>", X("unknown element <plistx>") },
		{ "<plist/>", X("no value in <plist>") },
		{ "<plist></plist>", X("no value in <plist>") },
		{ "<plist", X("bad tag <plist") },
		{ "<plist version", X("bad attribute of <plist>") },
		{ "<plist a = \"b\">", X("bad attribute of <plist>") },
		{ "<plist version=1>", X("bad attribute of <plist>") },
		{ "<plist version=\"1.0>", X("bad attribute of <plist>") },
		{ "<plist a='\"'><true/></plist>", X("bad attribute of <plist>") },
		{ "<plist a=\"<\"><true/></plist>", X("bad attribute of <plist>") },
		{ "<plist><dict", X("bad tag <dict") },
		{ "<plist><dict>", X("ends before </plist>") },
		{ "<plist><dict/>", X("ends before </plist>") },
		{ "<plist><string>abc", X("ends within <string>") },
		{ "<plist><integer>12", X("ends within <integer>") },
		{ "<plist><string>abc</string", X("bad tag </string") },
		{ "<plist><!-- ", X("comment without its end") },
		{ "<plist><? ", X("processing instruction without its end") },
		{ "<?xml version=\"1.0\"", X("processing instruction without its end") },
		{ "<plist><string><![CDATA[ ]]", X("CDATA section without its end") },
		{ PLIST("<true/>") "x", X("data after </plist>") },
		{ PLIST("<true/>") PLIST("<true/>"), X("data after </plist>") },
		{ PLIST("<true/><true/>"), X("more than one value in <plist>") },
		{ PLIST("<plist><true/></plist>"), X("<plist> inside <plist>") },
		{ PLIST("text"), X("text outside of a value") },
		{ PLIST("<array>text</array>"), X("text outside of a value") },
		{ PLIST("<set/>"), X("unknown element <set>") },
		{ PLIST("<Dict/>"), X("unknown element <Dict>") },
		{ PLIST("</>"), X("unknown element </>") },
		{ PLIST("<dict a=\"b\"/>"), X("bad tag <dict") },
		{ PLIST("<dict/ >"), X("bad tag <dict") },
		{ PLIST("<array></dict>"), X("<array> closed by </dict>") },
		{ PLIST("<dict></plist>"), X("<dict> closed by </plist>") },
		{ PLIST("</dict>"), X("<plist> closed by </dict>") },
		{ PLIST("<string>a</key>"), X("<string> closed by </key>") },
		{ PLIST("<key>a</key>"), X("<key> outside of a dict") },
		{ PLIST("<array><key>a</key></array>"), X("<key> outside of a dict") },
		{ PLIST("<dict><true/></dict>"), X("value without a key") },
		{ PLIST("<dict><key>a</key></dict>"), X("key without a value") },
		{ PLIST("<dict><key>a</key><key>b</key><true/></dict>"),
			X("key without a value") },
		{ PLIST("<dict><key/><true/></dict>"), X("empty <key>") },
		{ PLIST("<dict><key></key><true/></dict>"), X("empty <key>") },
		{ PLIST("<dict><key>a<!-- --></key><true/></dict>"),
			X("markup inside <key>") },
		{ PLIST("<dict><key>UDID</key><true/><key>b</key><true/>"
			"<key>UDID</key><false/></dict>"), X("key UDID is there twice") },
		{ PLIST("<dict><key>a&amp;b</key><true/><key>a&#38;b</key><true/></dict>"),
			X("key a&b is there twice") },
		{ PLIST("<dict><key>caf\xc3\xa9</key><true/><key>caf&#xe9;</key><true/></dict>"),
			X("key caf? is there twice") },
		{ PLIST("<string>a<b>c</b></string>"), X("markup inside <string>") },
		{ PLIST("<string><?pi?></string>"), X("markup inside <string>") },
		{ PLIST("<integer><!-- -->5</integer>"), X("markup inside <integer>") },
		{ PLIST("<string>a & b</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&nbsp;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&ampx;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#0;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#x0;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#x;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#xd800;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#x110000;</string>"), X("bad character reference in <string>") },
		{ PLIST("<string>&#00000065;</string>"), X("bad character reference in <string>") },
		{ PLIST("<dict><key>a&#0;</key><true/></dict>"),
			X("bad character reference in <key>") },
		{ PLIST("<integer/>"), X("empty <integer>") },
		{ PLIST("<integer></integer>"), X("bad <integer>") },
		{ PLIST("<integer>010</integer>"), X("bad <integer>") },
		{ PLIST("<integer>1x</integer>"), X("bad <integer>") },
		{ PLIST("<integer>- 1</integer>"), X("bad <integer>") },
		{ PLIST("<integer>--1</integer>"), X("bad <integer>") },
		{ PLIST("<integer>0x</integer>"), X("bad <integer>") },
		{ PLIST("<integer>18446744073709551616</integer>"), X("bad <integer>") },
		{ PLIST("<integer>-9223372036854775809</integer>"), X("bad <integer>") },
		{ PLIST("<real>1,5</real>"), X("bad <real>") },
		{ PLIST("<real>.</real>"), X("bad <real>") },
		{ PLIST("<real>1e</real>"), X("bad <real>") },
		{ PLIST("<real/>"), X("empty <real>") },
		{ PLIST("<date>2026-11-22</date>"), X("bad <date>") },
		{ PLIST("<date>2026-13-22T13:52:00Z</date>"), X("bad <date>") },
		{ PLIST("<date>2026-11-22T24:52:00Z</date>"), X("bad <date>") },
		{ PLIST("<data>A</data>"), X("bad <data>") },
		{ PLIST("<data>AAE</data>"), X("bad <data>") },
		{ PLIST("<data>A===</data>"), X("bad <data>") },
		{ PLIST("<data>AA==AAAA</data>"), X("bad <data>") },
		{ PLIST("<data>AA*=</data>"), X("bad <data>") },
		{ PLIST("<data>&#65;AAA</data>"), X("bad <data>") },
		{ PLIST("<true>x</true>"), X("bad <true>") },
		{ PLIST("<true></false>"), X("<true> closed by </false>") },
		{ "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" PLIST("<true/>"),
			X("encoding is UTF-16, must be UTF-8") },
		{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" PLIST("<true/>"),
			X("encoding is ISO-8859-1, must be UTF-8") },
		{ "<?xml version=\"1.0\" encoding=UTF-8?>" PLIST("<true/>"),
			X("bad encoding declaration") },
		{ "<?x \"?>" PLIST("<string>\"?></string>"),
			X("open quote in a processing instruction") },
		{ "<!DOCTYPE html>" PLIST("<true/>"), X("DOCTYPE is not plist") },
		{ "<!DOCTYPE plist [<!ENTITY a \"b\">]>" PLIST("<string>&a;</string>"),
			X("DOCTYPE with declarations of its own") },
		{ "<!DOCTYPE plist SYSTEM '>'>" PLIST("<true/>"), X("bad DOCTYPE") },
		{ "<!DOCTYPE plist \">" PLIST("<true/>"), X("DOCTYPE without its end") },
		{ "<!DOCTYPE plist", X("DOCTYPE without its end") },
		{ "<!DOCTYPE plist><!DOCTYPE plist>" PLIST("<true/>"),
			X("the root is not <plist>") },
		{ "<plist>\n<dict>\n<key>a</key>\n</dict>",
			"XML property list: key without a value (line 4)" },
		{ PLIST("<string>caf\xe9</string>"), "XML property list: is not UTF-8" },
		{ "\xff\xfe<", "XML property list: encoding is UTF-16, must be UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		refused(bytes_str(rows[i][0]), rows[i][1]);
	refused(bytes_of(NULL, 0), "not a property list: empty");
	refused(BYTES(PLIST("<string>victim\0junk</string>")), X("holds a NUL byte"));
	refused(BYTES(PLIST("<true/>") "\0"), X("holds a NUL byte"));
}

/* Each prefix of a document is refused, and none is read past its end. */
static void truncated_is_refused(void **state)
{
	struct pl *dict = pl_new_dict(a);
	struct bytes both[2];

	(void)state;
	pl_set_str(dict, "Text", "caf\xc3\xa9 & <more>");
	pl_set_data(dict, "Data", BYTES("\0\1\2"));
	pl_set_int(dict, "Int", -5);
	pl_set_bool(pl_set_dict(dict, "Dict"), "Yes", true);
	pl_add_str(pl_set_array(dict, "Array"), "one");
	both[0] = pl_xml(dict, a);
	both[0].n--;	/* the newline at the end may go */
	both[1] = pl_binary(dict, a);
	for (int k = 0; k < 2; k++)
		for (size_t n = 0; n < both[k].n; n++) {
			unsigned char *cut = malloc(n > 0 ? n : 1);
			struct err e = ERR_INIT;
			struct pl *p;

			memcpy(cut, both[k].p, n);
			assert_int_equal(pl_parse(bytes_of(cut, n), a, &p, &e), -1);
			assert_int_equal(e.kind, ERR_BAD_INPUT);
			assert_true(strlen(e.msg) > 10);
			free(cut);
		}
}

/* ---- binary ---- */

/* A binary property list in the making. */
struct bin {
	struct buf b;
	size_t offset[70000];
	size_t n, ref_size, offset_size;
};

static struct bin *bin_new(void)
{
	struct bin *b = arena_zalloc(a, sizeof(*b));

	buf_init(&b->b, 64u << 20);
	arena_defer(a, (void (*)(void *))buf_fini, &b->b);
	buf_adds(&b->b, "bplist00");
	b->ref_size = 1;
	b->offset_size = 4;
	return b;
}

static void put_int(struct buf *b, uint64_t v, size_t width)
{
	while (width-- > 0)
		buf_addc(b, (char)(v >> 8 * width));
}

/* An object by its bytes. */
static size_t obj(struct bin *b, const void *p, size_t n)
{
	assert_true(b->n < COUNT(b->offset));
	b->offset[b->n] = b->b.n;
	buf_add(&b->b, p, n);
	return b->n++;
}
#define OBJ(b, s) obj(b, s, sizeof(s) - 1)

/* marker: 0xa0 array, 0xd0 dict (n counts its pairs). */
static size_t group(struct bin *b, unsigned marker, size_t n, const size_t *refs)
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

static struct bytes bin_end(struct bin *b, uint64_t root)
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

static void binary_scalars(void **state)
{
	static const struct {
		struct bytes object;
		const char *xml;	/* NULL: refused */
	} rows[] = {
#define ROW(s, xml) { { (const unsigned char *)s, sizeof(s) - 1 }, xml }
		ROW("\x08", "<false/>"), ROW("\x09", "<true/>"),
		ROW("\x10\xff", "<integer>255</integer>"),
		ROW("\x11\xff\xff", "<integer>65535</integer>"),
		ROW("\x12\xff\xff\xff\xff", "<integer>4294967295</integer>"),
		ROW("\x13\xff\xff\xff\xff\xff\xff\xff\xfe", "<integer>-2</integer>"),
		ROW("\x14\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
			"<integer>18446744073709551615</integer>"),
		ROW("\x22\x3f\xc0\0\0", "<real>1.5</real>"),
		ROW("\x23\x3f\xf8\0\0\0\0\0\0", "<real>1.5</real>"),
		ROW("\x33\0\0\0\0\0\0\0\0", "<date>2001-01-01T00:00:00Z</date>"),
		ROW("\x42\0\1", "<data>\nAAE=\n</data>"),
		ROW("\x4f\x10\x02\0\1", "<data>\nAAE=\n</data>"),
		ROW("\x4f\x13\0\0\0\0\0\0\0\x02\0\1", "<data>\nAAE=\n</data>"),
		ROW("\x40", "<data>\n</data>"), ROW("\x50", "<string></string>"),
		ROW("\x53" "a<b", "<string>a&lt;b</string>"),
		ROW("\x62\0a\0\xe9", "<string>a\xc3\xa9</string>"),
		ROW("\x62\xd8\x3d\xde\x00", "<string>\xf0\x9f\x98\x80</string>"),
		ROW("\xa0", "<array/>"), ROW("\xd0", "<dict/>"),
		ROW("\x80\x03", "<dict>\n\t<key>CF$UID</key>\n\t<integer>3</integer>\n</dict>"),
		ROW("\x00", NULL), ROW("\x01", NULL), ROW("\x0f", NULL),
		ROW("\x15", NULL), ROW("\x14\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0", NULL),
		ROW("\x13\0\0\0", NULL), ROW("\x21\0\0", NULL), ROW("\x24", NULL),
		ROW("\x33\x7f\xf8\0\0\0\0\0\0", NULL),	/* nan */
		ROW("\x33\x7f\xe0\0\0\0\0\0\0", NULL),
		ROW("\x32\0\0\0\0", NULL), ROW("\x42\0", NULL), ROW("\x4f\x10", NULL),
		ROW("\x4f\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL),
		ROW("\x4f\x13\xff\xff\xff\xff\xff\xff\xff\xff\0", NULL),
		ROW("\x4f\x33", NULL), ROW("\x53" "a\0b", NULL), ROW("\x53" "ab", NULL),
		ROW("\x52" "\xc3\xa9", NULL), ROW("\x61\0", NULL), ROW("\x61\0\0", NULL),
		ROW("\x61\xd8\x3d", NULL), ROW("\x61\xde\0", NULL),
		ROW("\x62\xd8\x3d\0a", NULL), ROW("\x62\xde\0\xd8\x3d", NULL),
		ROW("\x71" "a", NULL), ROW("\x82\0\0\3", NULL), ROW("\x90", NULL),
		ROW("\xa1", NULL), ROW("\xa1\x01", NULL), ROW("\xb0", NULL),
		ROW("\xc0", NULL), ROW("\xd1\0", NULL), ROW("\xe0", NULL), ROW("\xf0", NULL),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bin *b = bin_new();
		struct err e = ERR_INIT;
		struct pl *p = NULL;
		const char *xml;

		obj(b, rows[i].object.p, rows[i].object.n);
		if (pl_parse(bin_end(b, 0), a, &p, &e) < 0) {
			if (rows[i].xml != NULL)
				fail_msg("row %zu: %s", i, e.msg);
			assert_int_equal(e.kind, ERR_BAD_INPUT);
			assert_true(str_has_prefix(e.msg, "binary property list: object 0: "));
			continue;
		}
		xml = (const char *)pl_xml(p, a).p;
		if (rows[i].xml == NULL)
			fail_msg("row %zu taken", i);
		if (strstr(xml, rows[i].xml) == NULL)
			fail_msg("row %zu: %s", i, xml);
	}
}

static void binary_containers(void **state)
{
	static const size_t widths[] = { 1, 2, 3, 4, 8 };

	(void)state;
	for (size_t i = 0; i < COUNT(widths); i++)
		for (size_t k = 1; k < COUNT(widths); k++) {
			struct bin *b = bin_new();
			const struct pl *p;
			size_t s, key, list;

			b->ref_size = widths[i];
			b->offset_size = widths[k];
			s = OBJ(b, "\x55shared");
			b->b.n--;	/* five letters: "share" */
			key = OBJ(b, "\x62\0k\0\xe9");
			list = group(b, 0xa0, 3, (size_t[]){ s, s, s });
			group(b, 0xd0, 2, (size_t[]){ key, s, list, s });
			p = parsed(bin_end(b, 3));
			assert_int_equal(pl_array_len(pl_dict_get(p, "k\xc3\xa9")), 3);
			assert_string_equal(pl_as_str(pl_dict_get(p, "share")), "share");
		}
}

#define B(what) "binary property list: " what

static void binary_is_refused(void **state)
{
	struct bin *b;
	unsigned char *t;
	struct bytes in;
	size_t k, v;

	(void)state;
	refused(BYTES("bplist"), B("not of version 00"));
	refused(BYTES("bplist16xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		B("not of version 00"));
	refused(BYTES("bplist00"), B("truncated"));
	refused(BYTES("bplist00xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		B("bad trailer"));
	/* the trailer, field by field: where, and a value that is wrong */
	for (k = 0; k < 7; k++) {
		static const struct {
			int at;
			unsigned char to;
		} rows[] = { { 6, 0 }, { 6, 9 }, { 7, 0 }, { 7, 5 }, { 15, 0 },
			{ 23, 1 }, { 31, 7 } };

		b = bin_new();
		OBJ(b, "\x09");
		in = bin_end(b, 0);
		t = b->b.p + in.n - 32;
		t[rows[k].at] = rows[k].to;
		refused(in, B("bad trailer"));
	}
	b = bin_new();
	OBJ(b, "\x09");
	in = bin_end(b, 0);
	memset(b->b.p + in.n - 24, 0x7f, 8);
	refused(in, B("more than 200000 objects"));
	b = bin_new();
	OBJ(b, "\x09");
	bin_end(b, 0);
	buf_adds(&b->b, "trailing");
	refused(buf_bytes(&b->b), B("bad trailer"));
	b = bin_new();
	OBJ(b, "\x09");
	b->offset[0] = 9;	/* the offset table itself */
	refused(bin_end(b, 0), B("object 0: outside of the file"));
	b->b.n = 9;
	b->offset[0] = 7;
	refused(bin_end(b, 0), B("object 0: outside of the file"));
	/* keys */
	b = bin_new();
	k = OBJ(b, "\x09");
	group(b, 0xd0, 1, (size_t[]){ k, k });
	refused(bin_end(b, 1), B("object 1: key that is no string"));
	b = bin_new();
	k = OBJ(b, "\x50");
	group(b, 0xd0, 1, (size_t[]){ k, k });
	refused(bin_end(b, 1), B("object 1: empty key"));
	b = bin_new();
	k = OBJ(b, "\x53" "a\0b");
	group(b, 0xd0, 1, (size_t[]){ k, k });
	refused(bin_end(b, 1), B("object 0: string that is not ASCII, or holds a NUL"));
	b = bin_new();
	k = OBJ(b, "\x54UDID");
	v = OBJ(b, "\x64\0U\0D\0I\0D");
	group(b, 0xd0, 2, (size_t[]){ k, v, k, k });
	refused(bin_end(b, 2), B("key UDID is there twice"));
	b = bin_new();
	k = OBJ(b, "\x51" "a");
	group(b, 0xd0, 1, (size_t[]){ k, 9 });
	refused(bin_end(b, 1), B("object 1: reference to no object"));
}

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

/* ---- the reader ---- */

static const char message[] = PLIST("<dict>"
	"<key>Text</key><string>t</string><key>Empty</key><string/>"
	"<key>Data</key><data>AAEC</data><key>NoData</key><data/>"
	"<key>Yes</key><true/><key>No</key><false/>"
	"<key>Int</key><integer>-7</integer>"
	"<key>Big</key><integer>9223372036854775808</integer>"
	"<key>Dict</key><dict><key>In</key><string>side</string></dict>"
	"<key>Array</key><array><integer>1</integer><string>2</string></array>"
	"<key>Date</key><date>2026-11-22T13:52:00Z</date><key>Real</key><real>1</real>"
	"</dict>");

static void reader_reads(void **state)
{
	const struct pl *dict = NULL, *array = NULL;
	const char *text = NULL, *empty = NULL, *none = "preset", *in = NULL;
	struct bytes data = { NULL, 0 }, no = { NULL, 0 }, absent = { NULL, 0 };
	bool yes = false, not = true, kept = true;
	struct err e = ERR_INIT;
	struct pl_reader r;
	int64_t i = 0;

	(void)state;
	pl_read(&r, "Test", parsed(bytes_str(message)), a);
	pl_str(&r, "Text", &text);
	pl_str_opt(&r, "Empty", &empty);
	pl_str_opt(&r, "None", &none);
	pl_data(&r, "Data", &data);
	pl_data_opt(&r, "NoData", &no);
	pl_data_opt(&r, "None", &absent);
	pl_bool_opt(&r, "Yes", &yes);
	pl_bool_opt(&r, "No", &not);
	pl_bool_opt(&r, "None", &kept);
	pl_int_opt(&r, "Int", &i);
	pl_dict(&r, "Dict", &dict);
	pl_array_opt(&r, "Array", &array);
	assert_true(pl_has(&r, "Int"));
	assert_false(pl_has(&r, "None"));
	assert_int_equal(pl_done(&r, &e), 0);
	assert_string_equal(text, "t");
	assert_string_equal(empty, "");
	assert_string_equal(none, "preset");
	assert_true(bytes_eq(data, BYTES("\0\1\2")));
	assert_true(no.p != NULL && no.n == 0 && absent.p == NULL);
	assert_true(yes && !not && kept && i == -7);
	assert_int_equal(pl_array_len(array), 2);
	assert_string_equal(pl_as_str(pl_array_at(array, 1)), "2");
	assert_null(pl_array_at(array, 2));
	pl_read(&r, "Test: Dict", dict, a);
	pl_str(&r, "In", &in);
	assert_int_equal(pl_done(&r, &e), 0);
	assert_string_equal(in, "side");
}

static void read_str(struct pl_reader *r, const char *key)
{
	const char *out;

	pl_str(r, key, &out);
}

static void read_str_opt(struct pl_reader *r, const char *key)
{
	const char *out;

	pl_str_opt(r, key, &out);
}

static void read_data(struct pl_reader *r, const char *key)
{
	struct bytes out;

	pl_data(r, key, &out);
}

static void read_data_opt(struct pl_reader *r, const char *key)
{
	struct bytes out;

	pl_data_opt(r, key, &out);
}

static void read_bool(struct pl_reader *r, const char *key)
{
	bool out;

	pl_bool_opt(r, key, &out);
}

static void read_int(struct pl_reader *r, const char *key)
{
	int64_t out;

	pl_int_opt(r, key, &out);
}

static void read_dict(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_dict(r, key, &out);
}

static void read_dict_opt(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_dict_opt(r, key, &out);
}

static void read_array(struct pl_reader *r, const char *key)
{
	const struct pl *out;

	pl_array_opt(r, key, &out);
}

static void reader_names_the_key(void **state)
{
	static const struct {
		void (*read)(struct pl_reader *r, const char *key);
		const char *key, *line;
	} rows[] = {
		{ read_str, "None", "Test: None: missing" },
		{ read_str, "Empty", "Test: Empty: empty" },
		{ read_str, "Data", "Test: Data: expected string, got data" },
		{ read_str, "Int", "Test: Int: expected string, got integer" },
		{ read_str_opt, "Yes", "Test: Yes: expected string, got boolean" },
		{ read_str_opt, "Date", "Test: Date: expected string, got date" },
		{ read_data, "None", "Test: None: missing" },
		{ read_data, "NoData", "Test: NoData: empty" },
		{ read_data, "Text", "Test: Text: expected data, got string" },
		{ read_data_opt, "Array", "Test: Array: expected data, got array" },
		{ read_bool, "Text", "Test: Text: expected boolean, got string" },
		{ read_bool, "Int", "Test: Int: expected boolean, got integer" },
		{ read_int, "Real", "Test: Real: expected integer, got real" },
		{ read_int, "Big", "Test: Big: integer out of range" },
		{ read_dict, "None", "Test: None: missing" },
		{ read_dict, "Array", "Test: Array: expected dict, got array" },
		{ read_dict_opt, "Text", "Test: Text: expected dict, got string" },
		{ read_array, "Dict", "Test: Dict: expected array, got dict" },
	};
	const struct pl *p = parsed(bytes_str(message));
	struct pl_reader r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		const char *out = "alone";

		pl_read(&r, "Test", p, a);
		rows[i].read(&r, rows[i].key);
		read_str(&r, "None");	/* a later fault does not count */
		pl_str_opt(&r, "Text", &out);
		assert_string_equal(out, "alone");
		assert_int_equal(pl_done(&r, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		assert_string_equal(e.msg, rows[i].line);
	}
	pl_read(&r, "check-in", parsed(BYTES(PLIST("<array/>"))), a);
	read_str(&r, "None");
	assert_string_equal(r.fault.msg, "check-in: expected dict, got array");
	pl_read(&r, "", p, a);
	read_str(&r, "None");
	assert_string_equal(r.fault.msg, "None: missing");
}

/* ---- walking and building ---- */

static bool collect(const char *key, const struct pl *value, void *arg)
{
	struct buf *b = arg;

	buf_printf(b, "%s=%s;", key, pl_type_name(pl_type(value)));
	return b->n < 40;
}

static void dicts_keep_their_order(void **state)
{
	const struct pl *p = parsed(BYTES(PLIST("<dict><key>z</key><true/>"
		"<key>a</key><integer>1</integer><key>m</key><dict/></dict>")));
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pl_dict_each(p, collect, &b);
	assert_true(bytes_is(buf_bytes(&b), "z=boolean;a=integer;m=dict;"));
	buf_clear(&b);
	pl_dict_each(parsed(bytes_str(message)), collect, &b);
	assert_true(bytes_is(buf_bytes(&b), "Text=string;Empty=string;Data=data;NoData=data;"));
	buf_fini(&b);
	assert_null(pl_dict_get(pl_array_at(p, 0), "x"));
	assert_int_equal(pl_type(NULL), PL_OTHER);
}

static void integers_of_any_sign(void **state)
{
	static const int64_t v[] = { 0, 1, -1, 255, 256, -256, INT32_MIN, UINT32_MAX,
		INT64_MAX, INT64_MIN, INT64_MIN + 1 };
	struct pl *dict = pl_new_dict(a);

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		pl_set_int(dict, arena_printf(a, "k%zu", i), v[i]);
	for (int k = 0; k < 3; k++) {
		const struct pl *p = k == 0 ? dict : parsed(k == 1 ? pl_xml(dict, a) :
			pl_binary(dict, a));

		for (size_t i = 0; i < COUNT(v); i++) {
			int64_t got = 99;

			assert_true(pl_as_int(pl_dict_get(p, arena_printf(a, "k%zu", i)), &got));
			assert_true(got == v[i]);
		}
	}
}

static void built_is_what_is_read(void **state)
{
	struct pl *dict = pl_new_dict(a), *array, *inner;
	struct bytes d;
	bool yes = false;

	(void)state;
	pl_set_str(dict, "Str", "a<&>\xc3\xa9");
	pl_set_str(dict, "Left out", NULL);
	pl_set_str(dict, "Bad", "x\x01y\xffz\n");
	pl_set_data(dict, "Data", BYTES("\0\xff"));
	pl_set_data(dict, "NoData", bytes_of("", 0));
	pl_set_data(dict, "Left out", bytes_of(NULL, 0));
	pl_set_bool(dict, "Yes", true);
	pl_set_real(dict, "Real", -0.25);
	array = pl_set_array(dict, "Array");
	pl_add_str(array, "one");
	pl_add_data(array, BYTES("two"));
	pl_set_str(pl_add_dict(array), "k", "v");
	pl_add_str(pl_add_array(array), "deep");
	inner = pl_set_dict(dict, "Inner");
	pl_set_copy(inner, "Copy", array);
	pl_set_str(dict, "Str", "replaced");
	for (int k = 0; k < 2; k++) {
		const struct pl *p = parsed(k == 0 ? pl_xml(dict, a) : pl_binary(dict, a));

		assert_string_equal(pl_as_str(pl_dict_get(p, "Str")), "replaced");
		assert_null(pl_dict_get(p, "Left out"));
		assert_string_equal(pl_as_str(pl_dict_get(p, "Bad")),
			"x\xef\xbf\xbdy\xef\xbf\xbdz\n");
		assert_true(pl_as_data(pl_dict_get(p, "Data"), a, &d));
		assert_true(bytes_eq(d, BYTES("\0\xff")));
		assert_true(pl_as_data(pl_dict_get(p, "NoData"), a, &d));
		assert_true(d.p != NULL && d.n == 0);
		assert_true(pl_as_bool(pl_dict_get(p, "Yes"), &yes) && yes);
		assert_int_equal(pl_type(pl_dict_get(p, "Real")), PL_REAL);
		p = pl_dict_get(pl_dict_get(p, "Inner"), "Copy");
		assert_int_equal(pl_array_len(p), 4);
		assert_string_equal(pl_as_str(pl_array_at(pl_array_at(p, 3), 0)), "deep");
		assert_string_equal(pl_as_str(pl_dict_get(pl_array_at(p, 2), "k")), "v");
	}
	assert_false(pl_as_data(pl_dict_get(dict, "Str"), a, &d));
	assert_false(pl_as_bool(pl_dict_get(dict, "Str"), &yes));
	assert_null(pl_as_str(pl_dict_get(dict, "Yes")));
}

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
		T(xml_is_read), T(xml_is_refused), T(truncated_is_refused),
		T(binary_scalars), T(binary_containers), T(binary_is_refused),
		T(xml_depth), T(xml_objects), T(xml_work),
		T(binary_depth_and_cycles), T(binary_sharing),
		T(many_strings_over_one_text),
#if !SANITIZED
		T(estimate_covers_the_tree),
#endif
		T(trees_are_bounded_together), T(threads_give_everything_back),
		T(reader_reads), T(reader_names_the_key), T(dicts_keep_their_order),
		T(integers_of_any_sign), T(built_is_what_is_read),
		T(large_trees_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
