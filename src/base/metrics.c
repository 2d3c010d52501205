/*
 * One mapped file of fixed slots. A slot belongs to a name with its labels by
 * their hash, which is put there by one compare-and-swap; the text behind it
 * may be written by anybody who finds it missing, since it is the same text.
 * So a process may be killed anywhere. What counts and when is the business
 * of the callers.
 */
#include "base/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define MAGIC UINT64_C(0x4d6f6f72696e6701)	/* its last byte: layout */
#define SLOTS 1024	/* a power of two */
#define USED_MAX 1000
#define TEXT_WORDS 26
#define TEXT_MAX (TEXT_WORDS * sizeof(uint64_t))
#define BUCKETS 14	/* and one for what is longer */

enum kind { COUNTER = 'c', GAUGE = 'g', HISTOGRAM = 'h' };

struct slot {
	_Atomic uint64_t hash;	/* 0: free */
	_Atomic uint64_t ready;	/* the text is there */
	_Atomic uint64_t text[TEXT_WORDS];	/* kind, name, NUL, labels */
	/* counter, gauge: the first; histogram: buckets, then the sum */
	_Atomic uint64_t value[BUCKETS + 2];
};
struct shared {
	uint64_t magic, slots, slot_size;
	_Atomic uint64_t used, dropped;
	struct slot slot[SLOTS];
};
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared between processes");

static const struct { int64_t us; const char *le; } buckets[BUCKETS] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" },
	{ 5000, "0.005" }, { 10000, "0.01" }, { 25000, "0.025" },
	{ 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" },
	{ 500000, "0.5" }, { 1000000, "1" }, { 2500000, "2.5" },
	{ 5000000, "5" }, { 10000000, "10" },
};

static const struct { const char *name, *help; } helps[] = {
	{ "mooring_requests_total", "Requests by route, method and status." },
	{ "mooring_request_seconds", "Time from request to reply, by route." },
	{ "mooring_commits_total", "Groups of writes made durable." },
	{ "mooring_writes_total", "Writes in those groups." },
	{ "mooring_pushes_total", "Pushes by outcome." },
	{ "mooring_webhook_deliveries_total",
	  "Attempts to deliver an event, by outcome." },
	{ "mooring_scep_total", "SCEP messages by type and outcome." },
	{ "mooring_queue_oldest_timestamp_seconds",
	  "When the command was queued that waits longest; 0: none waits." },
	{ "mooring_metrics_dropped_total",
	  "Figures that found no place in run/metrics." },
};

static _Atomic(struct shared *) shared;

/* ---- the file ---- */

static struct shared *map(int fd)
{
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* NULL: none, or not one of ours. */
static struct shared *open_old(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	struct shared *s = NULL;
	struct stat sb;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    sb.st_size == (off_t)sizeof(*s))
		s = map(fd);
	close(fd);
	if (s == NULL || (s->magic == MAGIC && s->slots == SLOTS &&
	    s->slot_size == sizeof(struct slot)))
		return s;
	munmap(s, sizeof(*s));
	return NULL;
}

/* Beside, whole, then renamed. Its blocks are there from the start: on a full
 * disk a hole would be a SIGBUS. */
static struct shared *make_new(int dir, const char *name)
{
	static const char tmp[] = "metrics.new";
	int fd = openat(dir, tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	struct shared *s = NULL;
	int rc;

	if (fd < 0)
		return NULL;
	rc = posix_fallocate(fd, 0, (off_t)sizeof(*s));
	if (rc == 0)
		s = map(fd);
	else
		errno = rc;
	if (s != NULL) {
		s->slots = SLOTS;
		s->slot_size = sizeof(struct slot);
		s->magic = MAGIC;
		if (renameat(dir, tmp, dir, name) == 0) {
			close(fd);
			return s;
		}
		munmap(s, sizeof(*s));
	}
	rc = errno;
	close(fd);
	unlinkat(dir, tmp, 0);
	errno = rc;
	return NULL;
}

int metrics_open(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	struct shared *s;
	int dir;

	if (slash != NULL && (size_t)(slash - path) < sizeof(folder)) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
	}
	if (slash == path)
		memcpy(folder, "/", 2);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* One at a time, so that nobody replaces what another just made. */
	if (dir < 0 || flock(dir, LOCK_EX) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "%s", folder);
		if (dir >= 0)
			close(dir);
		return -1;
	}
	s = open_old(dir, slash != NULL ? slash + 1 : path);
	if (s == NULL)
		s = make_new(dir, slash != NULL ? slash + 1 : path);
	if (s == NULL)
		err_errno(e, ERR_INTERNAL, errno, "%s", path);
	close(dir);
	if (s == NULL)
		return -1;
	metrics_close();
	atomic_store(&shared, s);
	return 0;
}

void metrics_close(void)
{
	struct shared *s = atomic_exchange(&shared, NULL);

	if (s != NULL)
		munmap(s, sizeof(*s));
}

/* ---- slots ---- */

struct text {
	union {
		char c[TEXT_MAX];
		uint64_t word[TEXT_WORDS];
	};
	size_t n;
	uint64_t hash;		/* never 0 */
};

/* FNV-1a. */
static uint64_t hash_of(const char *p, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
	return h != 0 ? h : 1;
}

static bool make_text(struct text *t, enum kind kind, const char *name,
	const char *labels)
{
	size_t nn = strlen(name), nl = strlen(labels);

	if (1 + nn + 1 + nl + 1 > TEXT_MAX)
		return false;
	memset(t, 0, sizeof(*t));
	t->c[0] = (char)kind;
	memcpy(t->c + 1, name, nn);
	memcpy(t->c + 1 + nn + 1, labels, nl);
	t->n = 1 + nn + 1 + nl;
	t->hash = hash_of(t->c, t->n);
	return true;
}

static void write_text(struct slot *s, const struct text *t)
{
	for (size_t i = 0; i < TEXT_WORDS; i++)
		atomic_store_explicit(&s->text[i], t->word[i],
		    memory_order_relaxed);
	atomic_store_explicit(&s->ready, 1, memory_order_release);
}

/* The slot of a text, taken when nobody has it; NULL: no place. */
static struct slot *take(struct shared *m, const struct text *t)
{
	uint64_t has;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &m->slot[(t->hash + i) % SLOTS];

		has = atomic_load_explicit(&s->hash, memory_order_acquire);
		if (has == t->hash)
			return s;
		if (has != 0)
			continue;
		if (atomic_load(&m->used) >= USED_MAX)
			return NULL;
		if (atomic_compare_exchange_strong(&s->hash, &has, t->hash)) {
			atomic_fetch_add(&m->used, 1);
			return s;
		}
		if (has == t->hash)
			return s;
	}
	return NULL;
}

static struct slot *find(enum kind kind, const char *name, const char *labels)
{
	struct shared *m = atomic_load_explicit(&shared, memory_order_acquire);
	struct slot *s = NULL;
	struct text t;

	if (m == NULL)
		return NULL;
	if (make_text(&t, kind, name, labels))
		s = take(m, &t);
	if (s == NULL)
		atomic_fetch_add_explicit(&m->dropped, 1,
		    memory_order_relaxed);
	else if (atomic_load_explicit(&s->ready, memory_order_acquire) != 1)
		write_text(s, &t);
	return s;
}

static void add(_Atomic uint64_t *v, uint64_t n)
{
	atomic_fetch_add_explicit(v, n, memory_order_relaxed);
}

void metrics_count(const char *name, const char *labels, uint64_t n)
{
	struct slot *s = find(COUNTER, name, labels);

	if (s != NULL)
		add(&s->value[0], n);
}

void metrics_time(const char *name, const char *labels, int64_t us)
{
	struct slot *s = find(HISTOGRAM, name, labels);
	size_t i = 0;

	if (s == NULL)
		return;
	if (us < 0)
		us = 0;
	while (i < BUCKETS && us > buckets[i].us)
		i++;
	add(&s->value[i], 1);
	add(&s->value[BUCKETS + 1], (uint64_t)us);
}

void metrics_gauge(const char *name, const char *labels, double v)
{
	struct slot *s = find(GAUGE, name, labels);
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	if (s != NULL)
		atomic_store_explicit(&s->value[0], bits,
		    memory_order_relaxed);
}

/* ---- as text ---- */

struct line {
	struct text text;
	const char *name, *labels;	/* in text */
	uint64_t value[BUCKETS + 2];
};

static bool is_name(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
	size_t n = strspn(s, first);

	return n > 0 && s[n + strspn(s + n, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789")] == '\0';
}

static bool is_labels(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

/* What is in a slot; false when that is nothing, or nothing of ours. */
static bool read_slot(struct slot *s, struct line *l)
{
	size_t nn;

	if (atomic_load_explicit(&s->hash, memory_order_acquire) == 0 ||
	    atomic_load_explicit(&s->ready, memory_order_acquire) != 1)
		return false;
	for (size_t i = 0; i < TEXT_WORDS; i++)
		l->text.word[i] = atomic_load_explicit(&s->text[i],
		    memory_order_relaxed);
	l->text.c[TEXT_MAX - 1] = '\0';
	nn = strlen(l->text.c);
	if (nn == 0 || nn + 1 >= TEXT_MAX)
		return false;
	l->name = l->text.c + 1;
	l->labels = l->text.c + nn + 1;
	l->text.n = nn + 1 + strlen(l->labels);
	if (hash_of(l->text.c, l->text.n) != atomic_load(&s->hash) ||
	    strchr("cgh", l->text.c[0]) == NULL || !is_name(l->name) ||
	    !is_labels(l->labels))
		return false;
	for (size_t i = 0; i < BUCKETS + 2; i++)
		l->value[i] = atomic_load_explicit(&s->value[i],
		    memory_order_relaxed);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct line *const *x = a, *const *y = b;
	int c = strcmp((*x)->name, (*y)->name);

	if (c == 0)
		c = (*x)->text.c[0] - (*y)->text.c[0];
	return c != 0 ? c : strcmp((*x)->labels, (*y)->labels);
}

static void put_head(struct buf *out, const char *name, char kind)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (str_eq(helps[i].name, name))
			buf_printf(out, "# HELP %s %s\n", name,
			    helps[i].help);
	buf_printf(out, "# TYPE %s %s\n", name, kind == COUNTER ? "counter" :
	    kind == GAUGE ? "gauge" : "histogram");
}

static void put_histogram(struct buf *out, const struct line *l)
{
	const char *comma = l->labels[0] != '\0' ? "," : "";
	unsigned long long n = 0, us = l->value[BUCKETS + 1];

	for (size_t i = 0; i <= BUCKETS; i++) {
		n += l->value[i];
		buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", l->name,
		    l->labels, comma, i < BUCKETS ? buckets[i].le : "+Inf",
		    n);
	}
	buf_printf(out, "%s_sum%s%s%s %llu.%06llu\n", l->name, *comma != '\0' ?
	    "{" : "", l->labels, *comma != '\0' ? "}" : "", us / 1000000,
	    us % 1000000);
	buf_printf(out, "%s_count%s%s%s %llu\n", l->name, *comma != '\0' ?
	    "{" : "", l->labels, *comma != '\0' ? "}" : "", n);
}

static void put_line(struct buf *out, const struct line *l)
{
	const char *open = l->labels[0] != '\0' ? "{" : "",
	    *end = l->labels[0] != '\0' ? "}" : "";
	double v;

	if (l->text.c[0] == HISTOGRAM) {
		put_histogram(out, l);
		return;
	}
	buf_printf(out, "%s%s%s%s ", l->name, open, l->labels, end);
	memcpy(&v, &l->value[0], sizeof(v));
	if (l->text.c[0] == GAUGE)
		buf_printf(out, "%.17g\n", v);
	else
		buf_printf(out, "%llu\n", (unsigned long long)l->value[0]);
}

void metrics_text(struct buf *out)
{
	struct shared *m = atomic_load_explicit(&shared, memory_order_acquire);
	const struct line *order[SLOTS];
	struct line *all;
	uint64_t dropped;
	size_t n = 0;

	if (m == NULL)
		return;
	all = calloc(SLOTS, sizeof(*all));
	if (all == NULL)
		abort();
	for (size_t i = 0; i < SLOTS; i++)
		if (read_slot(&m->slot[i], &all[n])) {
			order[n] = &all[n];
			n++;
		}
	qsort(order, n, sizeof(order[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !str_eq(order[i]->name, order[i - 1]->name))
			put_head(out, order[i]->name, order[i]->text.c[0]);
		put_line(out, order[i]);
	}
	dropped = atomic_load(&m->dropped);
	if (dropped > 0) {
		put_head(out, "mooring_metrics_dropped_total", COUNTER);
		buf_printf(out, "mooring_metrics_dropped_total %llu\n",
		    (unsigned long long)dropped);
	}
	free(all);
}
