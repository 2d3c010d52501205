#ifndef MOORING_CLI_SERVE_PORT_H
#define MOORING_CLI_SERVE_PORT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"

/* "ADDRESS:PORT" with a numeric address ("[V6]:PORT") as a socket address;
 * false for anything else. */
bool serve_port_parse(const char *listen, struct sockaddr_storage *out,
	socklen_t *len);
/* 0 when this address can be bound; else ERR_CONFLICT that names who holds
 * it ("port 8443 is in use by lighttpd (process 4711)"), as far as this user
 * may see that, or what else is wrong with it. */
int serve_port_free(const char *listen, struct arena *a, struct err *e);
/* Whether somebody accepts connections there now. */
bool serve_port_accepts(const char *listen);

#endif
