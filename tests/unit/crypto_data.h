#ifndef MOORING_TESTS_CRYPTO_DATA_H
#define MOORING_TESTS_CRYPTO_DATA_H

#include <stdlib.h>

#include "base/file.h"
#include "crypto/cert.h"

/* Fixtures of tests/data/crypto, made by tests/data/make.py. A fault ends the
 * test. Include after cmocka.h. */
#define DATA_NOW ((int64_t)1800000000)	/* 2027; they are valid 2020-2119 */

static inline struct bytes data_file(struct arena *a, const char *name)
{
	const char *dir = getenv("TEST_DATA");
	struct err e = ERR_INIT;
	struct bytes b;

	if (dir == NULL)
		fail_msg("TEST_DATA is not set");
	if (file_read(arena_printf(a, "%s/crypto/%s", dir, name), 1 << 20, a, &b,
			&e) < 0 || b.p == NULL)
		fail_msg("%s: %s", name, e.msg);
	return b;
}

static inline const char *data_pem(struct arena *a, const char *name)
{
	return arena_str(a, data_file(a, arena_printf(a, "%s.pem", name)));
}

static inline struct cert *data_cert(struct arena *a, const char *name)
{
	struct err e = ERR_INIT;
	struct cert *c;

	if (cert_from_pem(bytes_str(data_pem(a, name)), a, &c, &e) < 0)
		fail_msg("%s: %s", name, e.msg);
	return c;
}

#endif
