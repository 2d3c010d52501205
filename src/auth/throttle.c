/* Failures by address in memory: 512 sets of 8 addresses each, so that every
 * step is bounded whatever comes. */
#include "auth/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/rnd.h"

#define SETS 512
#define WAYS 8
#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define FORGET (10 * MINUTE)

struct key {
	unsigned char b[16];
};

struct entry {
	struct key key;
	unsigned used;		/* of failed: how many are set */
	unsigned level;		/* 0: not refused; else 2^(level-1) s */
	unsigned at;		/* in failed: the next, also the oldest */
	int64_t failed[THROTTLE_FREE];
	int64_t last;
	int64_t until;
};

struct throttle {
	pthread_mutex_t lock;
	uint64_t seed;		/* nobody else knows who shares a set */
	struct entry sets[SETS][WAYS];
};

struct throttle *throttle_new(void)
{
	struct throttle *t = calloc(1, sizeof(*t));

	if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0)
		abort();
	rnd_bytes(&t->seed, sizeof(t->seed));
	return t;
}

void throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct key key_of(const char *addr)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct key k = { { 0 } };

	if (addr == NULL)
		return k;
	if (inet_pton(AF_INET, addr, k.b + sizeof(mapped)) == 1)
		memcpy(k.b, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, addr, k.b) != 1)
		memset(&k, 0, sizeof(k));
	else if (memcmp(k.b, mapped, sizeof(mapped)) != 0)
		memset(k.b + 8, 0, 8);
	return k;
}

static struct entry *set_of(struct throttle *t, const struct key *k)
{
	uint64_t h = t->seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(k->b); i++)
		h = (h ^ k->b[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	return t->sets[h % SETS];
}

static struct entry *find(struct entry *set, const struct key *k, int64_t now)
{
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].used > 0 && now - set[i].last < FORGET &&
			memcmp(&set[i].key, k, sizeof(*k)) == 0)
			return &set[i];
	return NULL;
}

/* One that was never used or failed longest ago. */
static struct entry *take(struct entry *set, const struct key *k)
{
	struct entry *en = &set[0];

	for (size_t i = 1; i < WAYS && en->used > 0; i++)
		if (set[i].used == 0 || set[i].last < en->last)
			en = &set[i];
	memset(en, 0, sizeof(*en));
	en->key = *k;
	return en;
}

unsigned throttle_wait(struct throttle *t, const char *addr, int64_t mono_us)
{
	struct key k = key_of(addr);
	struct entry *en;
	int64_t left = 0;

	pthread_mutex_lock(&t->lock);
	en = find(set_of(t, &k), &k, mono_us);
	if (en != NULL)
		left = en->until - mono_us;
	pthread_mutex_unlock(&t->lock);
	return left > 0 ? (unsigned)((left + SECOND - 1) / SECOND) : 0;
}

static bool failed(struct entry *en, int64_t now)
{
	bool was_free = en->level == 0;
	bool full;
	int64_t seconds;

	en->failed[en->at] = now;
	en->at = (en->at + 1) % THROTTLE_FREE;
	if (en->used < THROTTLE_FREE)
		en->used++;
	en->last = now;
	full = en->used == THROTTLE_FREE && now - en->failed[en->at] < MINUTE;
	if (was_free && !full)
		return false;
	if (en->level < 32)
		en->level++;
	seconds = (int64_t)1 << (en->level - 1);
	if (seconds > THROTTLE_MAX_S)
		seconds = THROTTLE_MAX_S;
	en->until = now + seconds * SECOND;
	return was_free;
}

bool throttle_failed(struct throttle *t, const char *addr, int64_t mono_us)
{
	struct key k = key_of(addr);
	struct entry *set, *en;
	bool began;

	pthread_mutex_lock(&t->lock);
	set = set_of(t, &k);
	en = find(set, &k, mono_us);
	if (en == NULL)
		en = take(set, &k);
	began = failed(en, mono_us);
	pthread_mutex_unlock(&t->lock);
	return began;
}
