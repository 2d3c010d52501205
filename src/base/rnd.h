#ifndef MOORING_BASE_RND_H
#define MOORING_BASE_RND_H

#include <stddef.h>

#define RND_UUID_LEN 36

/* Fills p from the kernel's generator; aborts where there is none. */
void rnd_bytes(void *p, size_t n);
/* A version 4 UUID (RFC 9562), upper-case as Apple writes them. */
void rnd_uuid(char out[RND_UUID_LEN + 1]);
/* Lower-case, as APNs has them. */
void rnd_uuid_lower(char out[RND_UUID_LEN + 1]);

#endif
