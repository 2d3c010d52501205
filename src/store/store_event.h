#ifndef MOORING_STORE_STORE_EVENT_H
#define MOORING_STORE_STORE_EVENT_H

#include "model/event.h"
#include "store/store.h"

/*
 * Webhooks, and the durable outbox of events for them. Verbs of a
 * transaction, as in store.h.
 *
 * An event is stored once, its body sealed. For each webhook that takes it
 * stands a delivery, in the lane (webhook, enrollment): deliveries of a lane
 * are handed out one at a time, in the order of the events.
 */

/* ---- webhooks ---- */
#define STORE_WEBHOOKS_MAX 32

struct webhook {
	uint64_t num;		/* 0: not stored yet */
	const char *name;	/* unique */
	const char *url;
	struct bytes key;	/* HMAC-SHA256; p NULL: none. Kept sealed */
	const char *topics;	/* event_filter_takes */
	bool idle;		/* Idle too */
	bool paused;		/* by the operator: takes events, gets none */
	int64_t created;
};
/* What its receiver does; its own record, written by couriers. */
struct webhook_state {
	int64_t hold_until;	/* nothing is claimed for it before */
	uint32_t failures;	/* in a row */
	int64_t last_ok, last_failed;
	const char *last_error;	/* one line, no secret; NULL: none yet */
};
/* ERR_CONFLICT: the name is another's, or STORE_WEBHOOKS_MAX are there. */
int store_webhook_put(struct store_tx *tx, struct webhook *w, struct err *e);
/* With its key. Absent: *out = NULL. */
int store_webhook_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct webhook **out, struct err *e);
/* All, by number, with their keys. */
int store_webhook_list(struct store_tx *tx, struct arena *a,
	struct webhook ***out, size_t *n, struct err *e);
/* What waits for it is dropped by store_event_sweep. */
int store_webhook_del(struct store_tx *tx, uint64_t num, bool *was,
	struct err *e);
/* Zero when nothing was written yet. */
int store_webhook_state_get(struct store_tx *tx, uint64_t num,
	struct arena *a, struct webhook_state *out, struct err *e);
int store_webhook_state_put(struct store_tx *tx, uint64_t num,
	const struct webhook_state *s, struct err *e);

/* ---- events ---- */
/* Whether any webhook takes it: before one is made. One short read of a
 * small table; nothing is unsealed. */
int store_event_wanted(struct store_tx *tx, const char *topic, bool idle,
	bool *out, struct err *e);
/* Stores it, with a delivery for each webhook that takes it; *webhooks says
 * how many. None: nothing is stored. Gives it its seq (and uuid, when that is
 * NULL, in the arena). */
int store_event_add(struct store_tx *tx, struct event *ev, struct arena *a,
	unsigned *webhooks, struct err *e);
/* Absent: *out = NULL. */
int store_event_get(struct store_tx *tx, uint64_t seq, struct arena *a,
	struct event **out, struct err *e);

enum delivery_state { DELIVERY_WAITING = 1, DELIVERY_BURIED = 2 };
/* One delivery, for those who look. */
struct delivery {
	enum delivery_state state;
	uint64_t webhook, seq, enrollment;
	uint32_t attempts;
	int64_t due;		/* waiting, head of its lane: when; else 0 */
	int64_t buried;		/* when; 0: not */
	const char *why;	/* the last failure; NULL: none */
	/* of the event */
	const char *topic, *uuid;
	int64_t created;
};
struct delivery_query {
	enum delivery_state state;
	uint64_t webhook;	/* 0: of all */
	uint64_t enrollment;	/* when has_enrollment */
	bool has_enrollment;
	struct bytes cursor;	/* {NULL, 0}: from the start */
	size_t limit;
};
/* The oldest events first. next: as store_queue_list. */
int store_delivery_list(struct store_tx *tx, const struct delivery_query *q,
	struct arena *a, struct delivery **out, size_t *n,
	struct bytes *next, struct err *e);

/* ---- delivering ---- */
/* A claimed delivery: nobody else is given its lane until the lease ends. */
struct claim {
	uint64_t webhook, enrollment, seq;
	uint64_t lease;		/* random; whose claim it is */
	uint32_t attempts;	/* that failed before this one */
	struct event *event;
	/* Not NULL: what is sealed of the event cannot be read, and why; the
	 * event is then without it. */
	const char *unreadable;
};
/* The heads of up to limit lanes of a webhook that are due, the longest due
 * first; none while it is held or paused. until: the end of the lease. */
int store_delivery_claim(struct store_tx *tx, uint64_t webhook, int64_t now,
	int64_t until, size_t limit, struct arena *a, struct claim ***out,
	size_t *n, struct err *e);
/* Delivered. The lane goes on: *next is its next delivery, under the same
 * lease prolonged to until, or NULL when there is none (or `until` is 0: the
 * lane is then free and due now). A claim whose lease has passed to another
 * is done all the same, and *next is NULL. */
int store_delivery_done(struct store_tx *tx, const struct claim *c,
	int64_t now, int64_t until, struct arena *a, struct claim **next,
	struct err *e);
/* Not delivered: the lane is due again at `due`; counts the attempt when why
 * is not NULL. Nothing, when the lease is another's. */
int store_delivery_retry(struct store_tx *tx, const struct claim *c,
	int64_t due, const char *why, struct err *e);
/* Given up: set aside, so that the lane goes on. Nothing, when the lease is
 * another's. */
int store_delivery_bury(struct store_tx *tx, const struct claim *c,
	int64_t now, const char *why, struct err *e);
/* Of a webhook whose receiver is gone: sets aside up to limit deliveries whose
 * events are older than `before`, the oldest first, but none of a lane that
 * somebody has claimed. *n counts them. */
int store_delivery_expire(struct store_tx *tx, uint64_t webhook,
	int64_t before, int64_t now, size_t limit, size_t *n, struct err *e);
/* A buried delivery, or one that was delivered and whose event is still
 * kept, is delivered again: due now, its attempts at zero. ERR_NOT_FOUND: no
 * such event or webhook. A waiting one: nothing is done, *queued = false. */
int store_delivery_replay(struct store_tx *tx, uint64_t webhook, uint64_t seq,
	int64_t now, bool *queued, struct err *e);
/* When the next lane of this webhook is due, its hold counted in; 0: none
 * waits, or it is paused. */
int store_delivery_next_due(struct store_tx *tx, uint64_t webhook,
	int64_t *out, struct err *e);

struct store_outbox {
	uint64_t events, waiting, buried;
	int64_t oldest;		/* created, of what waits; 0: nothing does */
};
int store_outbox_info(struct store_tx *tx, struct store_outbox *out,
	struct err *e);
/* Retention: removes up to limit events that no delivery waits for and that
 * are older than `before`, or beyond the newest `max` of those (0: no such
 * bound), with what is buried of them; and deliveries to webhooks that are gone. *n
 * counts what was removed. */
int store_event_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e);

#endif
