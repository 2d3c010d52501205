#ifndef MOORING_STORE_LMDB_LMDB_TOUCH_H
#define MOORING_STORE_LMDB_LMDB_TOUCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "store/store.h"

/*
 * Touches that wait in this process: when an enrollment was seen last, how
 * often a target was delivered. Facts that may be lost; bounded.
 */
#define LMDB_TOUCH_MAX 100000

struct lmdb_touch {
	uint64_t num;
	unsigned char hash[DIGEST_LEN];	/* of the UUID; zeros: seen */
	int64_t first, last;
	uint32_t count;			/* deliveries; 0: seen */
};

struct lmdb_touch_map {
	struct lmdb_touch *slot;	/* cap of them, a power of two */
	size_t cap, n;
};

struct lmdb_touches {
	pthread_mutex_t mutex;
	struct lmdb_touch_map map;
	int64_t since;			/* when the oldest came; 0: none */
};

struct lmdb_store;
struct lmdb_tx;

void lmdb_touches_init(struct lmdb_touches *t);
void lmdb_touches_fini(struct lmdb_touches *t);
/* Takes all that wait (false: none) / gives back what was not written. */
bool lmdb_touches_take(struct lmdb_touches *t, struct lmdb_touch_map *out);
void lmdb_touches_give_back(struct lmdb_touches *t,
	struct lmdb_touch_map *map);
void lmdb_touch_map_free(struct lmdb_touch_map *m);
int lmdb_touches_write(struct lmdb_tx *tx, const struct lmdb_touch_map *m,
	struct err *e);
/* What waits for this enrollment / target, so that a process sees its own. */
int64_t lmdb_touch_pending_seen(struct lmdb_store *st, uint64_t num);
bool lmdb_touch_pending_delivered(struct lmdb_store *st, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct lmdb_touch *out);

__typeof__(store_touch_seen) lmdb_touch_seen;
__typeof__(store_touch_delivered) lmdb_touch_delivered;

#endif
