/* Stored records: their bytes, what reads back, and damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "codec/rec.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

static struct buf b;

static int setup(void **state)
{
	arena_setup(state);
	buf_init(&b, 1 << 20);
	rec_begin(&b);
	return 0;
}

static int teardown(void **state)
{
	arena_teardown(state);
	buf_fini(&b);
	return 0;
}

/* The form is on disks: it never changes. */
static void form_is_fixed(void **state)
{
	(void)state;
	rec_put_u64(&b, 1, 0);
	rec_put_u64(&b, 2, 1);
	rec_put_u64(&b, 3, 0x0100);
	rec_put_u64(&b, 4, UINT64_MAX);
	rec_put_i64(&b, 5, -1);
	rec_put_i64(&b, 6, 1);
	rec_put_i64(&b, 7, 0);
	rec_put_str(&b, 8, "hi");
	rec_put_str(&b, 9, "");
	rec_put_str(&b, 10, NULL);
	rec_put_bytes(&b, 255, BYTES("\0"));
	assert_true(bytes_eq(buf_bytes(&b), BYTES("\x01" "\x02\x01\x01"
		"\x03\x02\x01\x00" "\x04\x08\xff\xff\xff\xff\xff\xff\xff\xff"
		"\x05\x01\x01" "\x06\x01\x02" "\x08\x02hi" "\xff\x01\x00")));
	rec_begin(&b);
	assert_true(bytes_eq(buf_bytes(&b), BYTES("\x01")));
}

static void numbers_come_back(void **state)
{
	static const uint64_t u[] = { 0, 1, 127, 128, 255, 256, UINT32_MAX,
		INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };
	static const int64_t i[] = { 0, 1, -1, 63, 64, -64, -65, INT32_MIN,
		INT64_MAX, INT64_MIN, INT64_MIN + 1 };
	struct err e = ERR_INIT;
	struct rec_reader r;

	(void)state;
	for (size_t k = 0; k < COUNT(u); k++)
		rec_put_u64(&b, (uint8_t)k, u[k]);
	for (size_t k = 0; k < COUNT(i); k++)
		rec_put_i64(&b, (uint8_t)(100 + k), i[k]);
	rec_read(&r, buf_bytes(&b));
	for (size_t k = COUNT(u); k-- > 0; )
		assert_true(rec_get_u64(&r, (uint8_t)k) == u[k]);
	for (size_t k = COUNT(i); k-- > 0; )
		assert_true(rec_get_i64(&r, (uint8_t)(100 + k)) == i[k]);
	assert_int_equal(rec_done(&r, "test", &e), 0);
}

static void text_and_bytes_come_back(void **state)
{
	static const size_t sizes[] = { 1, 127, 128, 129, 16383, 16384, 70000 };
	struct err e = ERR_INIT;
	struct rec_reader r;
	struct bytes big = bytes_of(arena_zalloc(a, 70000), 70000), v;

	(void)state;
	for (size_t k = 0; k < COUNT(sizes); k++)
		rec_put_bytes(&b, (uint8_t)k, bytes_of(big.p, sizes[k]));
	rec_put_str(&b, 50, "text");
	rec_read(&r, buf_bytes(&b));
	for (size_t k = 0; k < COUNT(sizes); k++) {
		v = rec_get_view(&r, (uint8_t)k);
		assert_true(bytes_eq(v, bytes_of(big.p, sizes[k])));
		assert_true(v.p > b.p && v.p < b.p + b.n);
		v = rec_get_bytes(&r, (uint8_t)k, a);
		assert_true(bytes_eq(v, bytes_of(big.p, sizes[k])));
		assert_true(v.p < b.p || v.p >= b.p + b.n);
	}
	assert_string_equal(rec_get_str(&r, 50, a), "text");
	/* absence */
	assert_null(rec_get_str(&r, 51, a));
	assert_null(rec_get_view(&r, 51).p);
	assert_null(rec_get_bytes(&r, 51, a).p);
	assert_true(rec_get_u64(&r, 51) == 0 && rec_get_i64(&r, 51) == 0);
	assert_int_equal(rec_done(&r, "test", &e), 0);
}

static void unknown_tags_are_skipped(void **state)
{
	struct err e = ERR_INIT;
	struct rec_reader r;

	(void)state;
	rec_put_str(&b, 200, "of a later version");
	rec_put_u64(&b, 1, 7);
	rec_put_str(&b, 201, "more");
	rec_read(&r, buf_bytes(&b));
	assert_true(rec_get_u64(&r, 1) == 7);
	assert_int_equal(rec_done(&r, "test", &e), 0);
}

static void damage_is_found(void **state)
{
	static const struct bytes rows[] = {
#define ROW(s) { (const unsigned char *)s, sizeof(s) - 1 }
		ROW(""), ROW("\x00"), ROW("\x02"), ROW("\x01\x05"),
		ROW("\x01\x05\x00"),		/* an empty field */
		ROW("\x01\x05\x02x"),		/* cut */
		ROW("\x01\x05\x80"), ROW("\x01\x05\x81\x00x"),
		ROW("\x01\x05\x01x\x05\x01y"),	/* twice */
		ROW("\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
		ROW("\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02x"),
		ROW("\x01\x05\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01x"),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* on the heap, so that reading past the end is found */
		unsigned char *own = malloc(rows[i].n + 1);
		struct err e = ERR_INIT;
		struct rec_reader r;

		memcpy(own, rows[i].p, rows[i].n);
		own = realloc(own, rows[i].n > 0 ? rows[i].n : 1);
		rec_read(&r, bytes_of(own, rows[i].n));
		assert_null(rec_get_str(&r, 5, a));
		assert_null(rec_get_view(&r, 5).p);
		if (rec_done(&r, "device", &e) == 0)
			fail_msg("row %zu taken", i);
		assert_int_equal(e.kind, ERR_INTERNAL);
		assert_string_equal(e.msg, "device: damaged record");
		free(own);
	}
}

static void wrong_values_are_damage(void **state)
{
	struct err e = ERR_INIT;
	struct rec_reader r;

	(void)state;
	rec_put_str(&b, 1, "ninebytes");
	rec_put_bytes(&b, 2, BYTES("\0\x01"));
	rec_put_bytes(&b, 3, BYTES("a\0b"));
	rec_put_u64(&b, 4, 4);
	for (uint8_t tag = 1; tag <= 3; tag++) {
		rec_read(&r, buf_bytes(&b));
		if (tag < 3)
			assert_true(rec_get_u64(&r, tag) == 0);
		else
			assert_null(rec_get_str(&r, tag, a));
		/* sticky: what is sound reads as absent, too */
		assert_true(rec_get_u64(&r, 4) == 0);
		assert_int_equal(rec_done(&r, "test", &e), -1);
	}
}

static void every_cut_is_damage_or_absence(void **state)
{
	size_t whole;

	(void)state;
	rec_put_str(&b, 1, "some text");
	rec_put_u64(&b, 2, 1000000);
	rec_put_bytes(&b, 3, bytes_of(arena_zalloc(a, 300), 300));
	whole = b.n;
	for (size_t n = 0; n < whole; n++) {
		unsigned char *own = malloc(n > 0 ? n : 1);
		struct err e = ERR_INIT;
		struct rec_reader r;

		memcpy(own, b.p, n);
		rec_read(&r, bytes_of(own, n));
		assert_null(rec_get_view(&r, 3).p);
		/* only at the seams does a shorter record remain */
		assert_int_equal(rec_done(&r, "test", &e),
			n == 1 || n == 12 || n == 17 ? 0 : -1);
		free(own);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(form_is_fixed), T(numbers_come_back), T(text_and_bytes_come_back),
		T(unknown_tags_are_skipped), T(damage_is_found),
		T(wrong_values_are_damage), T(every_cut_is_damage_or_absence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
