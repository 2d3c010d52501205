/* Copies that are taken, given up, and put back. */
#include "contract.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char *in_dir(struct world *w, const char *name)
{
	return file_path(w->arena, w->dir, name);
}

static void copy_to(struct world *w, const char *path)
{
	struct store_copying c = { .max_growth = 0 };
	struct stat sb;

	OK(store_copy(w->st, path, &c, &w->err));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(c.copied, sb.st_size);
	assert_int_equal(c.grown, 0);
}

static void test_copy(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	const char *path = in_dir(w, "copy"), *data;
	struct store_options o = w->options;
	struct store_copying c = { .max_growth = 0 };
	struct store *copy;
	uint64_t faults;

	world_add(w, &en, "C", NULL);
	data = file_path(w->arena, path, "data.mdb");
	assert_int_equal(mkdir(path, 0700), 0);
	copy_to(w, data);
	FAILS(store_copy(w->st, data, &c, &w->err), ERR_CONFLICT);
	FAILS(store_copy(w->st, "/nonexistent/copy", &c, &w->err),
	    ERR_INTERNAL);
	world_enroll(w, "B");
	/* What was copied is a store, of that moment. */
	o.dir = path;
	OK(store_open(&o, w->now, &copy, &w->err));
	OK(store_check(copy, NULL, NULL, &faults, &w->err));
	assert_int_equal(faults, 0);
	world_close(w);
	w->st = copy;
	assert_string_equal(world_next(w, en.num, false), "C");
	assert_true(world_enroll(w, "B").num != 0);
}

/* ---- given up ---- */

static int files_in(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Enough that the copy cannot be in the pipe all at once. */
static void fill(struct world *w)
{
	static unsigned char body[100000];
	struct store_tx *tx;
	bool created;

	memset(body, 'x', sizeof(body));
	for (int i = 0; i < 8; i++) {
		tx = world_write(w);
		for (int k = 0; k < 10; k++) {
			struct command c = world_command(arena_printf(
			    w->arena, "fill %d %d", i, k));

			c.body = bytes_of(body, sizeof(body));
			OK(store_command_put(tx, &c, &created, &w->err));
		}
		world_commit(w);
	}
}

struct watch {
	struct world *w;
	unsigned calls, stop_at;
	uint64_t copied, of;
	bool grow;
};

static int put_more(struct store_tx *tx, void *arg, struct err *e)
{
	static unsigned char body[100000];
	struct watch *h = arg;
	struct command c = world_command(arena_printf(h->w->arena, "more %u",
	    h->calls));
	bool created;

	c.body = bytes_of(body, sizeof(body));
	return store_command_put(tx, &c, &created, e);
}

static bool watch(uint64_t copied, uint64_t of, void *arg)
{
	struct watch *h = arg;
	struct world *w = h->w;

	h->calls++;
	h->copied = copied;
	h->of = of;
	if (h->grow)
		OK(store_write(h->w->st, put_more, h, &h->w->err));
	return h->stop_at == 0 || h->calls < h->stop_at;
}

static void test_copy_says_how_far(void **state)
{
	struct world *w = *state;
	struct watch h = { .w = w };
	struct store_copying c = { .progress = watch, .arg = &h };

	fill(w);
	OK(store_copy(w->st, in_dir(w, "copy"), &c, &w->err));
	assert_true(h.calls > 2);
	assert_int_equal(h.copied, c.copied);
	assert_true(h.of >= c.copied && h.of < 2 * c.copied);
}

static void test_copy_given_up(void **state)
{
	struct world *w = *state;
	struct watch h = { .w = w, .stop_at = 2 };
	struct store_copying c = { .progress = watch, .arg = &h };
	int files;

	fill(w);
	files = files_in(w->dir);
	FAILS(store_copy(w->st, in_dir(w, "copy"), &c, &w->err), ERR_BUSY);
	assert_int_equal(h.calls, 2);
	assert_int_equal(files_in(w->dir), files);
	/* The store goes on, and so do copies. */
	world_enroll(w, "A");
	copy_to(w, in_dir(w, "copy"));
	world_check(w);
}

static void test_copy_while_the_store_grows(void **state)
{
	struct world *w = *state;
	struct watch h = { .w = w, .grow = true };
	struct store_copying c = { .progress = watch, .arg = &h,
		.max_growth = 300000 };
	int files;

	fill(w);
	files = files_in(w->dir);
	FAILS(store_copy(w->st, in_dir(w, "copy"), &c, &w->err), ERR_BUSY);
	assert_true(c.grown > c.max_growth);
	assert_true(h.calls >= 3);
	assert_int_equal(files_in(w->dir), files);
	h.calls = 1000;
	c.max_growth = 0;
	OK(store_copy(w->st, in_dir(w, "copy"), &c, &w->err));
	assert_true(c.grown > 0);
	world_check(w);
}

/* ---- put back ---- */

static unsigned lines;

static void count_line(const char *line, void *arg)
{
	(void)line;
	(void)arg;
	lines++;
}

static int restore(struct world *w, const char *path, const char **kept)
{
	lines = 0;
	return store_restore(&w->options, path, w->now, count_line, NULL,
	    w->arena, kept, &w->err);
}

static const char *why_armed(struct world *w)
{
	struct store_tx *tx = world_read(w);
	struct store_guard g;

	OK(store_guard_get(tx, w->now, w->arena, &g, &w->err));
	world_end(w);
	return g.armed_until > w->now ? g.why : "";
}

static void test_restore(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A"), *got;
	const char *copy = in_dir(w, "copy"), *kept, *again;
	struct store_tx *tx;

	world_add(w, &en, "C", NULL);
	copy_to(w, copy);
	world_enroll(w, "later");
	FAILS(restore(w, copy, &kept), ERR_CONFLICT);
	world_close(w);
	OK(restore(w, copy, &kept));
	assert_int_equal(lines, 0);
	assert_true(file_exists(kept) && file_exists(copy));
	world_open(w);
	assert_string_equal(world_next(w, en.num, false), "C");
	assert_string_equal(why_armed(w), "restore");
	tx = world_read(w);
	OK(store_enrollment_lookup(tx, bytes_str("later"), w->arena, &got,
	    &w->err));
	assert_null(got);
	world_end(w);
	world_check(w);
	world_close(w);
	/* And what was kept, in its turn; in the same second. */
	OK(restore(w, kept, &again));
	assert_string_not_equal(kept, again);
	world_open(w);
	tx = world_read(w);
	OK(store_enrollment_lookup(tx, bytes_str("later"), w->arena, &got,
	    &w->err));
	assert_non_null(got);
	world_end(w);
}

static void test_restore_where_none_was(void **state)
{
	struct world *w = *state;
	const char *copy = in_dir(w, "copy"), *kept = "";
	struct enrollment en = world_enroll(w, "A");

	world_add(w, &en, "C", NULL);
	copy_to(w, copy);
	world_close(w);
	w->options.dir = in_dir(w, "other");
	OK(restore(w, copy, &kept));
	assert_null(kept);
	world_open(w);
	assert_string_equal(world_next(w, en.num, false), "C");
}

/* What cannot be restored leaves everything as it was. */
static void refuses(struct world *w, const char *path, enum err_kind kind)
{
	int files = files_in(w->path);
	const char *kept = "";

	FAILS(restore(w, path, &kept), kind);
	assert_null(kept);
	assert_int_equal(files_in(w->path), files);
	world_open(w);
	world_check(w);
	assert_string_equal(why_armed(w), "");
	world_close(w);
}

static void test_restore_of_what_is_not_sound(void **state)
{
	struct world *w = *state;
	const char *copy = in_dir(w, "copy"), *bad = in_dir(w, "bad");
	struct seal *ours = w->options.seal, *other;
	struct bytes data;

	fill(w);
	copy_to(w, copy);
	world_close(w);
	refuses(w, in_dir(w, "none"), ERR_NOT_FOUND);
	refuses(w, w->dir, ERR_BAD_INPUT);
	OK(file_write(bad, bytes_str("no store"), 0600, &w->err));
	refuses(w, bad, ERR_BAD_INPUT);
	OK(file_write(bad, bytes_of("", 0), 0600, &w->err));
	refuses(w, bad, ERR_BAD_INPUT);
	/* Cut, at places of all kinds. */
	OK(file_read(copy, (size_t)64 << 20, w->arena, &data, &w->err));
	for (int i = 1; i < 8; i++) {
		OK(file_write(bad, bytes_of(data.p, data.n / 8 * (size_t)i),
		    0600, &w->err));
		refuses(w, bad, ERR_BAD_INPUT);
	}
	/* Another key ring. */
	OK(seal_create(in_dir(w, "other.key"), &w->err));
	OK(seal_open(in_dir(w, "other.key"), &other, &w->err));
	w->options.seal = other;
	FAILS(store_restore(&w->options, copy, w->now, count_line, NULL,
	    w->arena, &(const char *){ NULL }, &w->err), ERR_BAD_INPUT);
	assert_true(lines > 0);
	w->options.seal = ours;
	seal_close(other);
	world_open(w);
	world_check(w);
}

const struct contract_test contract_copy[] = {
	CONTRACT(test_copy),
	CONTRACT(test_copy_says_how_far),
	CONTRACT(test_copy_given_up),
	CONTRACT(test_copy_while_the_store_grows),
	CONTRACT(test_restore),
	CONTRACT(test_restore_where_none_was),
	CONTRACT(test_restore_of_what_is_not_sound),
	{ NULL, NULL },
};
