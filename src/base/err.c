/* Errors: kinds and messages. Messages may quote what a device sent, so this
 * is the one place where they are made fit for one line. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static void make_printable(char *s)
{
	size_t n = strlen(s);
	bool utf8;

	/* A cut at the end of the buffer may have split a character. */
	while (n > 0 && n >= sizeof(((struct err *)0)->msg) - 4 &&
		!str_is_utf8(s, n))
		s[--n] = '\0';
	utf8 = str_is_utf8(s, n);
	for (size_t i = 0, drop; i < n; i += drop > 0 ? drop : 1) {
		drop = str_control(s + i, n - i);
		if (!utf8)
			drop = (unsigned char)s[i] >= 0x80 || drop == 1;
		memset(s + i, '?', drop);
	}
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];	/* an argument may be e->msg itself */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	e->kind = kind;
	memcpy(e->msg, msg, sizeof(msg));
	make_printable(e->msg);
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char place[sizeof(e->msg)], all[2 * sizeof(e->msg) + 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	snprintf(all, sizeof(all), "%s: %s", place, e->msg);
	return err_set(e, e->kind, "%s", all);
}

int err_errno(struct err *e, enum err_kind kind, int errnum, const char *fmt, ...)
{
	char what[sizeof(e->msg)], why[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, kind, "%s: %s", what, strerror_r(errnum, why, sizeof(why)));
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none", [ERR_BAD_INPUT] = "bad_input",
		[ERR_UNAUTH] = "unauth", [ERR_FORBIDDEN] = "forbidden",
		[ERR_NOT_FOUND] = "not_found", [ERR_CONFLICT] = "conflict",
		[ERR_TOO_LARGE] = "too_large", [ERR_BUSY] = "busy",
		[ERR_UPSTREAM] = "upstream", [ERR_INTERNAL] = "internal",
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]))
		return "internal";
	return names[kind];
}
