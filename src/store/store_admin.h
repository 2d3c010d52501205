#ifndef MOORING_STORE_STORE_ADMIN_H
#define MOORING_STORE_STORE_ADMIN_H

#include "model/inventory.h"
#include "model/token.h"
#include "store/store.h"

/* What serves the operator: API tokens, the audit log, inventory, counts.
 * Verbs of a transaction, as in store.h. */

/* ---- API tokens ---- */
/* num 0: a new one, with its hash (SHA-256 of the token's text; ERR_CONFLICT
 * when the name or the hash is there already). Else changes expires, used and
 * revoked; hash is not looked at. */
int store_token_put(struct store_tx *tx, struct token *t,
	const unsigned char hash[DIGEST_LEN], struct err *e);
/* Revoked and expired ones too. Absent: *out = NULL. */
int store_token_find(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct token **out, struct err *e);
int store_token_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct token **out, struct err *e);
/* By number, from `after` (exclusive). */
int store_token_list(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct token ***out, size_t *n, struct err *e);

/* ---- audit log ---- */
struct audit {
	uint64_t seq;		/* order of all; 0: not stored yet */
	int64_t at;
	const char *who;	/* "token:ci", "cli:root", "courier" */
	const char *op;		/* "enqueue", "enrollment.block" */
	uint64_t enrollment;	/* number; 0: of none */
	const char *target;	/* what else it was done to; NULL: none */
	const char *detail;	/* never a secret; NULL: none */
};
/* Sets seq. */
int store_audit_add(struct store_tx *tx, struct audit *r, struct err *e);
struct audit_query {
	uint64_t enrollment;	/* 0: all */
	uint64_t before;	/* seq, exclusive; 0: from the latest */
	size_t limit;
};
/* The latest first. */
int store_audit_list(struct store_tx *tx, const struct audit_query *q,
	struct arena *a, struct audit ***out, size_t *n, struct err *e);
/* Retention, as store_event_sweep. */
int store_audit_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e);

/* ---- inventory ---- */
/* plist: the value under inventory_answer_key, as a property list of its
 * own. Kept sealed; replaces. */
int store_inventory_put(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, int64_t at, struct bytes plist,
	struct err *e);
/* Absent: *at = 0 and plist->p = NULL. */
int store_inventory_get(struct store_tx *tx, uint64_t num,
	enum inventory_kind k, struct arena *a, int64_t *at,
	struct bytes *plist, struct err *e);

/* ---- removing an enrollment ---- */
/* Everything of it, up to limit records a call; call until *done. Its user
 * channels must be gone first (ERR_CONFLICT). What is revoked stays revoked;
 * its certificates are free for others, its number is never used again. */
int store_enrollment_remove(struct store_tx *tx, uint64_t num, size_t limit,
	bool *done, struct err *e);

/* ---- figures ---- */
struct store_counts {
	uint64_t devices[ENROLLMENT_DISABLED + 1];	/* by state */
	uint64_t users[ENROLLMENT_DISABLED + 1];
	uint64_t queued, finished, pushes, tokens, audits;
};
/* Kept up to date with each change: the cost does not grow. */
int store_counts(struct store_tx *tx, struct store_counts *out,
	struct err *e);
/* Enrollments with something queued, by number, from `after` (exclusive);
 * one step each, whatever the queues' lengths. */
struct queue_owner {
	uint64_t num;
	int64_t queued;		/* when its next command was queued */
};
int store_queue_owners(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct queue_owner **out, size_t *n,
	struct err *e);

/* ---- schema ---- */
/* Brings an older store to this program's schema; nobody else may have it
 * open (ERR_CONFLICT names who has). Arms the guard. *from == *to: it was up
 * to date, nothing was done. */
int store_migrate(const struct store_options *o, int64_t now, unsigned *from,
	unsigned *to, struct err *e);

#endif
