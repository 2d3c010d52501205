/* Detached signatures: two bytes say how long the CMS is, then come the CMS
 * and the body that it signs. The same CMS is read as one with its content. */
#include "fuzz.h"

#include <stdlib.h>

#include "crypto/cms.h"

static void attached(struct bytes der, struct arena *a)
{
	struct err e = ERR_INIT;
	struct cms_attached m;

	if (cms_verify_attached(der, a, &m, &e) == 0) {
		if (m.signer == NULL || m.content.p == NULL || m.n_certs > 32)
			abort();
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
}

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
	attached(bytes_of(data + 2, n), a);
	arena_free(a);
	return 0;
}
