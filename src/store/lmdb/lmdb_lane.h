#ifndef MOORING_STORE_LMDB_LMDB_LANE_H
#define MOORING_STORE_LMDB_LMDB_LANE_H

#include "store/lmdb/lmdb_tx.h"

/*
 * A lane: what waits for one webhook of one enrollment, in the order of the
 * events. Its record says when its head is due and who has it; it is there
 * as long as a delivery waits.
 */
struct lmdb_lane {
	uint64_t webhook, enrollment;
	uint64_t head;		/* seq: the delivery that is tried */
	int64_t due;		/* leased: the end of the lease */
	uint64_t lease;		/* 0: nobody has it */
	uint32_t attempts;	/* at its head, failed */
	const char *why;	/* the last of them; NULL: none */
};

int lmdb_lane_parse(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	struct bytes v, struct arena *a, struct lmdb_lane *out,
	struct err *e);
/* Absent: *found = false. */
int lmdb_lane_load(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	struct arena *a, struct lmdb_lane *out, bool *found, struct err *e);
struct lmdb_key lmdb_lane_key(const struct lmdb_lane *l);
struct lmdb_key lmdb_lane_due_key(const struct lmdb_lane *l);

/* Saves it, due then. */
int lmdb_lane_move(struct lmdb_tx *tx, struct lmdb_lane *l, int64_t due,
	struct err *e);
/* A delivery more, in its place; the event has counted it already. A lane
 * that was empty is due now. */
int lmdb_lane_append(struct lmdb_tx *tx, uint64_t webhook,
	uint64_t enrollment, uint64_t seq, int64_t now, struct err *e);
/* A delivery less, and the event counts it. It may be gone: *was = false. The
 * lane must be refreshed, then moved. */
int lmdb_lane_take(struct lmdb_tx *tx, uint64_t webhook, uint64_t enrollment,
	uint64_t seq, bool *was, struct err *e);
/* Its head is the first that waits; a new one begins with no attempts. None:
 * the lane is removed and *left = false. */
int lmdb_lane_refresh(struct lmdb_tx *tx, struct lmdb_lane *l, bool *left,
	struct err *e);

#endif
