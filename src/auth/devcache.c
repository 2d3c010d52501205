/* A set-associative cache: a key has WAYS slots where it may lie, and the
 * next newcomer there takes them in turn. No lists, no allocation per entry,
 * and one small lock per shard. */
#include "auth/devcache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS 64
#define SETS 256	/* per shard */
#define WAYS 4

struct slot {
	uint64_t generation;	/* 0: empty */
	unsigned char key[DIGEST_LEN];
	struct devcert cert;
};
struct shard {
	pthread_mutex_t lock;
	unsigned char turn[SETS];
	struct slot (*sets)[WAYS];	/* made at the first put */
};
struct devcache {
	struct shard shard[SHARDS];
};

struct devcache *devcache_new(void)
{
	struct devcache *dc = calloc(1, sizeof(*dc));

	if (dc == NULL)
		abort();
	for (size_t i = 0; i < SHARDS; i++)
		if (pthread_mutex_init(&dc->shard[i].lock, NULL) != 0)
			abort();
	return dc;
}

void devcache_free(struct devcache *dc)
{
	if (dc == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&dc->shard[i].lock);
		free(dc->shard[i].sets);
	}
	free(dc);
}

/* Keys are digests: any of their bits will do. */
static struct shard *find_shard(struct devcache *dc, const unsigned char *key,
	size_t *set)
{
	*set = key[1] % SETS;
	return &dc->shard[key[0] % SHARDS];
}

static struct slot *find_slot(struct shard *sh, size_t set, const unsigned char *key)
{
	for (size_t i = 0; sh->sets != NULL && i < WAYS; i++) {
		struct slot *s = &sh->sets[set][i];

		if (s->generation != 0 && memcmp(s->key, key, DIGEST_LEN) == 0)
			return s;
	}
	return NULL;
}

bool devcache_get(struct devcache *dc, const unsigned char key[DIGEST_LEN],
	uint64_t generation, struct devcert *out)
{
	size_t set;
	struct shard *sh = find_shard(dc, key, &set);
	struct slot *s;
	bool found;

	pthread_mutex_lock(&sh->lock);
	s = find_slot(sh, set, key);
	found = s != NULL && s->generation == generation;
	if (found)
		*out = s->cert;
	pthread_mutex_unlock(&sh->lock);
	return found;
}

void devcache_put(struct devcache *dc, const unsigned char key[DIGEST_LEN],
	uint64_t generation, const struct devcert *c)
{
	size_t set;
	struct shard *sh = find_shard(dc, key, &set);
	struct slot *s;

	pthread_mutex_lock(&sh->lock);
	if (sh->sets == NULL && (sh->sets = calloc(SETS, sizeof(*sh->sets))) == NULL)
		abort();
	s = find_slot(sh, set, key);
	if (s == NULL)
		s = &sh->sets[set][sh->turn[set]++ % WAYS];
	s->generation = generation;
	memcpy(s->key, key, DIGEST_LEN);
	s->cert = *c;
	pthread_mutex_unlock(&sh->lock);
}
