#ifndef MOORING_BASE_ERR_H
#define MOORING_BASE_ERR_H

/*
 * The one error type. A function that can fail takes `struct err *e` last,
 * returns 0 or -1, and fills *e exactly when it returns -1. Absence is not
 * an error. Only http/reply turns a kind into an HTTP status.
 */
enum err_kind {
	ERR_NONE,
	ERR_BAD_INPUT,	/* the sender's fault; msg names the key or field */
	ERR_UNAUTH,	/* an admin caller is not who it must be */
	ERR_FORBIDDEN,	/* known caller, not allowed */
	ERR_NOT_FOUND,
	ERR_CONFLICT,	/* contradicts what is stored */
	ERR_TOO_LARGE,
	ERR_BUSY,	/* store closed, full, damaged; try again later */
	ERR_UPSTREAM,	/* somebody else's server failed */
	ERR_INTERNAL,	/* our bug, or the machine's trouble */
};

struct err {
	enum err_kind kind;
	char msg[256];	/* one line, printable, always terminated */
};

#define ERR_INIT { ERR_NONE, "" }

/* Sets kind and message (bytes that are not printable ASCII or UTF-8 become
 * '?'); returns -1 always, so that callers can `return err_set(...)`. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "place: " before the message; keeps the kind; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* As err_set, with ": " and strerror(errnum) appended. */
int err_errno(struct err *e, enum err_kind kind, int errnum,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "bad_input", "busy", ...: for logs and JSON. Static. */
const char *err_kind_name(enum err_kind kind);

#endif
