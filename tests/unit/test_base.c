/* base: arena, buf, clk, rnd, file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clk.h"
#include "base/err.h"
#include "base/file.h"
#include "base/rnd.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)

/* ---- arena ---- */

static void arena_aligns_and_keeps(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 16, 17, 4095, 8192, 8193,
		100000, 1 << 20, (1 << 20) + 1, 3 << 20, 5 };
	unsigned char *p[COUNT(sizes)];
	struct arena *a = arena_new();

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			p[i] = arena_alloc(a, sizes[i]);
			assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			memset(p[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < COUNT(sizes); i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[i][k], i + 1);
		assert_true(arena_used(a) >= 4 << 20);
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	/* zalloc clears what an earlier round has written */
	memset(arena_alloc(a, 4000), 0xff, 4000);
	arena_reset(a);
	p[0] = arena_zalloc(a, 4000);
	for (size_t k = 0; k < 4000; k++)
		assert_int_equal(p[0][k], 0);
	arena_free(a);
	arena_free(NULL);
}

static void arena_copies(void **state)
{
	struct arena *a = arena_new();
	struct bytes b;

	(void)state;
	assert_memory_equal(arena_memdup(a, "ab\0c", 4), "ab\0c\0", 5);
	assert_memory_equal(arena_memdup(a, NULL, 0), "", 1);
	b = arena_bytes(a, BYTES("xyz"));
	assert_true(bytes_is(b, "xyz"));
	b = arena_bytes(a, bytes_of(NULL, 0));
	assert_null(b.p);
	b = arena_bytes(a, bytes_of("", 0));
	assert_non_null(b.p);
	assert_string_equal(arena_str(a, bytes_of("hello", 4)), "hell");
	assert_string_equal(arena_str(a, bytes_of(NULL, 0)), "");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_strdup(a, "dup"), "dup");
	assert_string_equal(arena_printf(a, "%s-%05d", "n", 42), "n-00042");
	arena_free(a);
}

static char order[8];

static void note(void *obj)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = *(const char *)obj;
	order[n + 1] = '\0';
}

struct again {
	struct arena *a;
	char tag[2];
};

static void note_and_defer(void *obj)
{
	struct again *g = obj;

	note(g->tag);
	arena_defer(g->a, note, arena_strdup(g->a, "z"));
}

static void arena_defers_last_first(void **state)
{
	struct arena *a = arena_new();
	struct again *g = arena_alloc(a, sizeof(*g));

	(void)state;
	order[0] = '\0';
	*g = (struct again){ a, "y" };
	arena_defer(a, note, arena_strdup(a, "1"));
	arena_defer(a, note_and_defer, g);
	arena_defer(a, note, arena_strdup(a, "2"));
	arena_reset(a);
	assert_string_equal(order, "2yz1");
	arena_reset(a);
	assert_string_equal(order, "2yz1");
	arena_defer(a, note, arena_strdup(a, "3"));
	arena_free(a);
	assert_string_equal(order, "2yz13");
}

/* ---- buf ---- */

static void buf_stops_at_its_maximum(void **state)
{
	static const struct {
		size_t max, first, second;
		bool full;
	} rows[] = {
		{ 0, 0, 0, false }, { 0, 0, 1, true }, { 1, 1, 0, false },
		{ 10, 4, 6, false }, { 10, 4, 7, true }, { 256, 256, 0, false },
		{ 256, 255, 1, false }, { 257, 256, 1, false },
		{ 1000, 999, 2, true }, { 100000, 1, 99999, false },
	};
	unsigned char *data = malloc(100000);

	(void)state;
	memset(data, 'x', 100000);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int how = 0; how < 2; how++) {
			struct buf b;

			buf_init(&b, rows[i].max);
			buf_add(&b, data, rows[i].first);
			assert_false(b.full);
			if (how == 0)
				buf_add(&b, data, rows[i].second);
			else
				buf_printf(&b, "%.*s", (int)rows[i].second, (char *)data);
			assert_int_equal(b.full, rows[i].full);
			assert_int_equal(b.n, rows[i].first +
				(rows[i].full ? 0 : rows[i].second));
			for (size_t k = 0; k < b.n; k++)
				assert_int_equal(b.p[k], 'x');
			buf_fini(&b);
		}
	free(data);
}

static void buf_stays_full_until_cleared(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_adds(&b, "abcd");
	buf_adds(&b, "efg");
	assert_true(b.full);
	buf_addc(&b, 'x');	/* would fit, but a hole is no text */
	assert_true(bytes_is(buf_bytes(&b), "abcd"));
	assert_null(buf_reserve(&b, 1));
	buf_clear(&b);
	assert_false(b.full);
	buf_printf(&b, "%d", 12345);
	assert_false(b.full);
	assert_true(bytes_is(buf_bytes(&b), "12345"));
	buf_printf(&b, "%s", "");
	assert_false(b.full);
	buf_fini(&b);
	memcpy(buf_reserve(&b, 5), "qwert", 5);
	buf_grew(&b, 5);
	assert_true(bytes_is(buf_bytes(&b), "qwert"));
	buf_fini(&b);
}

/* ---- clk, rnd ---- */

static void times_as_text(void **state)
{
	static const struct {
		int64_t t;
		const char *s;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { -1, "1969-12-31T23:59:59Z" },
		{ 1795355520, "2026-11-22T13:52:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "?" }, { INT64_MAX, "?" },
	};
	char out[CLK_TEXT_LEN + 1];
	int64_t a = clk_mono_us();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		clk_text(rows[i].t, out);
		assert_string_equal(out, rows[i].s);
	}
	assert_true(clk_now() > 1700000000);
	assert_true(clk_mono_us() >= a);
}

static void uuids_are_version_4(void **state)
{
	char a[RND_UUID_LEN + 1], b[RND_UUID_LEN + 1];

	(void)state;
	rnd_uuid(a);
	rnd_uuid(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), RND_UUID_LEN);
	assert_int_equal(strspn(a, "0123456789ABCDEF-"), RND_UUID_LEN);
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89AB", a[19]));
}

/* ---- file ---- */

static char *dir;

static int make_dir(void **state)
{
	char name[] = "/tmp/test_base.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(name));
	dir = strdup(name);
	return 0;
}

static int drop_dir(void **state)
{
	char cmd[256];

	(void)state;
	assert_true(str_has_prefix(dir, "/tmp/test_base."));
	snprintf(cmd, sizeof(cmd), "%s/f", dir);
	unlink(cmd);
	snprintf(cmd, sizeof(cmd), "%s/sub", dir);
	rmdir(cmd);
	/* fails if a temporary file was left behind */
	assert_int_equal(rmdir(dir), 0);
	free(dir);
	return 0;
}

static void files_are_replaced_whole(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct bytes got;
	struct stat sb;
	char *f = file_path(a, dir, "f");
	mode_t old = umask(077);
	int held;

	(void)state;
	assert_false(file_exists(f));
	assert_int_equal(file_read(f, 10, a, &got, &e), 0);
	assert_null(got.p);
	assert_int_equal(file_write(f, BYTES("first\0x"), 0644, &e), 0);
	assert_true(file_exists(f));
	assert_int_equal(stat(f, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0644);
	held = open(f, O_RDONLY);
	umask(0);
	assert_int_equal(file_write(f, BYTES("2"), 0600, &e), 0);
	umask(old);
	assert_int_equal(stat(f, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	/* who has the old one open still reads all of it */
	assert_int_equal(file_read_fd(held, 100, a, &got, &e), 0);
	assert_true(bytes_eq(got, BYTES("first\0x")));
	close(held);
	assert_int_equal(file_read(f, 1, a, &got, &e), 0);
	assert_memory_equal(got.p, "2\0", 2);
	assert_int_equal(file_write(f, bytes_of(NULL, 0), 0600, &e), 0);
	assert_int_equal(file_read(f, 0, a, &got, &e), 0);
	assert_non_null(got.p);
	assert_int_equal(got.n, 0);
	arena_free(a);
}

static void files_have_limits(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct bytes got, big = bytes_of(arena_zalloc(a, 200000), 200000);
	char *f = file_path(a, dir, "f"), *deep = arena_zalloc(a, 5001);

	(void)state;
	assert_int_equal(file_write(f, big, 0600, &e), 0);
	assert_int_equal(file_read(f, 200000, a, &got, &e), 0);
	assert_true(bytes_eq(got, big));
	assert_int_equal(file_read(f, 199999, a, &got, &e), -1);
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	assert_non_null(strstr(e.msg, f));
	assert_int_equal(file_read(dir, 10, a, &got, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(file_write(file_path(a, dir, "no/f"), big, 0600, &e), -1);
	assert_non_null(strstr(e.msg, "No such file"));
	memset(deep, 'd', 5000);
	assert_int_equal(file_write(deep, big, 0600, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	/* Asked beforehand, it is the same. */
	assert_int_equal(file_may_write(f, &e), 0);
	assert_int_equal(file_may_write(file_path(a, dir, "new"), &e), 0);
	assert_int_equal(file_may_write("/tmp", &e),
		access("/", W_OK) == 0 ? 0 : -1);
	assert_int_equal(file_may_write(file_path(a, dir, "no/f"), &e), -1);
	assert_non_null(strstr(e.msg, "no/f: No such file"));
	deep[4500] = '/';
	assert_int_equal(file_may_write(deep, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	arena_free(a);
}

static void folders_have_their_mode(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct stat sb;
	char *sub = file_path(a, dir, "sub");
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(file_mkdir(sub, 0755, &e), 0);
	umask(old);
	assert_int_equal(stat(sub, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	assert_int_equal(file_mkdir(sub, 0700, &e), 0);
	assert_int_equal(stat(sub, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0755);
	assert_int_equal(file_mkdir(file_path(a, dir, "f"), 0700, &e), -1);
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(file_mkdir(file_path(a, dir, "x/y"), 0700, &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	arena_free(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_aligns_and_keeps),
		cmocka_unit_test(arena_copies),
		cmocka_unit_test(arena_defers_last_first),
		cmocka_unit_test(buf_stops_at_its_maximum),
		cmocka_unit_test(buf_stays_full_until_cleared),
		cmocka_unit_test(times_as_text),
		cmocka_unit_test(uuids_are_version_4),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(files_have_limits),
		cmocka_unit_test(folders_have_their_mode),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
