#ifndef MOORING_BASE_LOG_H
#define MOORING_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Log lines of key=value pairs on stderr, one write(2) each, so that lines
 * of several threads and processes never mix. Values with blanks, quotes,
 * '=' or bytes that are not printable are quoted and escaped. Never log a
 * secret: bodies are named by size and digest.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_line {
	enum log_level level;
	size_t n;
	char text[4096];	/* longer lines end in "…" */
};

/* ident stands in every line as prog=. Call once, before threads. */
void log_open(const char *ident, enum log_level level);
void log_set_level(enum log_level level);
/* "error" "warn" "info" "debug" -> 0, else -1. */
int log_level_parse(const char *s, enum log_level *out);

/* A line: begin, any pairs, end (which writes it, if its level is on). The
 * line starts "ts=… level=… prog=… pid=… event=…". */
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, const char *value);
void log_bytes(struct log_line *l, const char *key, struct bytes value);
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_hex(struct log_line *l, const char *key, const void *p, size_t n);
void log_end(struct log_line *l);

/* Pairs that are gathered before their line can begin, since its level is
 * not known yet: begin them so, add pairs, then join them to the line. */
void log_begin_pairs(struct log_line *pairs);
void log_join(struct log_line *l, const struct log_line *pairs);

/* A whole line with one message: event=… msg=… */
void log_msg(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
