/* crypto/seal: what is sealed opens only where it was sealed, undamaged, and
 * with the ring's keys; the ring may change meanwhile. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/enc.h"
#include "base/file.h"
#include "crypto/seal.h"
#include "arena_fixture.h"

#define KEY1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
/* KEY1, id 0a0b0c0d, nonce 00..0b, "t", "k", "hello": by Python's
 * cryptography. The form is stored for years. */
#define KNOWN "010a0b0c0d000102030405060708090a0b" \
	"2f67ba77aab06ec63ccfeda01f4ae3f01b52bfbde4"

static struct err e;
static char dir[] = "/tmp/mooring-seal-XXXXXX";
static char path[64];

static int setup(void **state)
{
	arena_setup(state);
	memset(&e, 0, sizeof(e));
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/seal.key", dir);
	return 0;
}

static int teardown(void **state)
{
	arena_teardown(state);
	unlink(path);
	return rmdir(dir);	/* fails if anything was left behind */
}

static void write_ring(const char *text)
{
	if (file_write(path, bytes_str(text), 0600, &e) < 0)
		fail_msg("%s", e.msg);
}

static struct seal *open_ring(void)
{
	struct seal *s;

	if (seal_open(path, &s, &e) < 0)
		fail_msg("%s", e.msg);
	return s;
}

static int unbox(struct seal *s, const char *table, const char *key, struct bytes b,
	struct bytes *plain)
{
	int rc = seal_unbox(s, table, bytes_str(key), b, a, plain, &e);

	if (rc < 0) {
		assert_null(plain->p);
		assert_int_equal(e.kind, ERR_INTERNAL);
	}
	return rc;
}

static void test_create(void **state)
{
	struct seal *s;
	struct stat sb;
	struct bytes before, after;

	(void)state;
	assert_int_equal(seal_create(path, &e), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(sb.st_size, 8 + 1 + 64 + 1);
	assert_int_equal(file_read(path, 1000, a, &before, &e), 0);
	assert_int_equal(seal_create(path, &e), -1);
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(file_read(path, 1000, a, &after, &e), 0);
	assert_true(bytes_eq(before, after));
	s = open_ring();
	seal_close(s);
	seal_close(NULL);
	assert_int_equal(seal_create("/nonexistent/x", &e), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 3000000 };
	struct seal *s;

	(void)state;
	assert_int_equal(seal_create(path, &e), 0);
	s = open_ring();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes in, box, box2, out;
		unsigned char *p = arena_alloc(a, sizes[i]);

		memset(p, 'S', sizes[i]);
		in = bytes_of(p, sizes[i]);
		box = seal_box(s, "t", bytes_str("k"), in, a);
		box2 = seal_box(s, "t", bytes_str("k"), in, a);
		assert_int_equal(box.n, 1 + 4 + 12 + sizes[i] + 16);
		assert_false(bytes_eq(box, box2));	/* another nonce */
		assert_int_equal(unbox(s, "t", "k", box, &out), 0);
		assert_non_null(out.p);
		assert_true(bytes_eq(in, out));
		assert_int_equal(out.p[out.n], 0);
	}
	seal_close(s);
}

static void test_damaged_or_moved(void **state)
{
	struct seal *s;
	struct bytes box, out;

	(void)state;
	assert_int_equal(seal_create(path, &e), 0);
	s = open_ring();
	box = seal_box(s, "table", bytes_str("key"), bytes_str("a secret"), a);
	assert_int_equal(unbox(s, "table", "key", box, &out), 0);
	assert_int_equal(unbox(s, "table", "kez", box, &out), -1);
	assert_int_equal(unbox(s, "tablf", "key", box, &out), -1);
	assert_int_equal(unbox(s, "tabl", "ekey", box, &out), -1);
	assert_int_equal(unbox(s, "tablek", "ey", box, &out), -1);
	for (size_t i = 0; i < box.n; i++) {
		unsigned char *p = arena_memdup(a, box.p, box.n);

		p[i] ^= 0x80;
		assert_int_equal(unbox(s, "table", "key", bytes_of(p, box.n), &out), -1);
		assert_null(strstr(e.msg, "secret"));
	}
	for (size_t n = 0; n < box.n; n++)
		assert_int_equal(unbox(s, "table", "key", bytes_of(box.p, n), &out), -1);
	assert_int_equal(unbox(s, "table", "key",
		bytes_of(arena_memdup(a, box.p, box.n), box.n + 1), &out), -1);
	seal_close(s);
}

static void test_known_value(void **state)
{
	struct bytes box, out;
	struct seal *s;

	(void)state;
	write_ring("0a0b0c0d " KEY1 "\n");
	s = open_ring();
	assert_true(enc_unhex(a, KNOWN, &box));
	assert_int_equal(unbox(s, "t", "k", box, &out), 0);
	assert_true(bytes_is(out, "hello"));
	seal_close(s);
}

static void test_rotation(void **state)
{
	struct seal *old, *fresh;
	struct bytes by1, by2, out;

	(void)state;
	write_ring("00000001 " KEY1 "\n");
	old = open_ring();
	by1 = seal_box(old, "t", bytes_str("k"), bytes_str("one"), a);
	/* no newline at the end, and capitals: as an editor may leave it */
	write_ring("00000001 " KEY1 "\nA0000002 " KEY2);
	fresh = open_ring();
	by2 = seal_box(fresh, "t", bytes_str("k"), bytes_str("two"), a);
	assert_memory_equal(by2.p, "\x01\xa0\0\0\x02", 5);	/* the last one seals */
	assert_int_equal(unbox(fresh, "t", "k", by1, &out), 0);
	assert_true(bytes_is(out, "one"));
	/* the process that runs learns of the key when it meets it */
	assert_int_equal(unbox(old, "t", "k", by2, &out), 0);
	assert_true(bytes_is(out, "two"));
	by2 = seal_box(old, "t", bytes_str("k"), bytes_str("three"), a);
	assert_memory_equal(by2.p, "\x01\xa0\0\0\x02", 5);
	seal_close(fresh);
	seal_close(old);
}

static void test_bad_new_ring(void **state)
{
	struct seal *s, *other;
	struct bytes by1, by2, out;

	(void)state;
	write_ring("00000002 " KEY2 "\n");
	other = open_ring();
	by2 = seal_box(other, "t", bytes_str("k"), bytes_str("two"), a);
	write_ring("00000001 " KEY1 "\n");
	s = open_ring();
	by1 = seal_box(s, "t", bytes_str("k"), bytes_str("one"), a);
	assert_int_equal(unbox(s, "t", "k", by2, &out), -1);
	assert_string_equal(e.msg, "t: a sealed value names key 00000002, which is not "
		"in the key ring");
	write_ring("damaged\n");
	assert_int_equal(unbox(s, "t", "k", by2, &out), -1);
	assert_int_equal(unbox(s, "t", "k", by1, &out), 0);	/* the old keys stay */
	unlink(path);
	assert_int_equal(unbox(s, "t", "k", by2, &out), -1);
	write_ring("00000001 " KEY1 "\n00000002 " KEY2 "\n");
	assert_int_equal(unbox(s, "t", "k", by2, &out), 0);
	seal_close(other);
	seal_close(s);
}

/* Out of descriptors just when the ring is read again. */
static void test_ring_unreadable(void **state)
{
	struct rlimit was, few;
	struct seal *s, *other;
	struct bytes by2, out;

	(void)state;
	write_ring("00000001 " KEY1 "\n");
	s = open_ring();
	write_ring("00000001 " KEY1 "\n00000002 " KEY2 "\n");
	other = open_ring();
	by2 = seal_box(other, "t", bytes_str("k"), bytes_str("two"), a);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(unbox(s, "t", "k", by2, &out), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(unbox(s, "t", "k", by2, &out), 0);
	seal_close(other);
	seal_close(s);
}

static void test_ring_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "holds no key" },
		{ "\n", "line 1: not a key id and a key" },
		{ "00000001 " KEY1 "\n\n", "line 2: not a key id and a key" },
		{ "00000001 " KEY1 " \n", "line 1: not a key id and a key" },
		{ "00000001\t" KEY1 "\n", "line 1: not a key id and a key" },
		{ "0000001 " KEY1 "0\n", "line 1: not a key id and a key" },
		{ "0000000g " KEY1 "\n", "line 1: not a key id and a key" },
		{ "00000001 " KEY1 "\n00000002 0011", "line 2: not a key id and a key" },
		{ "00000001 " KEY1 "\n00000001 " KEY2 "\n",
			"line 2: the same key id again" },
	};
	struct seal *s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_ring(rows[i].text);
		assert_int_equal(seal_open(path, &s, &e), -1);
		assert_null(s);
		assert_int_equal(e.kind, ERR_INTERNAL);
		assert_string_equal(e.msg, arena_printf(a, "key ring %s: %s", path,
			rows[i].why));
	}
}

static void test_ring_modes(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0660, 0601, 0610, 0620, 0644 };
	struct seal *s;

	(void)state;
	assert_int_equal(seal_open(path, &s, &e), -1);	/* missing */
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_int_equal(seal_open(dir, &s, &e), -1);
	assert_int_equal(seal_create(path, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		assert_int_equal(seal_open(path, &s, &e), -1);
		assert_non_null(strstr(e.msg, "must be 0600"));
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(seal_open(path, &s, &e), 0);
	seal_close(s);
}

/* Many keys: the limit, and one more. */
static void test_ring_size(void **state)
{
	char *text = arena_strdup(a, "");
	struct seal *s;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		text = arena_printf(a, "%s%08x " KEY1 "\n", text, i);
	write_ring(text);
	assert_int_equal(seal_open(path, &s, &e), 0);
	seal_close(s);
	write_ring(arena_printf(a, "%s00001000 " KEY1 "\n", text));
	assert_int_equal(seal_open(path, &s, &e), -1);
	write_ring(arena_printf(a, "%s%s", text, text));
	assert_int_equal(seal_open(path, &s, &e), -1);
}

/* ---- threads ---- */

static struct seal *shared;
static struct bytes foreign;

static void *hammer(void *arg)
{
	struct arena *mine = arena_new();
	struct err err = ERR_INIT;
	size_t bad = 0;

	(void)arg;
	for (int i = 0; i < 300; i++) {
		struct bytes out, box = seal_box(shared, "t", bytes_str("k"),
			bytes_str("plain"), mine);

		bad += seal_unbox(shared, "t", bytes_str("k"), box, mine, &out,
			&err) < 0 || !bytes_is(out, "plain");
		/* sometimes unknown, sometimes known, never anything else */
		if (seal_unbox(shared, "t", bytes_str("k"), foreign, mine, &out,
			&err) == 0)
			bad += !bytes_is(out, "two");
		arena_reset(mine);
	}
	arena_free(mine);
	return (void *)bad;
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	struct seal *other;
	struct bytes out;

	(void)state;
	write_ring("00000002 " KEY2 "\n");
	other = open_ring();
	foreign = seal_box(other, "t", bytes_str("k"), bytes_str("two"), a);
	seal_close(other);
	write_ring("00000001 " KEY1 "\n");
	shared = open_ring();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	for (int i = 0; i < 20; i++)
		write_ring(i % 2 == 0 ? "00000003 " KEY2 "\n00000001 " KEY1 "\n" :
			"00000001 " KEY1 "\n");
	write_ring("00000003 " KEY2 "\n00000002 " KEY2 "\n00000001 " KEY1 "\n");
	for (size_t i = 0; i < 4; i++) {
		void *bad;

		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(unbox(shared, "t", "k", foreign, &out), 0);
	seal_close(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_or_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_known_value, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_new_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
