#ifndef MOORING_AUTH_PROXY_H
#define MOORING_AUTH_PROXY_H

#include <stdbool.h>

/* Whether addr (as in REMOTE_ADDR) lies in the list: IPv4 and IPv6 addresses
 * and networks ("10.0.0.0/8, ::1"), comma-separated. An IPv4 address written
 * as IPv6 (::ffff:a.b.c.d) is the IPv4 address. NULL, "", and entries or
 * addresses that are none match nothing. */
bool proxy_is_trusted(const char *list, const char *addr);

#endif
