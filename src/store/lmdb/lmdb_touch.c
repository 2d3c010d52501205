/* Touches: kept in a map per process, written with a commit that happens
 * anyway, or by the caller who finds that the oldest waits too long. */
#include "store/lmdb/lmdb_touch.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/log.h"
#include "store/lmdb/lmdb_target.h"
#include "store/lmdb/lmdb_tx.h"

#define MAP_MIN ((size_t)256)

static const unsigned char no_hash[DIGEST_LEN];

static bool is_used(const struct lmdb_touch *t)
{
	return t->num != 0;
}

/* Where it is, or the free slot where it belongs. */
static struct lmdb_touch *slot_of(const struct lmdb_touch_map *m,
	uint64_t num, const unsigned char hash[DIGEST_LEN])
{
	uint64_t h = (num ^ enc_unbe64(hash)) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 32) & (m->cap - 1);

	while (is_used(&m->slot[i]) && (m->slot[i].num != num ||
	    memcmp(m->slot[i].hash, hash, DIGEST_LEN) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

static void grow(struct lmdb_touch_map *m)
{
	struct lmdb_touch_map bigger = { NULL, m->cap != 0 ? 2 * m->cap :
		MAP_MIN, m->n };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		abort();
	for (size_t i = 0; i < m->cap; i++)
		if (is_used(&m->slot[i]))
			*slot_of(&bigger, m->slot[i].num, m->slot[i].hash) =
			    m->slot[i];
	free(m->slot);
	*m = bigger;
}

static void merge(struct lmdb_touch_map *m, const struct lmdb_touch *t)
{
	struct lmdb_touch *s;

	if (2 * (m->n + 1) > m->cap)
		grow(m);
	s = slot_of(m, t->num, t->hash);
	if (!is_used(s)) {
		*s = *t;
		m->n++;
		return;
	}
	if (t->first < s->first)
		s->first = t->first;
	if (t->last > s->last)
		s->last = t->last;
	s->count += t->count;
}

void lmdb_touch_map_free(struct lmdb_touch_map *m)
{
	free(m->slot);
	*m = (struct lmdb_touch_map){ NULL, 0, 0 };
}

void lmdb_touches_init(struct lmdb_touches *t)
{
	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->mutex, NULL);
}

void lmdb_touches_fini(struct lmdb_touches *t)
{
	lmdb_touch_map_free(&t->map);
	pthread_mutex_destroy(&t->mutex);
}

bool lmdb_touches_take(struct lmdb_touches *t, struct lmdb_touch_map *out)
{
	pthread_mutex_lock(&t->mutex);
	*out = t->map;
	t->map = (struct lmdb_touch_map){ NULL, 0, 0 };
	t->since = 0;
	pthread_mutex_unlock(&t->mutex);
	return out->n > 0;
}

void lmdb_touches_give_back(struct lmdb_touches *t,
	struct lmdb_touch_map *map)
{
	pthread_mutex_lock(&t->mutex);
	for (size_t i = 0; i < map->cap && t->map.n < LMDB_TOUCH_MAX; i++) {
		if (!is_used(&map->slot[i]))
			continue;
		merge(&t->map, &map->slot[i]);
		if (t->since == 0 || map->slot[i].first < t->since)
			t->since = map->slot[i].first;
	}
	pthread_mutex_unlock(&t->mutex);
	lmdb_touch_map_free(map);
}

/* ---- writing ---- */

static int write_seen(struct lmdb_tx *tx, const struct lmdb_touch *t,
	struct err *e)
{
	struct lmdb_key k = lmdb_key_num(t->num);
	unsigned char last[8];
	struct bytes v;
	bool known;

	if (lmdb_has(tx, LMDB_ENROLLMENTS, k, &known, e) < 0 ||
	    lmdb_get(tx, LMDB_ENROLL_SEEN, k, &v, e) < 0)
		return -1;
	if (!known || (v.n == 8 && (int64_t)enc_unbe64(v.p) >= t->last))
		return 0;
	enc_be64(last, (uint64_t)t->last);
	return lmdb_put(tx, LMDB_ENROLL_SEEN, k, bytes_of(last, 8), e);
}

static int write_delivered(struct lmdb_tx *tx, const struct lmdb_touch *t,
	struct err *e)
{
	struct target *target;

	if (lmdb_target_load(tx, t->num, t->hash, tx->scratch, &target, e) < 0)
		return -1;
	if (target == NULL)
		return 0;
	target->deliveries += t->count;
	if (target->first_delivered == 0)
		target->first_delivered = t->first;
	if (target->last_delivered < t->last)
		target->last_delivered = t->last;
	return lmdb_target_save(tx, t->hash, target, e);
}

int lmdb_touches_write(struct lmdb_tx *tx, const struct lmdb_touch_map *m,
	struct err *e)
{
	for (size_t i = 0; i < m->cap; i++) {
		const struct lmdb_touch *t = &m->slot[i];

		if (!is_used(t))
			continue;
		if ((t->count == 0 ? write_seen(tx, t, e) :
		    write_delivered(tx, t, e)) < 0)
			return -1;
		arena_reset(tx->scratch);
	}
	return 0;
}

/* ---- coming in ---- */

static int nothing(struct store_tx *tx, void *arg, struct err *e)
{
	(void)tx;
	(void)arg;
	(void)e;
	return 0;
}

static void touch(struct lmdb_store *st, const struct lmdb_touch *t)
{
	struct lmdb_touches *all = &st->touches;
	struct err e = ERR_INIT;
	bool due;

	pthread_mutex_lock(&all->mutex);
	if (all->map.n < LMDB_TOUCH_MAX)
		merge(&all->map, t);
	if (all->since == 0)
		all->since = t->last;
	due = t->last - all->since >= (int64_t)st->touch_seconds ||
	    all->map.n >= LMDB_TOUCH_MAX;
	if (due)	/* whoever comes meanwhile need not write as well */
		all->since = t->last;
	pthread_mutex_unlock(&all->mutex);
	if (due && lmdb_write(&st->base, nothing, NULL, &e) < 0)
		log_msg(LOG_DEBUG, "store_touch", "%s", e.msg);
}

void lmdb_touch_seen(struct store *st, uint64_t num, int64_t now)
{
	struct lmdb_touch t = { .num = num, .first = now, .last = now };

	if (num != 0)
		touch((struct lmdb_store *)st, &t);
}

void lmdb_touch_delivered(struct store *st, uint64_t num, const char *uuid,
	int64_t now)
{
	struct lmdb_touch t = { .num = num, .first = now, .last = now,
		.count = 1 };

	digest_sha256(bytes_str(uuid), t.hash);
	if (num != 0)
		touch((struct lmdb_store *)st, &t);
}

/* ---- looking ---- */

static bool pending(struct lmdb_store *st, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct lmdb_touch *out)
{
	struct lmdb_touches *all = &st->touches;
	const struct lmdb_touch *s;
	bool found = false;

	pthread_mutex_lock(&all->mutex);
	if (all->map.n > 0) {
		s = slot_of(&all->map, num, hash);
		found = is_used(s);
		if (found)
			*out = *s;
	}
	pthread_mutex_unlock(&all->mutex);
	return found;
}

int64_t lmdb_touch_pending_seen(struct lmdb_store *st, uint64_t num)
{
	struct lmdb_touch t;

	return pending(st, num, no_hash, &t) ? t.last : 0;
}

bool lmdb_touch_pending_delivered(struct lmdb_store *st, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct lmdb_touch *out)
{
	return pending(st, num, hash, out);
}
