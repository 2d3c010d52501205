#ifndef MOORING_STORE_LMDB_LMDB_TARGET_H
#define MOORING_STORE_LMDB_LMDB_TARGET_H

#include "store/lmdb/lmdb_tx.h"

/*
 * One command for one enrollment: its record, and its place in the indexes
 * (queue and dedupe while it is queued, history and finished after). hash is
 * SHA-256 of the CommandUUID throughout.
 */

/* With UUID and RequestType of its command. Absent: *out = NULL. */
int lmdb_target_load(struct lmdb_tx *tx, uint64_t num,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct target **out, struct err *e);
int lmdb_target_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct target *out, struct err *e);
/* The record alone. */
int lmdb_target_save(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	const struct target *t, struct err *e);

/* Puts it into the indexes that its state asks for / takes it out of them. */
int lmdb_target_link(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	const struct target *t, struct err *e);
int lmdb_target_unlink(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], const struct target *t,
	struct err *e);
/* Unlink, new state (and finished, when it ends), link, save. */
int lmdb_target_move(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct target *t, enum target_state state, int64_t now,
	struct err *e);
/* What a queued target must become before it could be delivered: EXPIRED,
 * STUCK, or what it is. */
enum target_state lmdb_target_due(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], const struct target *t,
	int64_t now);
/* Its key in dedupe (it has one) / in results. */
struct lmdb_key lmdb_target_dedupe_key(const struct target *t);
struct lmdb_key lmdb_target_result_key(const struct target *t);

__typeof__(store_target_get) lmdb_target_get;
__typeof__(store_target_list) lmdb_target_list;
__typeof__(store_history_list) lmdb_history_list;

/* lmdb_target_add.c */
__typeof__(store_target_add) lmdb_target_add;
__typeof__(store_target_requeue) lmdb_target_requeue;

__typeof__(store_target_cancel) lmdb_target_cancel;

/* lmdb_answer.c */
__typeof__(store_target_park) lmdb_target_park;
__typeof__(store_target_sent) lmdb_target_sent;
__typeof__(store_target_answer) lmdb_target_answer;
__typeof__(store_result_get) lmdb_result_get;

/* Lists of targets that an index (key -> hash) names, for one enrollment:
 * from a cursor, with the cursor of the next page. lmdb_target_page.c. */
int lmdb_target_page(struct lmdb_tx *tx, enum lmdb_table index, uint64_t num,
	struct bytes cursor, size_t limit, struct arena *a,
	struct target ***out, size_t *n, struct bytes *next, struct err *e);

#endif
