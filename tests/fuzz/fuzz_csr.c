/* Certification requests: what is taken can be described. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/csr.h"

static void describe(const struct csr *c, struct bytes in, struct arena *a)
{
	const char *challenge = csr_challenge(c, a);
	unsigned char digest[DIGEST_LEN];

	if (!bytes_eq(csr_der(c, a), in))
		abort();
	if (challenge != NULL && (*challenge == '\0' || strlen(challenge) > 255))
		abort();
	if (csr_subject(c, a) == NULL || strlen(csr_subject(c, a)) > 255)
		abort();
	csr_common_name(c, a);
	csr_key_sha256(c, digest);
	if (csr_key_bits(c) < (csr_is_rsa(c) ? 1024U : 256U))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct csr *c = NULL;

	if (csr_from_der(bytes_of(data, size), a, &c, NULL, &e) == 0)
		describe(c, bytes_of(data, size), a);
	else if (c != NULL || e.kind != ERR_BAD_INPUT || e.msg[0] == '\0')
		abort();
	arena_free(a);
	return 0;
}
