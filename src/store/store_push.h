#ifndef MOORING_STORE_STORE_PUSH_H
#define MOORING_STORE_STORE_PUSH_H

#include "store/store.h"

/*
 * Pushes: the certificates of the topics, what waits to be pushed, and the
 * last push of each enrollment. Verbs of a transaction, as in store.h.
 */

/* ---- push certificates ---- */
struct push_cert {
	const char *topic;
	struct bytes cert_pem;	/* the leaf, then what came with it */
	struct bytes key_pem;	/* a secret; not encrypted */
	int64_t not_before, not_after;
	int64_t added;
	/* APNs refused it, or its topic: nothing is pushed until it is put
	 * again or resumed. 0: not. */
	int64_t stopped;
	const char *why;	/* NULL when not stopped */
	uint64_t version;	/* changes with every put */
};
/* Sealed, key and all. Puts a new one, or replaces: no longer stopped; what
 * waited for it is due when store_push_hasten was called. Sets version. */
int store_push_cert_put(struct store_tx *tx, struct push_cert *c,
	struct err *e);
/* Absent: *out = NULL. */
int store_push_cert_get(struct store_tx *tx, const char *topic,
	struct arena *a, struct push_cert **out, struct err *e);
/* All, without their keys. */
int store_push_cert_list(struct store_tx *tx, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e);
int store_push_cert_del(struct store_tx *tx, const char *topic, bool *was,
	struct err *e);
/* at 0: resumes, and store_push_hasten is the next. Only when it still has
 * this version (0: any). */
int store_push_cert_stop(struct store_tx *tx, const char *topic,
	uint64_t version, int64_t at, const char *why, bool *did,
	struct err *e);

/* ---- what waits to be pushed ---- */
/* At most one for each enrollment. */
struct push_job {
	uint64_t enrollment;
	const char *apns_id;	/* lower-case UUID: what was promised */
	int64_t asked;		/* first asked for */
	int64_t due;
	uint32_t attempts;	/* that failed */
};
/* Asks for a push. due in the future is a lease: whoever asks pushes itself
 * and settles; if it dies, a courier finds it due. One that waits already
 * keeps its due when that is a back-off (attempts > 0); its apns_id becomes
 * this one. */
int store_push_add(struct store_tx *tx, uint64_t enrollment,
	const char *apns_id, int64_t due, int64_t now, struct err *e);
/* The device sent a push token: it is not dead, nothing holds it, and what
 * waits after failures is due now, as if it had never failed. */
int store_push_renew(struct store_tx *tx, uint64_t enrollment, int64_t now,
	struct err *e);
/* Up to limit that are due, the longest due first; each is leased until
 * `until`. */
int store_push_claim(struct store_tx *tx, int64_t now, int64_t until,
	size_t limit, struct arena *a, struct push_job **out, size_t *n,
	struct err *e);
/* What waits for this topic is due when it was asked for. Looks at up to
 * limit jobs, of all topics, after *at ({ 0, 0 } at first), which moves on;
 * *more: there may be others. */
struct push_place {
	int64_t due;
	uint64_t enrollment;
};
int store_push_hasten(struct store_tx *tx, const char *topic,
	struct push_place *at, size_t limit, bool *more, struct err *e);
/* When the next one is due; 0: none waits. */
int store_push_next_due(struct store_tx *tx, int64_t *out, struct err *e);

/* ---- what became of it ---- */
struct push_state {
	int64_t sent;		/* the last attempt; 0: never */
	int status;		/* APNs' answer; 0: none came */
	const char *reason;	/* APNs' reason, or our own words; NULL: ok */
	const char *apns_id;
	int64_t ok;		/* the last that APNs took; 0: never */
	int64_t dead;		/* the push token is dead: since. Only a
				 * TokenUpdate later than this revives it; 0 */
	int64_t hold_until;	/* not before: back-off for this token */
};
/* Absent: all zero. */
int store_push_state_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_state *out, struct err *e);
/* What waits for this enrollment; none: *out = NULL. */
int store_push_job_get(struct store_tx *tx, uint64_t enrollment,
	struct arena *a, struct push_job **out, struct err *e);
/* Keeps the outcome. again 0: the job is done; else it is due then and the
 * attempt counted. The job stays as it is when its apns_id is another by now
 * (somebody asked anew meanwhile) and its due lies ahead or now; the state is
 * kept all the same. */
int store_push_settle(struct store_tx *tx, uint64_t enrollment,
	const struct push_state *s, int64_t again, struct err *e);

#endif
