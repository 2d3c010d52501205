/* Events: a small record that changes with each delivery, and beside it the
 * body, sealed, which never does. */
#include "store/lmdb/lmdb_event.h"

#include <string.h>

#include "base/rnd.h"
#include "store/lmdb/lmdb_lane.h"
#include "store/lmdb/lmdb_webhook.h"

enum { TAG_UUID = 1, TAG_TOPIC = 2, TAG_FORM = 3, TAG_CREATED = 4,
	TAG_ENROLLMENT = 5, TAG_IDLE = 6, TAG_WAITING = 7 };
enum { TAG_STATUS = 1, TAG_COMMAND_UUID = 2, TAG_UDID = 3,
	TAG_ENROLLMENT_ID = 4, TAG_ID = 5, TAG_PARENT = 6, TAG_TYPE = 7,
	TAG_HAS_TALLY = 8, TAG_TALLY = 9, TAG_QUERY = 10, TAG_RAW = 11 };

int lmdb_event_parse(struct lmdb_tx *tx, uint64_t seq, struct bytes v,
	struct arena *a, struct lmdb_event *out, struct err *e)
{
	struct event *ev = &out->ev;
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	ev->seq = seq;
	ev->uuid = rec_get_str(&r, TAG_UUID, a);
	ev->topic = rec_get_str(&r, TAG_TOPIC, a);
	ev->form = (enum event_form)rec_get_u64(&r, TAG_FORM);
	ev->created = rec_get_i64(&r, TAG_CREATED);
	ev->enrollment = rec_get_u64(&r, TAG_ENROLLMENT);
	ev->idle = rec_get_u64(&r, TAG_IDLE) != 0;
	out->waiting = rec_get_u64(&r, TAG_WAITING);
	if (rec_done(&r, "event", e) < 0)
		return lmdb_tx_damaged(tx, "events", e);
	if (ev->uuid == NULL || ev->topic == NULL) {
		err_set(e, ERR_INTERNAL, "event without a topic");
		return lmdb_tx_damaged(tx, "events", e);
	}
	return 0;
}

static int save(struct lmdb_tx *tx, const struct lmdb_event *x, struct err *e)
{
	const struct event *ev = &x->ev;
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_UUID, ev->uuid);
	rec_put_str(b, TAG_TOPIC, ev->topic);
	rec_put_u64(b, TAG_FORM, (uint64_t)ev->form);
	rec_put_i64(b, TAG_CREATED, ev->created);
	rec_put_u64(b, TAG_ENROLLMENT, ev->enrollment);
	rec_put_u64(b, TAG_IDLE, ev->idle);
	rec_put_u64(b, TAG_WAITING, x->waiting);
	return lmdb_rec_put(tx, LMDB_EVENTS, lmdb_key_num(ev->seq), e);
}

/* The body may be larger than any record. */
static int save_body(struct lmdb_tx *tx, const struct event *ev,
	struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, SIZE_MAX);
	rec_begin(&b);
	rec_put_str(&b, TAG_STATUS, ev->status);
	rec_put_str(&b, TAG_COMMAND_UUID, ev->command_uuid);
	rec_put_str(&b, TAG_UDID, ev->udid);
	rec_put_str(&b, TAG_ENROLLMENT_ID, ev->enrollment_id);
	rec_put_bytes(&b, TAG_ID, ev->id);
	rec_put_bytes(&b, TAG_PARENT, ev->parent);
	rec_put_str(&b, TAG_TYPE, ev->type);
	rec_put_u64(&b, TAG_HAS_TALLY, ev->has_tally);
	rec_put_u64(&b, TAG_TALLY, ev->tally);
	rec_put_str(&b, TAG_QUERY, ev->query);
	rec_put_bytes(&b, TAG_RAW, ev->raw);
	rc = lmdb_put_sealed(tx, LMDB_EVENT_BODIES, lmdb_key_num(ev->seq),
	    buf_bytes(&b), e);
	buf_fini(&b);
	return rc;
}

/* -1: it cannot be read. */
static int open_body(struct lmdb_tx *tx, struct bytes sealed, struct arena *a,
	struct event *ev, struct err *e)
{
	struct lmdb_key k = lmdb_key_num(ev->seq);
	struct rec_reader r;
	struct bytes plain;

	if (sealed.p == NULL)
		return err_set(e, ERR_INTERNAL, "event without a body");
	if (seal_unbox(tx->st->seal, lmdb_table_name(LMDB_EVENT_BODIES),
	    lmdb_key_bytes(&k), sealed, a, &plain, e) < 0)
		return -1;
	rec_read(&r, plain);
	ev->status = rec_get_str(&r, TAG_STATUS, a);
	ev->command_uuid = rec_get_str(&r, TAG_COMMAND_UUID, a);
	ev->udid = rec_get_str(&r, TAG_UDID, a);
	ev->enrollment_id = rec_get_str(&r, TAG_ENROLLMENT_ID, a);
	ev->id = rec_get_view(&r, TAG_ID);
	ev->parent = rec_get_view(&r, TAG_PARENT);
	ev->type = rec_get_str(&r, TAG_TYPE, a);
	ev->has_tally = rec_get_u64(&r, TAG_HAS_TALLY) != 0;
	ev->tally = rec_get_u64(&r, TAG_TALLY);
	ev->query = rec_get_str(&r, TAG_QUERY, a);
	ev->raw = rec_get_view(&r, TAG_RAW);
	return rec_done(&r, "event", e);
}

static int load_body(struct lmdb_tx *tx, struct arena *a, struct event *ev,
	const char **why, struct err *e)
{
	const struct event bare = *ev;
	struct err unread = ERR_INIT;
	struct bytes sealed;

	*why = NULL;
	if (lmdb_get(tx, LMDB_EVENT_BODIES, lmdb_key_num(ev->seq), &sealed,
	    e) < 0)
		return -1;
	if (open_body(tx, sealed, a, ev, &unread) < 0) {
		*ev = bare;
		*why = arena_strdup(a, unread.msg);
	}
	return 0;
}

int lmdb_event_load(struct lmdb_tx *tx, uint64_t seq, struct arena *a,
	struct lmdb_event **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_EVENTS, lmdb_key_num(seq), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_event_parse(tx, seq, v, a, *out, e);
}

int lmdb_event_load_whole(struct lmdb_tx *tx, uint64_t seq, struct arena *a,
	struct event **out, const char **why, struct err *e)
{
	struct lmdb_event *x;

	*out = NULL;
	if (lmdb_event_load(tx, seq, a, &x, e) < 0)
		return -1;
	if (x == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "deliveries", e);
	*out = &x->ev;
	return load_body(tx, a, *out, why, e);
}

struct lmdb_key lmdb_event_idle_key(const struct event *ev)
{
	return lmdb_key_num2((uint64_t)ev->created, ev->seq);
}

int lmdb_event_count(struct lmdb_tx *tx, uint64_t seq, int by, struct err *e)
{
	struct lmdb_event *x;
	struct lmdb_key idle;

	if (lmdb_event_load(tx, seq, tx->scratch, &x, e) < 0)
		return -1;
	if (x == NULL || (by < 0 && x->waiting == 0))
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "events", e);
	idle = lmdb_event_idle_key(&x->ev);
	if (x->waiting == 0 && lmdb_del(tx, LMDB_EVENTS_IDLE, idle, NULL,
	    e) < 0)
		return -1;
	x->waiting = by < 0 ? x->waiting - 1 : x->waiting + 1;
	if (save(tx, x, e) < 0)
		return -1;
	return x->waiting != 0 ? 0 : lmdb_put(tx, LMDB_EVENTS_IDLE, idle,
	    bytes_of("", 0), e);
}

int lmdb_event_remove(struct lmdb_tx *tx, const struct event *ev,
	struct err *e)
{
	struct lmdb_key k = lmdb_key_num(ev->seq);

	if (lmdb_del(tx, LMDB_EVENTS_IDLE, lmdb_event_idle_key(ev), NULL,
	    e) < 0 || lmdb_del(tx, LMDB_EVENTS, k, NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_EVENT_BODIES, k, NULL, e);
}

/* ---- verbs ---- */

int lmdb_event_wanted(struct store_tx *base, const char *topic, bool idle,
	bool *out, struct err *e)
{
	struct lmdb_webhooks takers;

	if (lmdb_webhooks_for(lmdb_tx_verb(base), topic, idle, &takers, e) < 0)
		return -1;
	*out = takers.n > 0;
	return 0;
}

int lmdb_event_add(struct store_tx *base, struct event *ev, struct arena *a,
	unsigned *webhooks, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	char uuid[RND_UUID_LEN + 1];
	struct lmdb_webhooks takers;
	struct lmdb_event x;

	*webhooks = 0;
	if (lmdb_webhooks_for(tx, ev->topic, ev->idle, &takers, e) < 0)
		return -1;
	if (takers.n == 0)
		return 0;
	if (ev->uuid == NULL) {
		rnd_uuid(uuid);
		ev->uuid = arena_strdup(a, uuid);
	}
	if (lmdb_next_number(tx, "event", &ev->seq, e) < 0)
		return -1;
	x = (struct lmdb_event){ *ev, takers.n };
	if (save(tx, &x, e) < 0 || save_body(tx, ev, e) < 0)
		return -1;
	for (size_t i = 0; i < takers.n; i++)
		if (lmdb_lane_append(tx, takers.num[i], ev->enrollment,
		    ev->seq, ev->created, e) < 0)
			return -1;
	*webhooks = (unsigned)takers.n;
	return 0;
}

int lmdb_event_get(struct store_tx *base, uint64_t seq, struct arena *a,
	struct event **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_event *x;
	const char *why;

	*out = NULL;
	if (lmdb_event_load(tx, seq, a, &x, e) < 0)
		return -1;
	if (x == NULL)
		return 0;
	if (load_body(tx, a, &x->ev, &why, e) < 0)
		return -1;
	if (why != NULL) {
		err_set(e, ERR_INTERNAL, "%s", why);
		return lmdb_tx_damaged(tx, "event_bodies", e);
	}
	*out = &x->ev;
	return 0;
}
