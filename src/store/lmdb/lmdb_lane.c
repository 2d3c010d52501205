/* Lanes and the deliveries in them: two tables that say the same in two
 * orders, the lane's record and its place among what is due. */
#include "store/lmdb/lmdb_lane.h"

#include "base/enc.h"
#include "store/lmdb/lmdb_event.h"

enum { TAG_HEAD = 1, TAG_DUE = 2, TAG_LEASE = 3, TAG_ATTEMPTS = 4,
	TAG_WHY = 5 };

int lmdb_lane_parse(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	struct bytes v, struct arena *a, struct lmdb_lane *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->webhook = webhook;
	out->enrollment = enrollment;
	out->head = rec_get_u64(&r, TAG_HEAD);
	out->due = rec_get_i64(&r, TAG_DUE);
	out->lease = rec_get_u64(&r, TAG_LEASE);
	out->attempts = (uint32_t)rec_get_u64(&r, TAG_ATTEMPTS);
	out->why = rec_get_str(&r, TAG_WHY, a);
	if (rec_done(&r, "lane", e) < 0)
		return lmdb_tx_damaged(tx, "lanes", e);
	return 0;
}

struct lmdb_key lmdb_lane_key(const struct lmdb_lane *l)
{
	return lmdb_key_num2(l->webhook, l->enrollment);
}

struct lmdb_key lmdb_lane_due_key(const struct lmdb_lane *l)
{
	return lmdb_key_num3(l->webhook, (uint64_t)l->due, l->enrollment);
}

int lmdb_lane_load(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	struct arena *a, struct lmdb_lane *out, bool *found, struct err *e)
{
	struct bytes v;

	if (lmdb_get(tx, LMDB_LANES, lmdb_key_num2(webhook, enrollment), &v,
	    e) < 0)
		return -1;
	*found = v.p != NULL;
	return *found ? lmdb_lane_parse(tx, webhook, enrollment, v, a, out,
	    e) : 0;
}

static int save(struct lmdb_tx *tx, const struct lmdb_lane *l, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_u64(b, TAG_HEAD, l->head);
	rec_put_i64(b, TAG_DUE, l->due);
	rec_put_u64(b, TAG_LEASE, l->lease);
	rec_put_u64(b, TAG_ATTEMPTS, l->attempts);
	rec_put_str(b, TAG_WHY, l->why);
	if (lmdb_rec_put(tx, LMDB_LANES, lmdb_lane_key(l), e) < 0)
		return -1;
	return lmdb_put(tx, LMDB_LANES_DUE, lmdb_lane_due_key(l),
	    bytes_of("", 0), e);
}

int lmdb_lane_move(struct lmdb_tx *tx, struct lmdb_lane *l, int64_t due,
	struct err *e)
{
	if (lmdb_del(tx, LMDB_LANES_DUE, lmdb_lane_due_key(l), NULL, e) < 0)
		return -1;
	l->due = due;
	return save(tx, l, e);
}

/* A new head, tried by nobody yet. */
static void set_head(struct lmdb_lane *l, uint64_t seq)
{
	l->head = seq;
	l->attempts = 0;
	l->why = NULL;
}

int lmdb_lane_append(struct lmdb_tx *tx, uint64_t webhook,
	uint64_t enrollment, uint64_t seq, int64_t now, struct err *e)
{
	struct lmdb_lane l;
	unsigned char num[8];
	bool found;

	enc_be64(num, enrollment);
	if (lmdb_put(tx, LMDB_DELIVERIES, lmdb_key_num3(webhook, enrollment,
	    seq), bytes_of("", 0), e) < 0 ||
	    lmdb_put(tx, LMDB_DELIVERIES_SEQ, lmdb_key_num2(webhook, seq),
	    bytes_of(num, 8), e) < 0 ||
	    lmdb_lane_load(tx, webhook, enrollment, tx->scratch, &l, &found,
	    e) < 0)
		return -1;
	if (!found) {
		l = (struct lmdb_lane){ .webhook = webhook,
			.enrollment = enrollment, .head = seq, .due = now };
		return save(tx, &l, e);
	}
	/* Replayed, so older than the head. While somebody has that, his
	 * answer comes first. */
	if (seq > l.head || (l.lease != 0 && l.due > now))
		return 0;
	set_head(&l, seq);
	return lmdb_lane_move(tx, &l, now, e);
}

int lmdb_lane_take(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	uint64_t seq, bool *was, struct err *e)
{
	if (lmdb_del(tx, LMDB_DELIVERIES, lmdb_key_num3(webhook, enrollment,
	    seq), was, e) < 0)
		return -1;
	if (!*was)
		return 0;
	if (lmdb_del(tx, LMDB_DELIVERIES_SEQ, lmdb_key_num2(webhook, seq),
	    NULL, e) < 0)
		return -1;
	return lmdb_event_count(tx, seq, -1, e);
}

int lmdb_lane_refresh(struct lmdb_tx *tx, struct lmdb_lane *l, bool *left,
	struct err *e)
{
	struct lmdb_key at = lmdb_lane_key(l), k;
	struct bytes v;

	if (lmdb_seek(tx, LMDB_DELIVERIES, at, at.n, &k, &v, e) < 0)
		return -1;
	*left = k.n != 0;
	if (*left && lmdb_key_num_at(&k, at.n) != l->head)
		set_head(l, lmdb_key_num_at(&k, at.n));
	if (*left)
		return 0;
	if (lmdb_del(tx, LMDB_LANES_DUE, lmdb_lane_due_key(l), NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_LANES, at, NULL, e);
}
