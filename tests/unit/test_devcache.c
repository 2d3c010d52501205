/* auth/devcache: bounded, and never a wrong answer. */
#include "auth/devcache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/enc.h"

static void key_of(uint64_t n, unsigned char key[DIGEST_LEN])
{
	unsigned char b[8];

	enc_be64(b, n);
	digest_sha256(bytes_of(b, 8), key);
}

static void test_cache(void **state)
{
	struct devcache *dc = devcache_new();
	unsigned char key[DIGEST_LEN];
	struct devcert in = { .subject = "s" }, out;
	size_t kept = 0;

	(void)state;
	key_of(0, key);
	assert_false(devcache_get(dc, key, 1, &out));
	in.not_after = 42;
	devcache_put(dc, key, 1, &in);
	assert_true(devcache_get(dc, key, 1, &out));
	assert_int_equal(out.not_after, 42);
	assert_false(devcache_get(dc, key, 2, &out));	/* another bundle */
	in.not_after = 43;
	devcache_put(dc, key, 2, &in);
	assert_true(devcache_get(dc, key, 2, &out));
	assert_int_equal(out.not_after, 43);
	assert_false(devcache_get(dc, key, 1, &out));
	/* Three times as many as fit: bounded, the newest are there, and what
	 * is given is what was put under that key. */
	for (uint64_t i = 1; i <= 200000; i++) {
		key_of(i, key);
		in.not_after = (int64_t)i;
		devcache_put(dc, key, 2, &in);
		assert_true(devcache_get(dc, key, 2, &out));
	}
	for (uint64_t i = 1; i <= 200000; i++) {
		key_of(i, key);
		if (!devcache_get(dc, key, 2, &out))
			continue;
		assert_int_equal(out.not_after, (int64_t)i);
		kept++;
	}
	assert_in_range(kept, 60000, 65536);
	devcache_free(dc);
	devcache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
