#ifndef MOORING_SIM_WIRE_H
#define MOORING_SIM_WIRE_H

#include "base/err.h"
#include "net/fetch.h"

/* A thread's connections, by what TLS trusts: devices whose enrollment
 * profiles brought certificates of their own must not share any. */
struct wire;

/* o->ca_file does not count. */
struct wire *wire_new(const struct fetch_options *o);
void wire_free(struct wire *w);	/* NULL is fine */
/* The handle for this file (NULL: the system's CAs); the longest unused of
 * eight is closed for a ninth. Good until the next call. ERR_BAD_INPUT when
 * the file cannot be read. */
int wire_fetch(struct wire *w, const char *ca_file, struct fetch **out,
	struct err *e);

#endif
