#ifndef MOORING_SIM_EXCHANGE_H
#define MOORING_SIM_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/fetch.h"
#include "sim/session.h"

/* One exchange with a server, what its status means to a device, and the line
 * about it. */

/* A check-in message or an answer on its way. */
struct exchange {
	const char *message;	/* "TokenUpdate", "Idle", "Acknowledged", … */
	const char *command, *uuid;	/* what a result answers, or NULL */
	const struct device_channel *ch;
	bool checkin;
	struct bytes body;
	const char *signature;	/* ready-made, or NULL */
	/* out */
	enum outcome outcome;
	int status;		/* 0: no answer */
	struct bytes reply;
	const char *why;	/* one line when it did not go well */
	uint64_t us;
};
int exchange_do(struct session *s, struct device *d, struct exchange *x,
	struct err *e);

/* Any request. */
struct exchange_raw {
	const char *method, *url, *content_type;	/* type: NULL = none */
	struct bytes body;	/* p NULL: none */
	const struct fetch_header *header;	/* one more, or NULL */
	const char *ca_file;	/* what TLS trusts; NULL: the system's */
	bool anonymous;		/* neither certificate nor signature */
	const char *signature;	/* ready-made, or NULL */
};
/* As this device (NULL: as nobody). Errors are those of fetch_do. */
int exchange_raw(struct session *s, struct device *d,
	const struct exchange_raw *raw, struct fetch_response *r,
	uint64_t *us, struct err *e);

/* The first line of what the server wrote, printable; NULL: none. */
const char *exchange_first_line(struct bytes b, struct arena *a);
/* What a status means where nothing can be unenrolled: OK, LATER, REFUSED. */
enum outcome exchange_outcome(int status);

/* A step of an enrollment: a line on stdout, and in s->why unless it went
 * well. Returns the outcome. */
enum outcome exchange_step(struct session *s, const struct device *d,
	const char *step, enum outcome outcome, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
