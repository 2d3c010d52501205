/* Targets: the record and the indexes. Which state follows which is decided
 * in the files that call this one. */
#include "store/lmdb/lmdb_target.h"

#include <string.h>

#include "store/lmdb/lmdb_command.h"

/* Stored: never reuse a number. */
enum {
	TAG_STATE = 1, TAG_PRIORITY = 2, TAG_SEQ = 3, TAG_QUEUED = 4,
	TAG_NOT_BEFORE = 5, TAG_NOT_AFTER = 6, TAG_DEDUPE = 7,
	TAG_GENERATION = 8, TAG_DELIVERIES = 9, TAG_NOTNOW = 10,
	TAG_FIRST_DELIVERED = 11, TAG_LAST_DELIVERED = 12, TAG_FINISHED = 13,
	TAG_RESULT = 14,
};

int lmdb_target_save(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	const struct target *t, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_u64(b, TAG_STATE, t->state);
	rec_put_u64(b, TAG_PRIORITY, t->priority);
	rec_put_u64(b, TAG_SEQ, t->seq);
	rec_put_i64(b, TAG_QUEUED, t->queued);
	rec_put_i64(b, TAG_NOT_BEFORE, t->not_before);
	rec_put_i64(b, TAG_NOT_AFTER, t->not_after);
	rec_put_str(b, TAG_DEDUPE, t->dedupe);
	rec_put_u64(b, TAG_GENERATION, t->generation);
	rec_put_u64(b, TAG_DELIVERIES, t->deliveries);
	rec_put_u64(b, TAG_NOTNOW, t->notnow);
	rec_put_i64(b, TAG_FIRST_DELIVERED, t->first_delivered);
	rec_put_i64(b, TAG_LAST_DELIVERED, t->last_delivered);
	rec_put_i64(b, TAG_FINISHED, t->finished);
	rec_put_u64(b, TAG_RESULT, t->result);
	return lmdb_rec_put(tx, LMDB_TARGETS,
	    lmdb_key_hash_num(hash, t->enrollment), e);
}

int lmdb_target_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct target *t, struct err *e)
{
	struct rec_reader r;

	memset(t, 0, sizeof(*t));
	rec_read(&r, v);
	t->enrollment = num;
	t->state = (enum target_state)rec_get_u64(&r, TAG_STATE);
	t->priority = (uint8_t)rec_get_u64(&r, TAG_PRIORITY);
	t->seq = rec_get_u64(&r, TAG_SEQ);
	t->queued = rec_get_i64(&r, TAG_QUEUED);
	t->not_before = rec_get_i64(&r, TAG_NOT_BEFORE);
	t->not_after = rec_get_i64(&r, TAG_NOT_AFTER);
	t->dedupe = rec_get_str(&r, TAG_DEDUPE, a);
	t->generation = (uint32_t)rec_get_u64(&r, TAG_GENERATION);
	t->deliveries = (uint32_t)rec_get_u64(&r, TAG_DELIVERIES);
	t->notnow = (uint32_t)rec_get_u64(&r, TAG_NOTNOW);
	t->first_delivered = rec_get_i64(&r, TAG_FIRST_DELIVERED);
	t->last_delivered = rec_get_i64(&r, TAG_LAST_DELIVERED);
	t->finished = rec_get_i64(&r, TAG_FINISHED);
	t->result = rec_get_u64(&r, TAG_RESULT);
	if (rec_done(&r, "target", e) < 0)
		return lmdb_tx_damaged(tx, "targets", e);
	if (t->state < TARGET_READY || t->state > TARGET_STUCK) {
		err_set(e, ERR_INTERNAL, "target in no known state");
		return lmdb_tx_damaged(tx, "targets", e);
	}
	return 0;
}

static void add_pending(struct lmdb_tx *tx, struct target *t,
	const unsigned char hash[DIGEST_LEN])
{
	struct lmdb_touch touch;

	if (!lmdb_touch_pending_delivered(tx->st, t->enrollment, hash, &touch))
		return;
	t->deliveries += touch.count;
	if (t->first_delivered == 0)
		t->first_delivered = touch.first;
	if (t->last_delivered < touch.last)
		t->last_delivered = touch.last;
}

int lmdb_target_load(struct lmdb_tx *tx, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct target **out, struct err *e)
{
	struct command *c;
	struct target *t;
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_TARGETS, lmdb_key_hash_num(hash, num), &v,
	    e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	t = arena_alloc(a, sizeof(*t));
	if (lmdb_target_parse(tx, num, v, a, t, e) < 0 ||
	    lmdb_command_load(tx, hash, a, &c, e) < 0)
		return -1;
	if (c == NULL) {
		err_set(e, ERR_INTERNAL, "target without its command");
		return lmdb_tx_damaged(tx, "targets", e);
	}
	t->uuid = c->uuid;
	t->request_type = c->request_type;
	/* A writer sees what is stored, so that it never stores a count
	 * twice; what waits in memory is added when it is written. */
	if (!tx->base.write)
		add_pending(tx, t, hash);
	*out = t;
	return 0;
}

int lmdb_target_get(struct store_tx *tx, uint64_t num, const char *uuid,
	struct arena *a, struct target **out, struct err *e)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(uuid), hash);
	return lmdb_target_load(lmdb_tx_verb(tx), num, hash, a, out, e);
}

struct lmdb_key lmdb_target_result_key(const struct target *t)
{
	return lmdb_key_num2(t->enrollment, t->result);
}

/* ---- indexes ---- */

struct lmdb_key lmdb_target_dedupe_key(const struct target *t)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(t->dedupe), hash);
	return lmdb_key_num_hash(t->enrollment, hash);
}

int lmdb_target_link(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	const struct target *t, struct err *e)
{
	struct bytes v = bytes_of(hash, DIGEST_LEN);

	if (!target_state_is_queued(t->state)) {
		if (lmdb_put(tx, LMDB_HISTORY, lmdb_key_history(t), v, e) < 0)
			return -1;
		return lmdb_put(tx, LMDB_FINISHED, lmdb_key_finished(t), v, e);
	}
	if (lmdb_put(tx, LMDB_QUEUE, lmdb_key_queue(t), v, e) < 0)
		return -1;
	return t->dedupe == NULL ? 0 :
	    lmdb_put(tx, LMDB_DEDUPE, lmdb_target_dedupe_key(t), v,
	    e);
}

int lmdb_target_unlink(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], const struct target *t,
	struct err *e)
{
	(void)hash;
	if (!target_state_is_queued(t->state)) {
		if (lmdb_del(tx, LMDB_HISTORY, lmdb_key_history(t), NULL,
		    e) < 0)
			return -1;
		return lmdb_del(tx, LMDB_FINISHED, lmdb_key_finished(t), NULL,
		    e);
	}
	if (lmdb_del(tx, LMDB_QUEUE, lmdb_key_queue(t), NULL, e) < 0)
		return -1;
	return t->dedupe == NULL ? 0 :
	    lmdb_del(tx, LMDB_DEDUPE, lmdb_target_dedupe_key(t),
	    NULL, e);
}

int lmdb_target_move(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct target *t, enum target_state state, int64_t now,
	struct err *e)
{
	if (lmdb_target_unlink(tx, hash, t, e) < 0)
		return -1;
	t->state = state;
	t->finished = target_state_is_queued(state) ? 0 : now;
	if (lmdb_target_link(tx, hash, t, e) < 0)
		return -1;
	return lmdb_target_save(tx, hash, t, e);
}

enum target_state lmdb_target_due(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], const struct target *t,
	int64_t now)
{
	struct target seen = *t;

	if (t->not_after != 0 && now > t->not_after)
		return TARGET_EXPIRED;
	if (tx->base.write)
		add_pending(tx, &seen, hash);
	/* NotNow is an answer, if not the last one. */
	if (tx->st->max_deliveries != 0 && seen.deliveries > seen.notnow &&
	    seen.deliveries - seen.notnow >= tx->st->max_deliveries)
		return TARGET_STUCK;
	return t->state;
}

/* ---- lists ---- */

int lmdb_target_list(struct store_tx *base, const char *uuid, uint64_t after,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct target *t;
	struct bytes v;
	int rc;

	*out = NULL;
	*n = 0;
	digest_sha256(bytes_str(uuid), hash);
	if (after == UINT64_MAX)
		return 0;
	if (lmdb_iter_open(tx, LMDB_TARGETS, lmdb_key_hash_num(hash,
	    after + 1), DIGEST_LEN, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = *n < limit ? lmdb_iter_next(&it, &k, &v, e) : 1) == 0 &&
	    k.n != 0) {
		rc = lmdb_target_load(tx, lmdb_key_num_at(&k, DIGEST_LEN),
		    hash, a, &t, e);
		if (rc < 0)
			break;
		buf_add(&found, &t, sizeof(t));
		++*n;
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}

int lmdb_history_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e)
{
	return lmdb_target_page(lmdb_tx_verb(tx), LMDB_HISTORY, num, cursor,
	    limit, a, out, n, next, e);
}
