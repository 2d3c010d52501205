/* The minute's count, as a note: "SECOND COUNT" in as many lines as there
 * were seconds with any. */
#include "enroll/enroll_rate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "store/store_note.h"

#define NOTE "enroll-rate"
#define WINDOW 60
#define TEXT_MAX ((size_t)16384)

struct window {
	struct { int64_t at; uint64_t n; } second[2 * WINDOW];
	size_t n;
	uint64_t sum;
};

/* A process that read its clock a moment earlier still sees what another
 * wrote; what lies further ahead is from before the clock was set back. */
static bool is_within(int64_t at, int64_t now)
{
	return at > now - WINDOW && at < now + WINDOW;
}

static int load(struct store_tx *tx, int64_t now, struct arena *a,
	struct window *w, struct err *e)
{
	struct bytes note;
	char *line, *rest;

	*w = (struct window){ .n = 0 };
	if (store_note_get(tx, NOTE, a, &note, e) < 0)
		return -1;
	if (note.p == NULL)
		return 0;
	for (line = strtok_r(arena_str(a, note), "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		int64_t at;
		uint64_t n;

		if (sscanf(line, "%" SCNd64 " %" SCNu64, &at, &n) != 2 ||
			!is_within(at, now) || w->n == 2 * WINDOW - 1)
			continue;
		w->second[w->n].at = at;
		w->second[w->n++].n = n;
		w->sum += n;
	}
	return 0;
}

static int check(const struct window *w, unsigned max, struct err *e)
{
	if (w->sum < max)
		return 0;
	return err_set(e, ERR_BUSY, "challenge_rate: %llu profiles were made "
		"within a minute", (unsigned long long)w->sum);
}

static void count(struct window *w, int64_t now)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->second[i].at == now) {
			w->second[i].n++;
			return;
		}
	w->second[w->n].at = now;
	w->second[w->n++].n = 1;
}

static int save(struct store_tx *tx, const struct window *w, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	for (size_t i = 0; i < w->n; i++)
		buf_printf(&b, "%" PRId64 " %" PRIu64 "\n", w->second[i].at,
			w->second[i].n);
	rc = store_note_put(tx, NOTE, buf_bytes(&b), e);
	buf_fini(&b);
	return rc;
}

int enroll_rate_check(struct store_tx *tx, unsigned max, int64_t now,
	struct err *e)
{
	struct arena *a = arena_new();
	struct window w;
	int rc = load(tx, now, a, &w, e);

	if (rc == 0)
		rc = check(&w, max, e);
	arena_free(a);
	return rc;
}

int enroll_rate_count(struct store_tx *tx, unsigned max, int64_t now,
	struct err *e)
{
	struct arena *a = arena_new();
	struct window w;
	int rc = load(tx, now, a, &w, e);

	if (rc == 0)
		rc = check(&w, max, e);
	if (rc == 0) {
		count(&w, now);
		rc = save(tx, &w, e);
	}
	arena_free(a);
	return rc;
}
