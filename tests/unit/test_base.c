/* Everything in src/base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clk.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rnd.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

/* ---- arena ---- */

static void arena_aligns_and_keeps(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 16, 17, 4095, 8192, 8193,
		100000, 1 << 20, (1 << 20) + 1, 3 << 20, 5 };
	unsigned char *p[COUNT(sizes)];
	struct arena *a = arena_new();

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			p[i] = arena_alloc(a, sizes[i]);
			assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			memset(p[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < COUNT(sizes); i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[i][k], i + 1);
		assert_true(arena_used(a) >= 4 << 20);
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	/* zalloc clears what an earlier round has written */
	memset(arena_alloc(a, 4000), 0xff, 4000);
	arena_reset(a);
	p[0] = arena_zalloc(a, 4000);
	for (size_t k = 0; k < 4000; k++)
		assert_int_equal(p[0][k], 0);
	arena_free(a);
	arena_free(NULL);
}

static void arena_copies(void **state)
{
	struct arena *a = arena_new();
	struct bytes b;

	(void)state;
	assert_memory_equal(arena_memdup(a, "ab\0c", 4), "ab\0c\0", 5);
	assert_memory_equal(arena_memdup(a, NULL, 0), "", 1);
	b = arena_bytes(a, BYTES("xyz"));
	assert_true(bytes_is(b, "xyz"));
	b = arena_bytes(a, bytes_of(NULL, 0));
	assert_null(b.p);
	b = arena_bytes(a, bytes_of("", 0));
	assert_non_null(b.p);
	assert_string_equal(arena_str(a, bytes_of("hello", 4)), "hell");
	assert_string_equal(arena_str(a, bytes_of(NULL, 0)), "");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_strdup(a, "dup"), "dup");
	assert_string_equal(arena_printf(a, "%s-%05d", "n", 42), "n-00042");
	arena_free(a);
}

static char order[8];

static void note(void *obj)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = *(const char *)obj;
	order[n + 1] = '\0';
}

struct again {
	struct arena *a;
	char tag[2];
};

static void note_and_defer(void *obj)
{
	struct again *g = obj;

	note(g->tag);
	arena_defer(g->a, note, arena_strdup(g->a, "z"));
}

static void arena_defers_last_first(void **state)
{
	struct arena *a = arena_new();
	struct again *g = arena_alloc(a, sizeof(*g));

	(void)state;
	order[0] = '\0';
	*g = (struct again){ a, "y" };
	arena_defer(a, note, arena_strdup(a, "1"));
	arena_defer(a, note_and_defer, g);
	arena_defer(a, note, arena_strdup(a, "2"));
	arena_reset(a);
	assert_string_equal(order, "2yz1");
	arena_reset(a);
	assert_string_equal(order, "2yz1");
	arena_defer(a, note, arena_strdup(a, "3"));
	arena_free(a);
	assert_string_equal(order, "2yz13");
}

/* ---- buf ---- */

static void buf_stops_at_its_maximum(void **state)
{
	static const struct {
		size_t max, first, second;
		bool full;
	} rows[] = {
		{ 0, 0, 0, false }, { 0, 0, 1, true }, { 1, 1, 0, false },
		{ 10, 4, 6, false }, { 10, 4, 7, true }, { 256, 256, 0, false },
		{ 256, 255, 1, false }, { 257, 256, 1, false },
		{ 1000, 999, 2, true }, { 100000, 1, 99999, false },
	};
	unsigned char *data = malloc(100000);

	(void)state;
	memset(data, 'x', 100000);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int how = 0; how < 2; how++) {
			struct buf b;

			buf_init(&b, rows[i].max);
			buf_add(&b, data, rows[i].first);
			assert_false(b.full);
			if (how == 0)
				buf_add(&b, data, rows[i].second);
			else
				buf_printf(&b, "%.*s", (int)rows[i].second, (char *)data);
			assert_int_equal(b.full, rows[i].full);
			assert_int_equal(b.n, rows[i].first +
				(rows[i].full ? 0 : rows[i].second));
			for (size_t k = 0; k < b.n; k++)
				assert_int_equal(b.p[k], 'x');
			buf_fini(&b);
		}
	free(data);
}

static void buf_stays_full_until_cleared(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_adds(&b, "abcd");
	buf_adds(&b, "efg");
	assert_true(b.full);
	buf_addc(&b, 'x');	/* would fit, but a hole is no text */
	assert_true(bytes_is(buf_bytes(&b), "abcd"));
	assert_null(buf_reserve(&b, 1));
	buf_clear(&b);
	assert_false(b.full);
	buf_printf(&b, "%d", 12345);
	assert_false(b.full);
	assert_true(bytes_is(buf_bytes(&b), "12345"));
	buf_printf(&b, "%s", "");
	assert_false(b.full);
	buf_fini(&b);
	memcpy(buf_reserve(&b, 5), "qwert", 5);
	buf_grew(&b, 5);
	assert_true(bytes_is(buf_bytes(&b), "qwert"));
	buf_fini(&b);
}

/* ---- str ---- */

static void bytes_compare(void **state)
{
	(void)state;
	assert_true(bytes_eq(bytes_of(NULL, 0), bytes_of("x", 0)));
	assert_true(bytes_eq(BYTES("a\0b"), BYTES("a\0b")));
	assert_false(bytes_eq(BYTES("a\0b"), BYTES("a\0c")));
	assert_false(bytes_is(BYTES("abc"), "ab"));
	assert_null(bytes_str(NULL).p);
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_true(str_has_prefix("abc", "ab"));
	assert_true(str_has_prefix("abc", ""));
	assert_false(str_has_prefix("a", "ab"));
	assert_false(str_has_prefix(NULL, "a"));
	assert_true(str_has_prefix_nocase("Bearer x", "bearer "));
	assert_true(str_has_suffix("a.pem", ".pem"));
	assert_false(str_has_suffix("pem", ".pem"));
	assert_false(str_has_suffix(NULL, ".pem"));
	assert_true(str_secret_eq(BYTES("token"), BYTES("token")));
	assert_false(str_secret_eq(BYTES("token"), BYTES("tokeN")));
	assert_false(str_secret_eq(BYTES("token"), BYTES("toke")));
	assert_true(str_secret_eq(bytes_of(NULL, 0), bytes_of(NULL, 0)));
}

static void numbers_are_strict(void **state)
{
	static const struct {
		const char *s;
		uint64_t min, max, v;
		bool ok;
	} rows[] = {
		{ "0", 0, UINT64_MAX, 0, true }, { "007", 0, 9, 7, true },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", 0, UINT64_MAX, 0, false },
		{ "18446744073709551620", 0, UINT64_MAX, 0, false },
		{ "99999999999999999999", 0, UINT64_MAX, 0, false },
		{ "", 0, 9, 0, false }, { NULL, 0, 9, 0, false },
		{ "+1", 0, 9, 0, false }, { "-1", 0, 9, 0, false },
		{ " 1", 0, 9, 0, false }, { "1 ", 0, 9, 0, false },
		{ "1x", 0, 9, 0, false }, { "5", 6, 9, 0, false },
		{ "10", 6, 9, 0, false }, { "9", 6, 9, 9, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = 77;

		assert_int_equal(str_u64(rows[i].s, rows[i].min, rows[i].max, &v),
			rows[i].ok);
		assert_true(v == (rows[i].ok ? rows[i].v : 77));
	}
}

static void utf8_is_strict(void **state)
{
	static const struct {
		struct bytes b;
		bool ok;
	} rows[] = {
#define ROW(s, ok) { { (const unsigned char *)s, sizeof(s) - 1 }, ok }
		ROW("", true), ROW("plain", true), ROW("\xc3\xa9", true),
		ROW("\xe2\x82\xac", true), ROW("\xf0\x9f\x98\x80", true),
		ROW("\xf4\x8f\xbf\xbf", true), ROW("\xf4\x90\x80\x80", false),
		ROW("a\0b", false), ROW("\xc0\x80", false), ROW("\xc1\xbf", false),
		ROW("\xe0\x9f\xbf", false), ROW("\xf0\x8f\xbf\xbf", false),
		ROW("\xed\xa0\x80", false), ROW("\xed\xbf\xbf", false),
		ROW("\xee\x80\x80", true), ROW("\x80", false), ROW("\xff", false),
		ROW("\xf8\x88\x80\x80\x80", false), ROW("ab\xc3", false),
		ROW("\xe2\x82", false), ROW("\xf0\x9f\x98", false),
		ROW("\xc3\x28", false), ROW("\xe2\x28\xa1", false),
		ROW("12345678901234567890\xc3\xa9" "123456789012345678901", true),
		ROW("12345678901234567890\xc3" "123456789012345678901", false),
		ROW("12345678901234567\0" "90123456789012345678901", false),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is_utf8(rows[i].b.p, rows[i].b.n) != rows[i].ok)
			fail_msg("row %zu", i);
}

/* ---- enc ---- */

static void base64_both_ways(void **state)
{
	static const char *const rows[][3] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes b = bytes_str(rows[i][0]), back;

		assert_string_equal(enc_base64(a, b), rows[i][1]);
		assert_string_equal(enc_base64url(a, b), rows[i][2]);
		assert_true(enc_unbase64(a, bytes_str(rows[i][1]), false, &back));
		assert_true(bytes_eq(b, back));
	}
	arena_free(a);
}

static void base64_is_strict(void **state)
{
	static const struct {
		const char *s;
		bool plain, blanks;
	} rows[] = {
		{ "Zg", false, false }, { "Zg=", false, false },
		{ "Zg===", false, false }, { "Z===", false, false },
		{ "====", false, false }, { "=", false, false },
		{ "Zg==Zg==", false, false }, { "Zg======", false, false },
		{ "Zm8=Zm8=", false, false }, { "Z=g=", false, false },
		{ "Zh==", false, false }, { "Zm9=", false, false },
		{ "Zm9v-_", false, false }, { "Zm9*", false, false },
		{ "Zm9v\xc3\xa9", false, false }, { "Zm9vZ", false, false },
		{ "Zm9v\n", false, true }, { " Z m\t8\r\n=", false, true },
		{ "Zm9v\v", false, false }, { "\n", false, true },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes out, s = bytes_str(rows[i].s);

		if (enc_unbase64(a, s, false, &out) != rows[i].plain ||
			enc_unbase64(a, s, true, &out) != rows[i].blanks)
			fail_msg("row %zu: %s", i, rows[i].s);
	}
	assert_false(enc_unbase64(a, BYTES("Zm9v\0"), true, &(struct bytes){ 0 }));
	arena_free(a);
}

static void hex_and_percent(void **state)
{
	struct arena *a = arena_new();
	struct bytes out;
	char hex[7];

	(void)state;
	enc_hex_to(hex, "\x00\xab\xff", 3);
	assert_string_equal(hex, "00abff");
	assert_string_equal(enc_hex(a, BYTES("\x01\x80")), "0180");
	assert_true(enc_unhex(a, "00aBFf", &out));
	assert_true(bytes_eq(out, BYTES("\x00\xab\xff")));
	assert_false(enc_unhex(a, "0", &out));
	assert_false(enc_unhex(a, "0g", &out));
	assert_false(enc_unhex(a, "@0", &out));

	assert_string_equal(enc_percent(a, BYTES("aZ09-._~/:,%+ \n\xc3\xa9")),
		"aZ09-._~%2F%3A%2C%25%2B%20%0A%C3%A9");
	assert_true(enc_unpercent(a, BYTES("a%2fb%2F+%00c"), &out));
	assert_true(bytes_eq(out, BYTES("a/b/+\0c")));
	assert_false(enc_unpercent(a, BYTES("a%2"), &out));
	assert_false(enc_unpercent(a, BYTES("%"), &out));
	assert_false(enc_unpercent(a, BYTES("%zz"), &out));
	arena_free(a);
}

static void integers_sort_as_bytes(void **state)
{
	static const uint64_t v[] = { 0, 1, 255, 256, 0x0102030405060708,
		INT64_MAX, UINT64_MAX };
	unsigned char last[8] = { 0 }, now[8], four[4];

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		enc_be64(now, v[i]);
		assert_true(enc_unbe64(now) == v[i]);
		assert_true(i == 0 || memcmp(last, now, 8) < 0);
		memcpy(last, now, 8);
	}
	enc_be32(four, 0x80000001);
	assert_memory_equal(four, "\x80\0\0\x01", 4);
	assert_true(enc_unbe32(four) == 0x80000001);
}

/* ---- err ---- */

static void err_is_one_printable_line(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" }, { "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a\nb\tc\x7f\x1b[31m", "a?b?c??[31m" },
		{ "bad \xff caf\xc3\xa9", "bad ? caf??" },
		{ "csi \xc2\x9b" "31m", "csi ??31m" },
		{ "nel \xc2\x85, nbsp \xc2\xa0.", "nel ??, nbsp \xc2\xa0." },
		/* It would show "gpj.exe" as "exe.jpg". */
		{ "bidi \xe2\x80\xae \xe2\x80\xaa \xe2\x81\xa6 \xe2\x81\xa9",
			"bidi ??? ??? ??? ???" },
		{ "near \xe2\x80\xa7 \xe2\x80\xaf \xe2\x81\xa5 \xe2\x81\xaa",
			"near \xe2\x80\xa7 \xe2\x80\xaf \xe2\x81\xa5 \xe2\x81\xaa" },
		{ "ls \xe2\x80\xa8 euro \xe2\x82\xac", "ls ??? euro \xe2\x82\xac" },
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(err_set(&e, ERR_CONFLICT, "%s", rows[i].in), -1);
		assert_string_equal(e.msg, rows[i].out);
		assert_int_equal(e.kind, ERR_CONFLICT);
	}
}

static void err_cuts_between_characters(void **state)
{
	static const char *const chars[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };
	struct err e = ERR_INIT;

	(void)state;
	for (size_t c = 0; c < COUNT(chars); c++)
		for (size_t lead = 0; lead < 4; lead++) {
			char in[1200];
			size_t n = lead, len = strlen(chars[c]);

			memset(in, 'a', lead);
			for (; n < 1000; n += len)
				memcpy(in + n, chars[c], len);
			in[n] = '\0';
			err_set(&e, ERR_INTERNAL, "%s", in);
			n = strlen(e.msg);
			assert_true(n >= 252 && n <= 255);
			assert_true(str_is_utf8(e.msg, n));
			assert_memory_equal(e.msg, in, n);
			/* a place that is cut itself */
			assert_int_equal(err_wrap(&e, "%s", in), -1);
			assert_true(str_is_utf8(e.msg, strlen(e.msg)));
			assert_memory_equal(e.msg, in, 250);
		}
}

static void err_may_quote_itself(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_BUSY, "full");
	assert_int_equal(err_set(&e, e.kind, "store %s", e.msg), -1);
	assert_string_equal(e.msg, "store full");
	assert_int_equal(e.kind, ERR_BUSY);
}

static void err_wraps_and_names(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_TOO_LARGE, "body");
	assert_int_equal(err_wrap(&e, "at %d", 7), -1);
	assert_string_equal(e.msg, "at 7: body");
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	assert_int_equal(err_errno(&e, ERR_BUSY, 2, "%s", "/x"), -1);
	assert_string_equal(e.msg, "/x: No such file or directory");
	assert_string_equal(err_kind_name(ERR_BAD_INPUT), "bad_input");
	assert_string_equal(err_kind_name((enum err_kind)999), "internal");
}

/* ---- log ---- */

/* What fn writes to stderr. */
static char *captured(void (*fn)(void), char *out, size_t max)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(f), out, max - 1, 0);
	assert_true(n >= 0);
	out[n] = '\0';
	fclose(f);
	return out;
}

static void say_values(void)
{
	struct log_line l;

	log_begin(&l, LOG_WARN, "try");
	log_str(&l, "plain", "a-b/c:1");
	log_str(&l, "none", NULL);
	log_str(&l, "empty", "");
	log_str(&l, "blank", "a b");
	log_str(&l, "quote", "a\"b\\c=d");
	log_str(&l, "inject", "x\nts=1 level=error");
	log_str(&l, "utf8", "caf\xc3\xa9");
	log_str(&l, "c1", "\xc2\x9b" "31m");
	log_bytes(&l, "raw", BYTES("\xff\0z"));
	log_u64(&l, "u", UINT64_MAX);
	log_i64(&l, "i", INT64_MIN);
	log_hex(&l, "h", "\x01\xfe", 2);
	log_end(&l);
	log_begin(&l, LOG_DEBUG, "hidden");
	log_str(&l, "k", "v");
	log_end(&l);
}

static void log_escapes(void **state)
{
	char out[2048], *p;

	(void)state;
	log_open("tester", LOG_INFO);
	captured(say_values, out, sizeof(out));
	assert_true(str_has_prefix(out, "ts=20"));
	p = strstr(out, " level=warn prog=tester pid=");
	assert_non_null(p);
	p = strstr(p, " event=try ");
	assert_non_null(p);
	assert_string_equal(p, " event=try plain=a-b/c:1 none=- empty=\"\" "
		"blank=\"a b\" quote=\"a\\\"b\\\\c=d\" "
		"inject=\"x\\x0ats=1 level=error\" utf8=\"caf\xc3\xa9\" "
		"c1=\"\\xc2\\x9b31m\" raw=\"\\xff\\x00z\" u=18446744073709551615 "
		"i=-9223372036854775808 h=01fe\n");
}

static void say_long(void)
{
	char text[9000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 4; i++) {
		struct log_line l;

		log_begin(&l, LOG_ERROR, "long");
		log_str(&l, "text", text + i);
		log_str(&l, "more", "never seen");
		log_end(&l);
	}
	log_msg(LOG_INFO, "msg", "%s", "one message");
}

static void log_cuts_long_lines(void **state)
{
	char *out = malloc(65536), *line, *next;
	int lines = 0, long_lines = 0;

	(void)state;
	captured(say_long, out, 65536);
	for (line = out; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		*next = '\0';
		lines++;
		if (strstr(line, "event=long") == NULL) {
			assert_non_null(strstr(line, "event=msg msg=\"one message\""));
			continue;
		}
		long_lines++;
		assert_true(next - line < 4096 && next - line > 4000);
		assert_true(str_has_suffix(line, "x…"));
	}
	assert_int_equal(long_lines, 4);
	assert_int_equal(lines, 5);
	assert_string_equal(line, "");
	free(out);
}

static void say_joined(void)
{
	struct log_line l, pairs;

	log_begin_pairs(&pairs);
	log_str(&pairs, "a", "1 2");
	log_str(&pairs, "b", "3");
	log_begin(&l, LOG_INFO, "joined");
	log_join(&l, &pairs);
	log_str(&l, "c", "4");
	log_end(&l);
	log_begin(&l, LOG_DEBUG, "hidden");
	log_join(&l, &pairs);
	log_end(&l);
	log_begin_pairs(&pairs);
	log_begin(&l, LOG_INFO, "none");
	log_join(&l, &pairs);
	log_end(&l);
}

static void log_joins_pairs(void **state)
{
	char out[2048], *p;

	(void)state;
	log_open("tester", LOG_INFO);
	captured(say_joined, out, sizeof(out));
	p = strstr(out, " event=joined");
	assert_non_null(p);
	assert_true(str_has_prefix(p, " event=joined a=\"1 2\" b=3 c=4\n"));
	assert_true(str_has_suffix(p, " event=none\n"));
	assert_null(strstr(out, "hidden"));
}

static void log_levels(void **state)
{
	enum log_level l;

	(void)state;
	assert_int_equal(log_level_parse("debug", &l), 0);
	assert_int_equal(l, LOG_DEBUG);
	assert_int_equal(log_level_parse("DEBUG", &l), -1);
	assert_int_equal(log_level_parse(NULL, &l), -1);
}

/* ---- clk, rnd ---- */

static void times_as_text(void **state)
{
	static const struct {
		int64_t t;
		const char *s;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { -1, "1969-12-31T23:59:59Z" },
		{ 1795355520, "2026-11-22T13:52:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "?" }, { INT64_MAX, "?" },
	};
	char out[CLK_TEXT_LEN + 1];
	int64_t a = clk_mono_us();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		clk_text(rows[i].t, out);
		assert_string_equal(out, rows[i].s);
	}
	assert_true(clk_now() > 1700000000);
	assert_true(clk_mono_us() >= a);
}

static void uuids_are_version_4(void **state)
{
	char a[RND_UUID_LEN + 1], b[RND_UUID_LEN + 1];

	(void)state;
	rnd_uuid(a);
	rnd_uuid(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), RND_UUID_LEN);
	assert_int_equal(strspn(a, "0123456789ABCDEF-"), RND_UUID_LEN);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89AB", a[19]));
}

/* ---- file ---- */

static char *dir;

static int make_dir(void **state)
{
	char name[] = "/tmp/test_base.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(name));
	dir = strdup(name);
	return 0;
}

static int drop_dir(void **state)
{
	char cmd[256];

	(void)state;
	assert_true(str_has_prefix(dir, "/tmp/test_base."));
	snprintf(cmd, sizeof(cmd), "%s/f", dir);
	unlink(cmd);
	snprintf(cmd, sizeof(cmd), "%s/sub", dir);
	rmdir(cmd);
	/* fails if a temporary file was left behind */
	assert_int_equal(rmdir(dir), 0);
	free(dir);
	return 0;
}

static void files_are_replaced_whole(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct bytes got;
	struct stat sb;
	char *f = file_path(a, dir, "f");
	mode_t old = umask(077);
	int held;

	(void)state;
	assert_false(file_exists(f));
	assert_int_equal(file_read(f, 10, a, &got, &e), 0);
	assert_null(got.p);
	assert_int_equal(file_write(f, BYTES("first\0x"), 0644, &e), 0);
	assert_true(file_exists(f));
	assert_int_equal(stat(f, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0644);
	held = open(f, O_RDONLY);
	umask(0);
	assert_int_equal(file_write(f, BYTES("2"), 0600, &e), 0);
	umask(old);
	assert_int_equal(stat(f, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	/* who has the old one open still reads all of it */
	assert_int_equal(file_read_fd(held, 100, a, &got, &e), 0);
	assert_true(bytes_eq(got, BYTES("first\0x")));
	close(held);
	assert_int_equal(file_read(f, 1, a, &got, &e), 0);
	assert_memory_equal(got.p, "2\0", 2);
	assert_int_equal(file_write(f, bytes_of(NULL, 0), 0600, &e), 0);
	assert_int_equal(file_read(f, 0, a, &got, &e), 0);
	assert_non_null(got.p);
	assert_int_equal(got.n, 0);
	arena_free(a);
}

static void files_have_limits(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct bytes got, big = bytes_of(arena_zalloc(a, 200000), 200000);
	char *f = file_path(a, dir, "f"), *deep = arena_zalloc(a, 5001);

	(void)state;
	assert_int_equal(file_write(f, big, 0600, &e), 0);
	assert_int_equal(file_read(f, 200000, a, &got, &e), 0);
	assert_true(bytes_eq(got, big));
	assert_int_equal(file_read(f, 199999, a, &got, &e), -1);
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	assert_non_null(strstr(e.msg, f));
	assert_int_equal(file_read(dir, 10, a, &got, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(file_write(file_path(a, dir, "no/f"), big, 0600, &e), -1);
	assert_non_null(strstr(e.msg, "No such file"));
	memset(deep, 'd', 5000);
	assert_int_equal(file_write(deep, big, 0600, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	arena_free(a);
}

static void folders_have_their_mode(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct stat sb;
	char *sub = file_path(a, dir, "sub");
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(file_mkdir(sub, 0755, &e), 0);
	umask(old);
	assert_int_equal(stat(sub, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	assert_int_equal(file_mkdir(sub, 0700, &e), 0);
	assert_int_equal(stat(sub, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	assert_int_equal(file_mkdir(file_path(a, dir, "f"), 0700, &e), -1);
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(file_mkdir(file_path(a, dir, "x/y"), 0700, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_aligns_and_keeps),
		cmocka_unit_test(arena_copies),
		cmocka_unit_test(arena_defers_last_first),
		cmocka_unit_test(buf_stops_at_its_maximum),
		cmocka_unit_test(buf_stays_full_until_cleared),
		cmocka_unit_test(bytes_compare),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(hex_and_percent),
		cmocka_unit_test(integers_sort_as_bytes),
		cmocka_unit_test(err_is_one_printable_line),
		cmocka_unit_test(err_cuts_between_characters),
		cmocka_unit_test(err_may_quote_itself),
		cmocka_unit_test(err_wraps_and_names),
		cmocka_unit_test(log_escapes),
		cmocka_unit_test(log_cuts_long_lines),
		cmocka_unit_test(log_joins_pairs),
		cmocka_unit_test(log_levels),
		cmocka_unit_test(times_as_text),
		cmocka_unit_test(uuids_are_version_4),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(files_have_limits),
		cmocka_unit_test(folders_have_their_mode),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
