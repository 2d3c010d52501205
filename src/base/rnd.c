/* Random bytes from the kernel. */
#include "base/rnd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void rnd_bytes(void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		to += got;
		n -= (size_t)got;
	}
}

void rnd_uuid(char out[RND_UUID_LEN + 1])
{
	unsigned char u[16];

	rnd_bytes(u, sizeof(u));
	u[6] = (u[6] & 0x0f) | 0x40;
	u[8] = (u[8] & 0x3f) | 0x80;
	snprintf(out, RND_UUID_LEN + 1,
		"%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X",
		u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
		u[11], u[12], u[13], u[14], u[15]);
}

void rnd_uuid_lower(char out[RND_UUID_LEN + 1])
{
	rnd_uuid(out);
	for (char *s = out; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'F')
			*s += 'a' - 'A';
}
