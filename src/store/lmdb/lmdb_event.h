#ifndef MOORING_STORE_LMDB_LMDB_EVENT_H
#define MOORING_STORE_LMDB_LMDB_EVENT_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_event.h"

/* An event and how many deliveries wait for it. While none does, it stands
 * in events_idle, for retention. */
struct lmdb_event {
	struct event ev;
	uint64_t waiting;
};
/* The record, without what is sealed. */
int lmdb_event_parse(struct lmdb_tx *tx, uint64_t seq, struct bytes v,
	struct arena *a, struct lmdb_event *out, struct err *e);
/* Absent: *out = NULL. */
int lmdb_event_load(struct lmdb_tx *tx, uint64_t seq, struct arena *a,
	struct lmdb_event **out, struct err *e);
/* The same, whole; and it must be there, since a delivery says so. What is
 * sealed of it cannot be read: *why is not NULL, and the event without it. */
int lmdb_event_load_whole(struct lmdb_tx *tx, uint64_t seq, struct arena *a,
	struct event **out, const char **why, struct err *e);
/* One delivery more (1) or less (-1) waits for it. */
int lmdb_event_count(struct lmdb_tx *tx, uint64_t seq, int by, struct err *e);
struct lmdb_key lmdb_event_idle_key(const struct event *ev);
int lmdb_event_remove(struct lmdb_tx *tx, const struct event *ev,
	struct err *e);

__typeof__(store_event_wanted) lmdb_event_wanted;
__typeof__(store_event_add) lmdb_event_add;
__typeof__(store_event_get) lmdb_event_get;

/* lmdb_event_sweep.c */
__typeof__(store_event_sweep) lmdb_event_sweep;

#endif
