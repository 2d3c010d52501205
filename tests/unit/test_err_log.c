/* base/err and base/log: what they say, and how it is cut and escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_is_one_printable_line),
		cmocka_unit_test(err_cuts_between_characters),
		cmocka_unit_test(err_may_quote_itself),
		cmocka_unit_test(err_wraps_and_names),
		cmocka_unit_test(log_escapes),
		cmocka_unit_test(log_cuts_long_lines),
		cmocka_unit_test(log_joins_pairs),
		cmocka_unit_test(log_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
