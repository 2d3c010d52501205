#ifndef MOORING_MODEL_RENEWAL_H
#define MOORING_MODEL_RENEWAL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A renewal of a device's identity that was asked for: kept (STORE_RENEWAL)
 * until the next one, or a new generation. */
struct renewal {
	int64_t started;
	const char *command_uuid;	/* of its InstallProfile */
	/* In the subject that the profile asks for, where another CA issues;
	 * hexadecimal; NULL: our own CA, whose issued certificate tells. */
	const char *nonce;
	int64_t done;	/* its TokenUpdate; 0: not yet */
};
struct bytes renewal_encode(const struct renewal *r, struct arena *a);
int renewal_parse(struct bytes in, struct arena *a, struct renewal *out,
	struct err *e);

#endif
