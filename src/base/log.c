/* Log lines on stderr: key=value, one write each. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clk.h"

#define TAIL 4	/* room for "…" and the newline */

static struct {
	const char *ident;
	_Atomic int level;
} logger = { "mooring", LOG_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_open(const char *ident, enum log_level level)
{
	logger.ident = ident;
	logger.level = (int)level;
}

void log_set_level(enum log_level level)
{
	logger.level = (int)level;
}

int log_level_parse(const char *s, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
		if (str_eq(s, level_names[i])) {
			*out = (enum log_level)i;
			return 0;
		}
	return -1;
}

static void put(struct log_line *l, const char *p, size_t n)
{
	size_t room = sizeof(l->text) - TAIL - l->n;

	if (n > room)
		n = room;
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void puts_line(struct log_line *l, const char *s)
{
	put(l, s, strlen(s));
}

static bool is_plain(struct bytes v)
{
	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f || strchr("\"=\\", v.p[i]) != NULL)
			return false;
	return true;
}

static void put_escaped(struct log_line *l, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char esc[5];

		snprintf(esc, sizeof(esc), "\\x%02x", p[i]);
		puts_line(l, esc);
	}
}

static void put_value(struct log_line *l, struct bytes v)
{
	bool utf8;

	if (is_plain(v)) {
		put(l, (const char *)v.p, v.n);
		return;
	}
	utf8 = str_is_utf8(v.p, v.n);
	put(l, "\"", 1);
	for (size_t i = 0, n; i < v.n; i += n) {
		unsigned char c = v.p[i];

		n = 1;
		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		if (c >= 0x80 && !utf8) {
			put_escaped(l, &c, 1);
		} else if ((n = str_control(v.p + i, v.n - i)) > 0) {
			put_escaped(l, v.p + i, n);
		} else {
			n = 1;
			put(l, (const char *)&v.p[i], 1);
		}
	}
	put(l, "\"", 1);
}

static void put_key(struct log_line *l, const char *key)
{
	if (l->n > 0)
		put(l, " ", 1);
	puts_line(l, key);
	put(l, "=", 1);
}

void log_begin(struct log_line *l, enum log_level level, const char *event)
{
	char ts[CLK_TEXT_LEN + 1];

	l->level = level;
	l->n = 0;
	if ((int)level > logger.level)
		return;
	clk_text(clk_now(), ts);
	log_str(l, "ts", ts);
	log_str(l, "level", level_names[level]);
	log_str(l, "prog", logger.ident);
	log_u64(l, "pid", (uint64_t)getpid());
	log_str(l, "event", event);
}

void log_str(struct log_line *l, const char *key, const char *value)
{
	log_bytes(l, key, bytes_str(value != NULL ? value : "-"));
}

void log_bytes(struct log_line *l, const char *key, struct bytes value)
{
	if ((int)l->level > logger.level)
		return;
	put_key(l, key);
	put_value(l, value);
}

void log_u64(struct log_line *l, const char *key, uint64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "%llu", (unsigned long long)value);
	log_bytes(l, key, bytes_str(s));
}

void log_i64(struct log_line *l, const char *key, int64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "%lld", (long long)value);
	log_bytes(l, key, bytes_str(s));
}

void log_hex(struct log_line *l, const char *key, const void *p, size_t n)
{
	const unsigned char *b = p;

	if ((int)l->level > logger.level)
		return;
	put_key(l, key);
	for (size_t i = 0; i < n; i++) {
		char s[3];

		snprintf(s, sizeof(s), "%02x", b[i]);
		puts_line(l, s);
	}
}

void log_end(struct log_line *l)
{
	ssize_t done;

	if ((int)l->level > logger.level)
		return;
	if (l->n >= sizeof(l->text) - TAIL) {
		memcpy(l->text + l->n, "…", 3);
		l->n += 3;
	}
	l->text[l->n++] = '\n';
	done = write(STDERR_FILENO, l->text, l->n);
	(void)done;	/* nowhere left to say that the log is gone */
}

void log_begin_pairs(struct log_line *pairs)
{
	/* Gathered whatever is logged: the line may be an error's yet. */
	pairs->level = LOG_ERROR;
	pairs->n = 0;
}

void log_join(struct log_line *l, const struct log_line *pairs)
{
	if ((int)l->level > logger.level || pairs->n == 0)
		return;
	if (l->n > 0)
		put(l, " ", 1);
	put(l, pairs->text, pairs->n);
}

void log_msg(enum log_level level, const char *event, const char *fmt, ...)
{
	struct log_line l;
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_begin(&l, level, event);
	log_str(&l, "msg", text);
	log_end(&l);
}
