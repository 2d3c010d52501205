/* Figures in one file: threads and processes that add to it, writers that are
 * killed, files that are not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metrics.h"

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/mooring-metrics-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/metrics", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	metrics_close();
	unlink(path);
	return rmdir(dir);
}

static void open_it(void)
{
	struct err e = ERR_INIT;

	if (metrics_open(path, &e) < 0)
		fail_msg("%s", e.msg);
}

static const char *text(void)
{
	static struct buf b;

	if (b.p == NULL)
		buf_init(&b, (size_t)1 << 20);
	buf_clear(&b);
	metrics_text(&b);
	buf_addc(&b, '\0');
	assert_false(b.full);
	return (const char *)b.p;
}

static void has(const char *line)
{
	const char *t = text(), *at = strstr(t, line);
	size_t n = strlen(line);

	if (at == NULL || (at != t && at[-1] != '\n') || at[n] != '\n')
		fail_msg("no line \"%s\" in:\n%s", line, t);
}

static void test_before_open(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	metrics_count("a", "", 1);
	metrics_time("b", "", 1);
	metrics_gauge("c", "", 1);
	assert_string_equal(text(), "");
	assert_int_equal(metrics_open("/nowhere/metrics", &e), -1);
	assert_non_null(strstr(e.msg, "/nowhere"));
	metrics_count("a", "", 1);
	assert_string_equal(text(), "");
}

static void test_text(void **state)
{
	struct stat sb;

	(void)state;
	open_it();
	assert_string_equal(text(), "");
	metrics_count("b_total", "x=\"2\"", 2);
	metrics_gauge("a", "", 1.5);
	metrics_count("b_total", "x=\"1\"", 1);
	metrics_count("b_total", "x=\"2\"", 3);
	metrics_gauge("a", "", -0.25);
	metrics_count("mooring_pushes_total", "", 0);
	assert_string_equal(text(), "# TYPE a gauge\na -0.25\n"
	    "# TYPE b_total counter\nb_total{x=\"1\"} 1\nb_total{x=\"2\"} 5\n"
	    "# HELP mooring_pushes_total Pushes by outcome.\n"
	    "# TYPE mooring_pushes_total counter\nmooring_pushes_total 0\n");
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);

	/* All of it is in the file. */
	metrics_close();
	assert_string_equal(text(), "");
	open_it();
	has("b_total{x=\"2\"} 5");
}

static void test_histogram(void **state)
{
	static const int64_t us[] = { -5, 0, 500, 501, 10000000, 10000001 };

	(void)state;
	open_it();
	for (size_t i = 0; i < sizeof(us) / sizeof(us[0]); i++)
		metrics_time("t_seconds", "r=\"/\"", us[i]);
	metrics_time("u_seconds", "", 1234567);
	has("# TYPE t_seconds histogram");
	has("t_seconds_bucket{r=\"/\",le=\"0.0005\"} 3");
	has("t_seconds_bucket{r=\"/\",le=\"0.001\"} 4");
	has("t_seconds_bucket{r=\"/\",le=\"5\"} 4");
	has("t_seconds_bucket{r=\"/\",le=\"10\"} 5");
	has("t_seconds_bucket{r=\"/\",le=\"+Inf\"} 6");
	has("t_seconds_sum{r=\"/\"} 20.001002");
	has("t_seconds_count{r=\"/\"} 6");
	has("u_seconds_bucket{le=\"1\"} 0");
	has("u_seconds_bucket{le=\"2.5\"} 1");
	has("u_seconds_sum 1.234567");
	has("u_seconds_count 1");
}

static void test_too_many(void **state)
{
	char label[32], name[300];

	(void)state;
	open_it();
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1005; i++) {
			snprintf(label, sizeof(label), "i=\"%d\"", i);
			metrics_count("many_total", label, 1);
		}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	metrics_count(name, "", 1);
	has("many_total{i=\"0\"} 2");
	has("many_total{i=\"999\"} 2");
	assert_null(strstr(text(), "i=\"1000\""));
	has("mooring_metrics_dropped_total 11");
}

/* ---- many at once ---- */

#define PROCESSES 4
#define THREADS 4
#define ROUNDS 2000
#define NAMES 50

static void *work(void *arg)
{
	char label[32];

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(label, sizeof(label), "n=\"%d\"", i % NAMES);
		metrics_count("shared_total", label, 1);
		metrics_time("shared_seconds", "", i);
		metrics_gauge("shared", label, i % NAMES);
	}
	return NULL;
}

/* Opens it itself, so that making and replacing are raced for too. */
static void work_alone(void)
{
	struct err e = ERR_INIT;
	pthread_t id[THREADS];

	if (metrics_open(path, &e) < 0)
		_exit(1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&id[i], NULL, work, NULL) != 0)
			_exit(2);
	for (int i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	_exit(0);
}

static void test_processes_and_threads(void **state)
{
	pid_t pid[PROCESSES];
	char line[96];
	int status;

	(void)state;
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			work_alone();
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	open_it();
	for (int i = 0; i < NAMES; i++) {
		snprintf(line, sizeof(line), "shared_total{n=\"%d\"} %d", i,
		    PROCESSES * THREADS * ROUNDS / NAMES);
		has(line);
		snprintf(line, sizeof(line), "shared{n=\"%d\"} %d", i, i);
		has(line);
	}
	snprintf(line, sizeof(line), "shared_seconds_count %d",
	    PROCESSES * THREADS * ROUNDS);
	has(line);
	assert_null(strstr(text(), "dropped"));
}

/* What a process that is killed says it has counted, is counted. */
static void test_killed_writers(void **state)
{
	volatile uint64_t *said = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t all = 0, got;
	int status;

	(void)state;
	assert_true(said != MAP_FAILED);
	for (int round = 0; round < 20; round++) {
		pid_t pid;

		*said = 0;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			char label[32];
			struct err e = ERR_INIT;

			if (metrics_open(path, &e) < 0)
				_exit(1);
			for (uint64_t i = 0; ; i++) {
				snprintf(label, sizeof(label), "l=\"%d\"",
				    round * 40 + (int)(i % 40));
				metrics_count("l_total", label, 1);
				metrics_count("k_total", "", 1);
				*said = i + 1;
			}
		}
		while (*said < 10)
			;
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		all += *said;
	}
	open_it();
	assert_non_null(strstr(text(), "k_total "));
	got = strtoull(strstr(text(), "\nk_total ") + 9, NULL, 10);
	assert_true(got >= all && got <= all + 20);
	/* Nothing is stuck: each can be counted on. */
	for (int i = 0; i < 800; i++) {
		char label[32];

		snprintf(label, sizeof(label), "l=\"%d\"", i);
		metrics_count("l_total", label, 1);
		snprintf(label, sizeof(label), "l_total{l=\"%d\"}", i);
		assert_non_null(strstr(text(), label));
	}
	assert_null(strstr(text(), "dropped"));
	munmap((void *)(uintptr_t)said, 4096);
}

/* ---- files that are not ours ---- */

static void put(const char *p, const void *data, size_t n)
{
	int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
}

static void expect_fresh(void)
{
	open_it();
	assert_string_equal(text(), "");
	metrics_count("new_total", "", 1);
	has("new_total 1");
	metrics_close();
}

static void test_other_files(void **state)
{
	static unsigned char junk[1 << 20];
	struct stat sb;
	size_t whole;

	(void)state;
	expect_fresh();
	assert_int_equal(stat(path, &sb), 0);
	whole = (size_t)sb.st_size;
	assert_true(whole <= sizeof(junk));
	for (size_t n = 0; n <= whole; n += whole / 3) {
		/* Cut off, then of the right size and full of something. */
		put(path, junk, n);
		expect_fresh();
		memset(junk, n == 0 ? 0xff : (int)n % 251, sizeof(junk));
		put(path, junk, whole);
		expect_fresh();
	}
	put(path, junk, sizeof(junk));
	expect_fresh();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	expect_fresh();
	assert_int_equal(lstat(path, &sb), 0);
	assert_true(S_ISREG(sb.st_mode));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_fresh();
}

/* Another process keeps counting in a file that was replaced. */
static void test_replaced_while_open(void **state)
{
	(void)state;
	open_it();
	assert_int_equal(unlink(path), 0);
	metrics_count("lost_total", "", 1);
	has("lost_total 1");
	metrics_close();
	expect_fresh();
}

/* Whatever stands in the slots: nothing but well-formed lines comes out. */
static void test_tampered(void **state)
{
	size_t whole;
	unsigned char *m;
	struct stat sb;
	unsigned seed = 7;
	int fd;

	(void)state;
	open_it();
	metrics_count("good_total", "a=\"b\"", 3);
	metrics_time("good_seconds", "", 3);
	metrics_close();
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &sb), 0);
	whole = (size_t)sb.st_size;
	m = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(m != MAP_FAILED);
	close(fd);
	for (size_t i = 64; i < whole; i++) {
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1)
			m[i] = (unsigned char)(seed >> 20);
	}
	munmap(m, whole);
	open_it();
	for (int i = 0; i < 3000; i++) {
		char label[32];

		snprintf(label, sizeof(label), "i=\"%d\"", i);
		metrics_count("after_total", label, 1);
		metrics_time("after_seconds", label, 1);
	}
	for (const char *t = text(); *t != '\0'; t += strcspn(t, "\n") + 1)
		if (strncmp(t, "# ", 2) != 0 && strncmp(t, "after_", 6) != 0 &&
		    strncmp(t, "good_", 5) != 0 && strncmp(t,
		    "mooring_metrics_dropped_total ", 30) != 0)
			fail_msg("%.100s", t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_open),
		TEST(test_text),
		TEST(test_histogram),
		TEST(test_too_many),
		TEST(test_processes_and_threads),
		TEST(test_killed_writers),
		TEST(test_other_files),
		TEST(test_replaced_while_open),
		TEST(test_tampered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
