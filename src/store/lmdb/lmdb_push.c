/* What waits to be pushed, in the order in which it is due, and what became
 * of the last push. Who pushes, and when again, is not decided here. */
#include "store/lmdb/lmdb_push.h"

#include "store/lmdb/lmdb_enrollment.h"

enum { TAG_APNS_ID = 1, TAG_ASKED = 2, TAG_DUE = 3, TAG_ATTEMPTS = 4 };
enum { TAG_SENT = 1, TAG_STATUS = 2, TAG_REASON = 3, TAG_SENT_ID = 4,
	TAG_OK = 5, TAG_DEAD = 6, TAG_HOLD_UNTIL = 7 };

/* ---- jobs ---- */

struct lmdb_key lmdb_push_due_key(const struct push_job *j)
{
	return lmdb_key_num2((uint64_t)j->due, j->enrollment);
}

int lmdb_push_job_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct push_job *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->enrollment = num;
	out->apns_id = rec_get_str(&r, TAG_APNS_ID, a);
	out->asked = rec_get_i64(&r, TAG_ASKED);
	out->due = rec_get_i64(&r, TAG_DUE);
	out->attempts = (uint32_t)rec_get_u64(&r, TAG_ATTEMPTS);
	if (rec_done(&r, "push job", e) < 0)
		return lmdb_tx_damaged(tx, "push_jobs", e);
	if (out->apns_id == NULL) {
		err_set(e, ERR_INTERNAL, "push job without an apns-id");
		return lmdb_tx_damaged(tx, "push_jobs", e);
	}
	return 0;
}

static int load(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct push_job *out, bool *found, struct err *e)
{
	struct bytes v;

	if (lmdb_get(tx, LMDB_PUSH_JOBS, lmdb_key_num(num), &v, e) < 0)
		return -1;
	*found = v.p != NULL;
	return *found ? lmdb_push_job_parse(tx, num, v, a, out, e) : 0;
}

static int unlink_due(struct lmdb_tx *tx, const struct push_job *j,
	struct err *e)
{
	return lmdb_del(tx, LMDB_PUSH_DUE, lmdb_push_due_key(j), NULL, e);
}

static int save(struct lmdb_tx *tx, const struct push_job *j, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_APNS_ID, j->apns_id);
	rec_put_i64(b, TAG_ASKED, j->asked);
	rec_put_i64(b, TAG_DUE, j->due);
	rec_put_u64(b, TAG_ATTEMPTS, j->attempts);
	if (lmdb_rec_put(tx, LMDB_PUSH_JOBS, lmdb_key_num(j->enrollment),
	    e) < 0)
		return -1;
	return lmdb_put(tx, LMDB_PUSH_DUE, lmdb_push_due_key(j),
	    bytes_of("", 0), e);
}

static int move(struct lmdb_tx *tx, struct push_job *j, int64_t due,
	struct err *e)
{
	if (unlink_due(tx, j, e) < 0)
		return -1;
	j->due = due;
	return save(tx, j, e);
}

static int drop(struct lmdb_tx *tx, const struct push_job *j, struct err *e)
{
	if (unlink_due(tx, j, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_PUSH_JOBS, lmdb_key_num(j->enrollment), NULL,
	    e);
}

int lmdb_push_add(struct store_tx *base, uint64_t enrollment,
	const char *apns_id, int64_t due, int64_t now, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct push_job j = { enrollment, apns_id, now, due, 0 };
	struct push_job was;
	bool there;

	if (lmdb_has(tx, LMDB_ENROLLMENTS, lmdb_key_num(enrollment), &there,
	    e) < 0)
		return -1;
	if (!there)
		return err_set(e, ERR_NOT_FOUND, "no enrollment @%llu",
		    (unsigned long long)enrollment);
	if (load(tx, enrollment, tx->scratch, &was, &there, e) < 0)
		return -1;
	if (!there)
		return save(tx, &j, e);
	was.apns_id = apns_id;
	return move(tx, &was, was.attempts > 0 ? was.due : due, e);
}

/* The enrollments of up to limit jobs, from there on, that are due by `by`, in
 * the scratch arena. */
static int find_due(struct lmdb_tx *tx, struct lmdb_key from, int64_t by,
	size_t limit, uint64_t **out, size_t *n, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	struct buf found;
	uint64_t num;
	int rc;

	*n = 0;
	if (lmdb_iter_open(tx, LMDB_PUSH_DUE, from, 0, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	for (rc = 0; *n < limit; ++*n) {
		rc = lmdb_iter_next(&it, &k, &v, e);
		if (rc < 0 || k.n == 0 || (int64_t)lmdb_key_num_at(&k, 0) > by)
			break;
		num = lmdb_key_num_at(&k, LMDB_KEY_NUM);
		buf_add(&found, &num, sizeof(num));
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(tx->scratch, found.p, found.n);
	buf_fini(&found);
	return rc;
}

static int load_found(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct push_job *out, struct err *e)
{
	bool there;

	if (load(tx, num, a, out, &there, e) < 0)
		return -1;
	if (!there)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "push_due", e);
	return 0;
}

int lmdb_push_claim(struct store_tx *base, int64_t now, int64_t until,
	size_t limit, struct arena *a, struct push_job **out, size_t *n,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t *nums;

	*out = NULL;
	if (find_due(tx, lmdb_key_none(), now, limit, &nums, n, e) < 0)
		return -1;
	*out = arena_zalloc(a, *n * sizeof(**out));
	tx->settles = true;
	for (size_t i = 0; i < *n; i++)
		if (load_found(tx, nums[i], a, &(*out)[i], e) < 0 ||
		    move(tx, &(*out)[i], until, e) < 0)
			return -1;
	return 0;
}

int lmdb_push_next_due(struct store_tx *base, int64_t *out, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	*out = 0;
	if (lmdb_seek(lmdb_tx_verb(base), LMDB_PUSH_DUE, lmdb_key_none(), 0,
	    &k, &v, e) < 0)
		return -1;
	if (k.n != 0)
		*out = (int64_t)lmdb_key_num_at(&k, 0);
	return 0;
}

int lmdb_push_job_get(struct store_tx *base, uint64_t enrollment,
	struct arena *a, struct push_job **out, struct err *e)
{
	struct push_job j;
	bool there;

	*out = NULL;
	if (load(lmdb_tx_verb(base), enrollment, a, &j, &there, e) < 0)
		return -1;
	if (there)
		*out = arena_memdup(a, &j, sizeof(j));
	return 0;
}

/* Moved, a job stands before the place: it is not met again. */
int lmdb_push_hasten(struct store_tx *base, const char *topic,
	struct push_place *at, size_t limit, bool *more, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct enrollment *en;
	struct push_job j;
	uint64_t *nums;
	struct arena *a;
	int rc = 0;
	size_t n;

	tx->settles = true;
	if (find_due(tx, lmdb_key_num2((uint64_t)at->due,
	    at->enrollment + 1), INT64_MAX, limit, &nums, &n, e) < 0)
		return -1;
	*more = n == limit;
	a = arena_new();
	for (size_t i = 0; i < n && rc == 0; i++) {
		arena_reset(a);
		rc = load_found(tx, nums[i], a, &j, e);
		*at = (struct push_place){ j.due, j.enrollment };
		if (rc == 0)
			rc = lmdb_enrollment_load(tx, nums[i], a, &en, e);
		if (rc == 0 && en != NULL && str_eq(en->topic, topic) &&
		    j.due > j.asked)
			rc = move(tx, &j, j.asked, e);
	}
	arena_free(a);
	return rc;
}

/* ---- what became of it ---- */

int lmdb_push_state_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct push_state *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->sent = rec_get_i64(&r, TAG_SENT);
	out->status = (int)rec_get_i64(&r, TAG_STATUS);
	out->reason = rec_get_str(&r, TAG_REASON, a);
	out->apns_id = rec_get_str(&r, TAG_SENT_ID, a);
	out->ok = rec_get_i64(&r, TAG_OK);
	out->dead = rec_get_i64(&r, TAG_DEAD);
	out->hold_until = rec_get_i64(&r, TAG_HOLD_UNTIL);
	if (rec_done(&r, "push state", e) < 0)
		return lmdb_tx_damaged(tx, "push_states", e);
	return 0;
}

int lmdb_push_state_get(struct store_tx *base, uint64_t enrollment,
	struct arena *a, struct push_state *out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct bytes v;

	*out = (struct push_state){ .sent = 0 };
	if (lmdb_get(tx, LMDB_PUSH_STATES, lmdb_key_num(enrollment), &v,
	    e) < 0)
		return -1;
	return v.p == NULL ? 0 : lmdb_push_state_parse(tx, v, a, out, e);
}

static int save_state(struct lmdb_tx *tx, uint64_t num,
	const struct push_state *s, struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_i64(b, TAG_SENT, s->sent);
	rec_put_i64(b, TAG_STATUS, s->status);
	rec_put_str(b, TAG_REASON, s->reason);
	rec_put_str(b, TAG_SENT_ID, s->apns_id);
	rec_put_i64(b, TAG_OK, s->ok);
	rec_put_i64(b, TAG_DEAD, s->dead);
	rec_put_i64(b, TAG_HOLD_UNTIL, s->hold_until);
	return lmdb_rec_put(tx, LMDB_PUSH_STATES, lmdb_key_num(num), e);
}

int lmdb_push_renew(struct store_tx *base, uint64_t enrollment, int64_t now,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct push_state s;
	struct push_job j;
	bool there;

	if (lmdb_push_state_get(base, enrollment, tx->scratch, &s, e) < 0)
		return -1;
	if (s.dead != 0 || s.hold_until != 0) {
		s.dead = s.hold_until = 0;
		if (save_state(tx, enrollment, &s, e) < 0)
			return -1;
	}
	if (load(tx, enrollment, tx->scratch, &j, &there, e) < 0)
		return -1;
	if (!there || j.attempts == 0)
		return 0;
	j.attempts = 0;
	return move(tx, &j, now, e);
}

int lmdb_push_settle(struct store_tx *base, uint64_t enrollment,
	const struct push_state *s, int64_t again, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct push_job j;
	bool there;

	/* Removed while it was pushed: nothing of it comes back. */
	if (lmdb_has(tx, LMDB_ENROLLMENTS, lmdb_key_num(enrollment), &there,
	    e) < 0)
		return -1;
	if (!there)
		return 0;
	tx->settles = true;
	if (save_state(tx, enrollment, s, e) < 0 ||
	    load(tx, enrollment, tx->scratch, &j, &there, e) < 0)
		return -1;
	if (!there || (!str_eq(j.apns_id, s->apns_id) && j.due >= s->sent))
		return 0;
	if (again == 0)
		return drop(tx, &j, e);
	j.attempts++;
	return move(tx, &j, again, e);
}

int lmdb_push_forget(struct lmdb_tx *tx, uint64_t num, struct err *e)
{
	struct push_job j;
	bool there;

	if (load(tx, num, tx->scratch, &j, &there, e) < 0 ||
	    (there && drop(tx, &j, e) < 0))
		return -1;
	return lmdb_del(tx, LMDB_PUSH_STATES, lmdb_key_num(num), NULL, e);
}
