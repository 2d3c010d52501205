/* Property lists: what is read, and what is refused with which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "pl_world.h"

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, arena_setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(xml_is_read), T(xml_is_refused), T(truncated_is_refused),
		T(binary_scalars), T(binary_containers), T(binary_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
