/* Webhooks. What each event asks of them stands in a small record; the URL,
 * which may hold a password, and the key are sealed apart. */
#include "store/lmdb/lmdb_webhook.h"

#include <string.h>

enum { TAG_NAME = 1, TAG_TOPICS = 2, TAG_NOT_IDLE = 3, TAG_PAUSED = 4,
	TAG_CREATED = 5 };
enum { TAG_URL = 1, TAG_KEY = 2 };
enum { TAG_HOLD_UNTIL = 1, TAG_FAILURES = 2, TAG_LAST_OK = 3,
	TAG_LAST_FAILED = 4, TAG_LAST_ERROR = 5 };

int lmdb_webhook_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct webhook *out, struct err *e)
{
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	out->num = num;
	out->name = rec_get_str(&r, TAG_NAME, a);
	out->topics = rec_get_str(&r, TAG_TOPICS, a);
	out->idle = rec_get_u64(&r, TAG_NOT_IDLE) == 0;
	out->paused = rec_get_u64(&r, TAG_PAUSED) != 0;
	out->created = rec_get_i64(&r, TAG_CREATED);
	if (out->topics == NULL)
		out->topics = "";
	if (rec_done(&r, "webhook", e) < 0)
		return lmdb_tx_damaged(tx, "webhooks", e);
	if (out->name == NULL) {
		err_set(e, ERR_INTERNAL, "webhook without a name");
		return lmdb_tx_damaged(tx, "webhooks", e);
	}
	return 0;
}

int lmdb_webhook_load_secret(struct lmdb_tx *tx, struct arena *a,
	struct webhook *w, struct err *e)
{
	struct rec_reader r;
	struct bytes plain;

	if (lmdb_get_sealed(tx, LMDB_WEBHOOK_SECRETS, lmdb_key_num(w->num), a,
	    &plain, e) < 0)
		return -1;
	rec_read(&r, plain);
	w->url = rec_get_str(&r, TAG_URL, a);
	w->key = rec_get_bytes(&r, TAG_KEY, a);
	if (plain.p == NULL || rec_done(&r, "webhook", e) < 0 ||
	    w->url == NULL) {
		err_set(e, ERR_INTERNAL, "webhook without a URL");
		return lmdb_tx_damaged(tx, "webhook_secrets", e);
	}
	return 0;
}

typedef int (*webhook_fn)(struct lmdb_tx *tx, struct webhook *w, void *arg,
	struct err *e);

/* Each webhook as its record says; a: where texts go. */
static int each(struct lmdb_tx *tx, struct arena *a, webhook_fn fn, void *arg,
	struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct webhook w;
	struct bytes v;
	int rc;

	if (lmdb_iter_open(tx, LMDB_WEBHOOKS, lmdb_key_none(), 0, &it, e) < 0)
		return -1;
	for (;;) {
		rc = lmdb_iter_next(&it, &k, &v, e);
		if (rc < 0 || k.n == 0)
			break;
		rc = lmdb_webhook_parse(tx, lmdb_key_num_at(&k, 0), v, a, &w,
		    e);
		if (rc == 0)
			rc = fn(tx, &w, arg, e);
		if (rc < 0)
			break;
	}
	lmdb_iter_close(&it);
	return rc;
}

struct wanted {
	struct lmdb_webhooks *out;
	const char *topic;	/* NULL: all of them */
	bool idle;
};

static int add_num(struct lmdb_tx *tx, struct webhook *w, void *arg,
	struct err *e)
{
	struct wanted *x = arg;

	if (x->topic != NULL && ((x->idle && !w->idle) ||
	    !event_filter_takes(w->topics, x->topic)))
		return 0;
	if (x->out->n == STORE_WEBHOOKS_MAX)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "webhooks", e);
	x->out->num[x->out->n++] = w->num;
	return 0;
}

int lmdb_webhooks_for(struct lmdb_tx *tx, const char *topic, bool idle,
	struct lmdb_webhooks *out, struct err *e)
{
	struct wanted x = { out, topic, idle };

	out->n = 0;
	return each(tx, tx->scratch, add_num, &x, e);
}

int lmdb_webhooks(struct lmdb_tx *tx, struct lmdb_webhooks *out,
	struct err *e)
{
	return lmdb_webhooks_for(tx, NULL, false, out, e);
}

/* Without URL and key. */
static int load(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct webhook **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_WEBHOOKS, lmdb_key_num(num), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_webhook_parse(tx, num, v, a, *out, e);
}

/* ---- verbs ---- */

struct namesake {
	const struct webhook *of;
	size_t n;
	bool there;		/* itself */
};

static int compare_name(struct lmdb_tx *tx, struct webhook *w, void *arg,
	struct err *e)
{
	struct namesake *x = arg;

	(void)tx;
	x->n++;
	x->there = x->there || w->num == x->of->num;
	if (w->num != x->of->num && str_eq(w->name, x->of->name))
		return err_set(e, ERR_CONFLICT, "there is a webhook of this "
		    "name already: %.100s", w->name);
	return 0;
}

static int save_secret(struct lmdb_tx *tx, const struct webhook *w,
	struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_URL, w->url);
	rec_put_bytes(b, TAG_KEY, w->key);
	if (b->full)
		return err_set(e, ERR_TOO_LARGE, "webhook: URL or key");
	return lmdb_put_sealed(tx, LMDB_WEBHOOK_SECRETS, lmdb_key_num(w->num),
	    buf_bytes(b), e);
}

int lmdb_webhook_put(struct store_tx *base, struct webhook *w, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct namesake x = { w, 0, false };
	struct buf *b;

	if (each(tx, tx->scratch, compare_name, &x, e) < 0)
		return -1;
	if (w->num != 0 && !x.there)
		return err_set(e, ERR_NOT_FOUND, "no webhook %llu",
		    (unsigned long long)w->num);
	if (w->num == 0 && x.n >= STORE_WEBHOOKS_MAX)
		return err_set(e, ERR_CONFLICT, "there are %d webhooks, which "
		    "is the limit", STORE_WEBHOOKS_MAX);
	if (w->num == 0 && lmdb_next_number(tx, "webhook", &w->num, e) < 0)
		return -1;
	b = lmdb_rec_begin(tx);
	rec_put_str(b, TAG_NAME, w->name);
	rec_put_str(b, TAG_TOPICS, w->topics);
	rec_put_u64(b, TAG_NOT_IDLE, !w->idle);
	rec_put_u64(b, TAG_PAUSED, w->paused);
	rec_put_i64(b, TAG_CREATED, w->created);
	if (lmdb_rec_put(tx, LMDB_WEBHOOKS, lmdb_key_num(w->num), e) < 0)
		return -1;
	return save_secret(tx, w, e);
}

int lmdb_webhook_get(struct store_tx *base, uint64_t num, struct arena *a,
	struct webhook **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	if (load(tx, num, a, out, e) < 0)
		return -1;
	return *out == NULL ? 0 : lmdb_webhook_load_secret(tx, a, *out, e);
}

struct listing {
	struct arena *a;
	struct webhook *list[STORE_WEBHOOKS_MAX];
	size_t n;
};

static int add_whole(struct lmdb_tx *tx, struct webhook *w, void *arg,
	struct err *e)
{
	struct listing *x = arg;

	if (x->n == STORE_WEBHOOKS_MAX)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "webhooks", e);
	x->list[x->n] = arena_memdup(x->a, w, sizeof(*w));
	return lmdb_webhook_load_secret(tx, x->a, x->list[x->n++], e);
}

int lmdb_webhook_list(struct store_tx *base, struct arena *a,
	struct webhook ***out, size_t *n, struct err *e)
{
	struct listing x = { .a = a };

	*out = NULL;
	*n = 0;
	if (each(lmdb_tx_verb(base), a, add_whole, &x, e) < 0)
		return -1;
	*n = x.n;
	*out = arena_memdup(a, x.list, x.n * sizeof(x.list[0]));
	return 0;
}

int lmdb_webhook_del(struct store_tx *base, uint64_t num, bool *was,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = lmdb_key_num(num);

	if (lmdb_del(tx, LMDB_WEBHOOKS, k, was, e) < 0 ||
	    lmdb_del(tx, LMDB_WEBHOOK_SECRETS, k, NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_WEBHOOK_STATES, k, NULL, e);
}

/* ---- what its receiver does ---- */

int lmdb_webhook_state_parse(struct lmdb_tx *tx, struct bytes v,
	struct arena *a, struct webhook_state *out, struct err *e)
{
	struct rec_reader r;

	rec_read(&r, v);
	out->hold_until = rec_get_i64(&r, TAG_HOLD_UNTIL);
	out->failures = (uint32_t)rec_get_u64(&r, TAG_FAILURES);
	out->last_ok = rec_get_i64(&r, TAG_LAST_OK);
	out->last_failed = rec_get_i64(&r, TAG_LAST_FAILED);
	out->last_error = rec_get_str(&r, TAG_LAST_ERROR, a);
	if (rec_done(&r, "webhook state", e) < 0)
		return lmdb_tx_damaged(tx, "webhook_states", e);
	return 0;
}

static int load_state(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct webhook_state *out, struct err *e)
{
	struct bytes v;

	*out = (struct webhook_state){ .failures = 0 };
	if (lmdb_get(tx, LMDB_WEBHOOK_STATES, lmdb_key_num(num), &v, e) < 0)
		return -1;
	return v.p == NULL ? 0 : lmdb_webhook_state_parse(tx, v, a, out, e);
}

int lmdb_webhook_state_get(struct store_tx *base, uint64_t num,
	struct arena *a, struct webhook_state *out, struct err *e)
{
	return load_state(lmdb_tx_verb(base), num, a, out, e);
}

int lmdb_webhook_state_put(struct store_tx *base, uint64_t num,
	const struct webhook_state *s, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct buf *b;
	bool there;

	/* Deleted while it was delivered to: nothing of it comes back. */
	if (lmdb_has(tx, LMDB_WEBHOOKS, lmdb_key_num(num), &there, e) < 0)
		return -1;
	if (!there)
		return 0;
	tx->settles = true;
	b = lmdb_rec_begin(tx);
	rec_put_i64(b, TAG_HOLD_UNTIL, s->hold_until);
	rec_put_u64(b, TAG_FAILURES, s->failures);
	rec_put_i64(b, TAG_LAST_OK, s->last_ok);
	rec_put_i64(b, TAG_LAST_FAILED, s->last_failed);
	rec_put_str(b, TAG_LAST_ERROR, s->last_error);
	return lmdb_rec_put(tx, LMDB_WEBHOOK_STATES, lmdb_key_num(num), e);
}

int lmdb_webhook_open_at(struct lmdb_tx *tx, uint64_t num, int64_t *out,
	struct err *e)
{
	struct webhook_state s;
	struct webhook *w;

	*out = INT64_MAX;
	if (load(tx, num, tx->scratch, &w, e) < 0)
		return -1;
	if (w == NULL || w->paused)
		return 0;
	if (load_state(tx, num, tx->scratch, &s, e) < 0)
		return -1;
	*out = s.hold_until;
	return 0;
}
