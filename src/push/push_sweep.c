/* Who has something queued and stays silent is pushed again. */
#include "push/push_sweep.h"

#include "push/pusher.h"
#include "store/store_admin.h"
#include "store/store_push.h"

#define OWNERS_AT_ONCE 500	/* in one transaction */
#define LEASE 60	/* seconds, of who pushes now */

struct sweep {
	const struct conf *conf;
	int64_t now, before;	/* silent since */
	uint64_t after;
	size_t limit;		/* jobs to add */
	/* out, of a page */
	struct arena *a;
	uint64_t *num;
	size_t n, looked;
	uint64_t next;
	int64_t oldest;
	size_t added;
};

/* A push that is due, under way or in a back-off comes by itself. One that
 * waits for a command's not-before says nothing of the commands before it. */
static bool is_coming(const struct push_job *job, int64_t now)
{
	return job != NULL && (job->attempts > 0 || job->due <= now + LEASE);
}

/* Something can be handed out now. */
static int has_ready(struct store_tx *tx, uint64_t num, int64_t now,
	bool *out, struct err *e)
{
	struct arena *a = arena_new();	/* it may be large */
	struct store_next next;
	int rc = store_queue_next(tx, num, true, now, a, &next, e);

	*out = rc == 0 && (next.command != NULL || next.settle);
	arena_free(a);
	return rc;
}

static int look_at(struct store_tx *tx, struct sweep *w, uint64_t num,
	bool *silent, struct err *e)
{
	struct enrollment *en;
	struct push_state s;
	struct push_job *job;
	struct err why = ERR_INIT;
	bool passing;
	int64_t hold;

	*silent = false;
	if (store_enrollment_get(tx, num, w->a, &en, e) != 0)
		return -1;
	if (en == NULL || en->state != ENROLLMENT_ENABLED ||
		en->last_seen > w->before || en->token_updated > w->before)
		return 0;
	if (store_push_state_get(tx, num, w->a, &s, e) != 0 ||
		store_push_job_get(tx, num, w->a, &job, e) != 0)
		return -1;
	if (is_coming(job, w->now) || s.sent > w->before)
		return 0;
	if (push_check(tx, en, w->a, &hold, &passing, &why) != 0) {
		if (why.kind != ERR_NOT_FOUND && why.kind != ERR_CONFLICT) {
			*e = why;
			return -1;
		}
		return 0;
	}
	return hold > w->now ? 0 : has_ready(tx, num, w->now, silent, e);
}

static int find(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *w = arg;
	struct queue_owner *own;
	size_t n;
	bool silent;

	w->n = w->looked = w->added = 0;
	w->oldest = 0;
	if (store_queue_owners(tx, w->after, OWNERS_AT_ONCE, w->a, &own, &n,
		e) != 0)
		return -1;
	w->next = n < OWNERS_AT_ONCE ? 0 : own[n - 1].num;
	w->num = arena_alloc(w->a, (n + 1) * sizeof(*w->num));
	for (size_t i = 0; i < n; i++, w->looked++) {
		if (w->oldest == 0 || own[i].queued < w->oldest)
			w->oldest = own[i].queued;
		if (w->conf->push_again_hours == 0)
			continue;
		if (w->n == w->limit) {
			w->next = own[i - 1].num;
			break;
		}
		if (look_at(tx, w, own[i].num, &silent, e) != 0)
			return -1;
		if (silent)
			w->num[w->n++] = own[i].num;
	}
	return 0;
}

static int add(struct store_tx *tx, void *arg, struct err *e)
{
	struct sweep *w = arg;
	bool silent;

	w->added = 0;
	for (size_t i = 0; i < w->n; i++) {
		/* It may have come by meanwhile. */
		if (look_at(tx, w, w->num[i], &silent, e) != 0)
			return -1;
		if (!silent)
			continue;
		if (store_push_add(tx, w->num[i], push_new_id(w->a), w->now,
			w->now, e) != 0)
			return -1;
		w->added++;
	}
	return 0;
}

static int page(struct store *st, struct sweep *w, struct err *e)
{
	if (store_read(st, find, w, e) != 0)
		return -1;
	return w->n == 0 ? 0 : store_write(st, add, w, e);
}

int push_sweep(struct store *st, const struct conf *conf, int64_t now,
	size_t most, uint64_t *after, size_t *added, int64_t *oldest,
	struct err *e)
{
	struct sweep w = { .conf = conf, .now = now,
		.before = now - (int64_t)conf->push_again_hours * 3600,
		.a = arena_new() };
	size_t looked = 0;
	int rc;

	*added = 0;
	*oldest = 0;
	do {
		w.after = *after;
		w.limit = conf->push_again_limit - *added;
		rc = page(st, &w, e);
		if (rc != 0)
			break;
		*after = w.next;
		*added += w.added;
		looked += w.looked;
		if (w.oldest != 0 && (*oldest == 0 || w.oldest < *oldest))
			*oldest = w.oldest;
		arena_reset(w.a);
	} while (*after != 0 && looked < most &&
		*added < conf->push_again_limit);
	arena_free(w.a);
	return rc;
}
