/* Figures that cost the same however much is stored. */
#include "store/lmdb/lmdb_admin.h"

#include "base/enc.h"
#include "store/lmdb/lmdb_target.h"

struct lmdb_key lmdb_counts_key(enum enrollment_kind kind,
	enum enrollment_state state)
{
	return (struct lmdb_key){ .p = { enrollment_kind_is_user(kind),
		(unsigned char)state }, .n = 2 };
}

static int get(struct lmdb_tx *tx, struct lmdb_key k, uint64_t *out,
	struct err *e)
{
	struct bytes v;

	*out = 0;
	if (lmdb_get(tx, LMDB_COUNTS, k, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	if (v.n != 8)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "counts", e);
	*out = enc_unbe64(v.p);
	return 0;
}

static int add(struct lmdb_tx *tx, struct lmdb_key k, uint64_t by,
	struct err *e)
{
	unsigned char now[8];
	uint64_t n;

	if (get(tx, k, &n, e) < 0)
		return -1;
	enc_be64(now, n + by);
	return lmdb_put(tx, LMDB_COUNTS, k, bytes_of(now, 8), e);
}

int lmdb_counts_move(struct lmdb_tx *tx, enum enrollment_kind kind,
	enum enrollment_state from, enum enrollment_state to, struct err *e)
{
	if (from == to)
		return 0;
	if (from != 0 && add(tx, lmdb_counts_key(kind, from), UINT64_MAX,
	    e) < 0)
		return -1;
	return to == 0 ? 0 : add(tx, lmdb_counts_key(kind, to), 1, e);
}

int lmdb_counts(struct store_tx *base, struct store_counts *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	*out = (struct store_counts){ .queued = 0 };
	for (int s = ENROLLMENT_AUTHENTICATED; s <= ENROLLMENT_DISABLED; s++)
		if (get(tx, lmdb_counts_key(ENROLLMENT_DEVICE,
		    (enum enrollment_state)s), &out->devices[s], e) < 0 ||
		    get(tx, lmdb_counts_key(ENROLLMENT_USER,
		    (enum enrollment_state)s), &out->users[s], e) < 0)
			return -1;
	if (lmdb_count(tx, LMDB_QUEUE, &out->queued, e) < 0 ||
	    lmdb_count(tx, LMDB_FINISHED, &out->finished, e) < 0 ||
	    lmdb_count(tx, LMDB_PUSH_JOBS, &out->pushes, e) < 0 ||
	    lmdb_count(tx, LMDB_TOKENS, &out->tokens, e) < 0)
		return -1;
	return lmdb_count(tx, LMDB_AUDIT, &out->audits, e);
}

/* The first queue at or after *num: whose, and its next command's hash. */
static int next_owner(struct lmdb_tx *tx, uint64_t *num,
	const unsigned char **hash, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	*hash = NULL;
	if (lmdb_seek(tx, LMDB_QUEUE, lmdb_key_num(*num), 0, &k, &v, e) < 0)
		return -1;
	if (k.n == 0)
		return 0;
	if (v.n != DIGEST_LEN || k.n < LMDB_KEY_NUM)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "queue", e);
	*num = lmdb_key_num_at(&k, 0);
	*hash = arena_memdup(tx->scratch, v.p, v.n);
	return 0;
}

int lmdb_queue_owners(struct store_tx *base, uint64_t after, size_t limit,
	struct arena *a, struct queue_owner **out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct queue_owner one = { .num = after };
	const unsigned char *hash;
	struct target *t;
	struct buf found;
	int rc = 0;

	*out = NULL;
	buf_init(&found, SIZE_MAX);
	for (*n = 0; *n < limit && one.num != UINT64_MAX; ++*n) {
		arena_reset(tx->scratch);
		one.num++;
		rc = next_owner(tx, &one.num, &hash, e);
		if (rc < 0 || hash == NULL)
			break;
		rc = lmdb_target_load(tx, one.num, hash, tx->scratch, &t, e);
		if (rc == 0 && t == NULL)
			rc = lmdb_tx_fail(tx, MDB_CORRUPTED, "queue", e);
		if (rc < 0)
			break;
		one.queued = t->queued;
		buf_add(&found, &one, sizeof(one));
	}
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}
