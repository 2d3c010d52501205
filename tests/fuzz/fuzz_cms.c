/* Detached signatures: two bytes say how long the CMS is, then come the CMS
 * and the body that it signs. */
#include "fuzz.h"

#include <stdlib.h>

#include "crypto/cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct cert *signer = NULL;
	struct err e = ERR_INIT;
	size_t n;

	if (size < 2) {
		arena_free(a);
		return 0;
	}
	n = (size_t)data[0] << 8 | data[1];
	if (n > size - 2)
		n = size - 2;
	if (cms_verify_detached(bytes_of(data + 2, n),
		bytes_of(data + 2 + n, size - 2 - n), a, &signer, &e) == 0) {
		if (signer == NULL)
			abort();
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
