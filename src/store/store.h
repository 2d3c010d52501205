#ifndef MOORING_STORE_STORE_H
#define MOORING_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "model/command.h"
#include "model/enrollment.h"

/*
 * What Mooring keeps, in domain verbs. All I/O of the store goes through a
 * transaction: store_read for a consistent view, store_write to change.
 *
 * A store_write that returns 0 is durable. Writers that wait at the same
 * time are committed together (each in a nested transaction: one that fails
 * is rolled back alone). `fn` may run again, and in another thread while the
 * caller waits, so it touches only tx, its arg and arenas that it can leave
 * as they are; it never calls store_read or store_write itself. Once a verb
 * has failed with store trouble the whole transaction fails, whatever fn
 * returns. Trouble with the store (closed, full, damaged) is ERR_BUSY; a verb
 * that writes in a store_read is ERR_INTERNAL. Results are copied into the
 * caller's arena.
 */
struct store;
struct store_tx;

struct store_options {
	const char *dir;	/* DIR/store */
	uint64_t map_size;	/* bytes of address space, reserved once */
	struct seal *seal;	/* outlives the store */
	unsigned max_deliveries;	/* without any answer, NotNow included;
				 * then a command is stuck; 0 = never */
	unsigned touch_seconds;	/* how long touches may wait; 0: not at all */
	unsigned guard_hours;	/* arms the guard after an unclean open; 0: no */
};

/* Creates the environment (ERR_CONFLICT when there is one). Only this and a
 * migration create tables. Refuses network file systems by name. */
int store_create(const struct store_options *o, struct err *e);
/* Opens an existing one; once per process, after fork. ERR_NOT_FOUND says
 * `mooringctl init`; a newer schema is refused. Strings are copied. */
int store_open(const struct store_options *o, int64_t now,
	struct store **out, struct err *e);
/* Writes what touches wait, then closes. NULL is fine. */
void store_close(struct store *st);
/* After a fault that only a new process can mend: everything is ERR_BUSY, so
 * answer what is in flight, exit and be respawned. */
bool store_is_dead(struct store *st);

typedef int (*store_fn)(struct store_tx *tx, void *arg, struct err *e);
int store_read(struct store *st, store_fn fn, void *arg, struct err *e);
int store_write(struct store *st, store_fn fn, void *arg, struct err *e);

/* ---- enrollments ---- */
/* By id / number; absent: 0 and *out = NULL. last_seen is filled in. */
int store_enrollment_find(struct store_tx *tx, const struct enrollment_id *id,
	struct arena *a, struct enrollment **out, struct err *e);
int store_enrollment_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e);
/* By what an operator typed: an id text ("UDID", "UDID:USER") or "@NUMBER".
 * ERR_CONFLICT when the text names two enrollments (then only @NUMBER
 * works). "@7" is number 7 alone; when a device calls itself so it is
 * ERR_CONFLICT, lest one gets what is meant for the other. */
int store_enrollment_lookup(struct store_tx *tx, struct bytes text,
	struct arena *a, struct enrollment **out, struct err *e);
/* Inserts (num == 0: gives it one) or replaces. The id of a stored
 * enrollment never changes. */
int store_enrollment_put(struct store_tx *tx, struct enrollment *en,
	struct err *e);
/* The user channels of a device, by number, from `after` (exclusive). */
int store_enrollment_children(struct store_tx *tx, uint64_t device,
	uint64_t after, size_t limit, struct arena *a, uint64_t **nums,
	size_t *n, struct err *e);
/* All, by number, from `after` (exclusive; 0 = start). */
int store_enrollment_list(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct enrollment ***out, size_t *n,
	struct err *e);
/* The number of the n-th after `after`, without reading those between; 0:
 * there are not so many. */
int store_enrollment_skip(struct store_tx *tx, uint64_t after, uint64_t n,
	uint64_t *num, struct err *e);
int store_enrollment_count(struct store_tx *tx, uint64_t *out,
	struct err *e);

/* Secrets of an enrollment and its last raw messages: sealed. */
enum store_secret {
	STORE_PUSH_TOKEN = 1, STORE_PUSH_MAGIC = 2, STORE_UNLOCK_TOKEN = 3,
	STORE_BOOTSTRAP_TOKEN = 4, STORE_RAW_AUTHENTICATE = 5,
	STORE_RAW_TOKEN_UPDATE = 6,
	STORE_DEVICE_CERT = 7,	/* DER of the certificate bound now */
	STORE_PROFILE_FACTS = 8,	/* model/profile_facts.h */
	STORE_RENEWAL = 9,	/* model/renewal.h: one that is under way */
};
int store_secret_put(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct bytes value, struct err *e);
/* Absent: out->p = NULL. */
int store_secret_get(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct arena *a, struct bytes *out, struct err *e);
int store_secret_del(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct err *e);

/* ---- certificates ---- */
#define STORE_SERIAL_LEN 42	/* RFC 5280: 20 octets at most */
struct store_cert {
	uint64_t device;	/* number of the device it speaks for; 0: none */
	int64_t bound;
	int64_t former;		/* since when another replaced it; 0: current */
	/* A former one that may still speak, since a renewal may be rolled
	 * back: until then; STORE_CERT_UNTIL_UPDATED: until some time after
	 * the TokenUpdate with the new one; 0: no more. */
	int64_t valid_until;
	bool renewal;		/* it came by a renewal of this device */
	int64_t revoked;	/* 0: not */
	int64_t not_after;	/* 0: not known */
	char serial[STORE_SERIAL_LEN + 1];	/* hexadecimal; "": not known */
};
#define STORE_CERT_UNTIL_UPDATED INT64_MAX
/* Absent (never bound, never revoked): *found = false. */
int store_cert_get(struct store_tx *tx, const unsigned char sha256[DIGEST_LEN],
	bool *found, struct store_cert *out, struct err *e);
int store_cert_put(struct store_tx *tx, const unsigned char sha256[DIGEST_LEN],
	const struct store_cert *c, struct err *e);

/* ---- commands and queues ---- */
/* Stores a body once. Same UUID and same bytes: fine, *created = false;
 * same UUID, other bytes: ERR_CONFLICT. */
int store_command_put(struct store_tx *tx, const struct command *c,
	bool *created, struct err *e);
int store_command_get(struct store_tx *tx, const char *uuid, struct arena *a,
	struct command **out, struct err *e);

enum store_queued {
	STORE_QUEUED,		/* it is in the queue now */
	STORE_KNOWN,		/* this enrollment has or had it in this
				 * generation: nothing was done */
	STORE_DUPLICATE,	/* its dedupe key is pending: nothing was done */
};
/* A target that was cancelled or expired, or belongs to an earlier
 * generation, is queued anew; what it was answered then is kept until the
 * next answer. ERR_NOT_FOUND without the command. o NULL: the defaults. */
int store_target_add(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const struct target_options *o, int64_t now,
	enum store_queued *out, struct err *e);
int store_target_get(struct store_tx *tx, uint64_t num, const char *uuid,
	struct arena *a, struct target **out, struct err *e);

/*
 * The next command of a queue: the best (priority, then order) of the ready
 * ones, and of the parked ones too when asked; one cursor step, whatever the
 * length of queue and history. *settle is set (and nothing is given) when
 * something must be written first: one that waits is due, or the candidate
 * is past its not-after or was delivered too often; then call
 * store_queue_settle in a store_write and ask again.
 */
struct store_next {
	struct command *command;	/* NULL: nothing to offer */
	struct target *target;
	bool settle;
};
int store_queue_next(struct store_tx *tx, uint64_t num, bool parked_too,
	int64_t now, struct arena *a, struct store_next *out,
	struct err *e);
/* Moves what is due to ready, what is past to expired, what was delivered
 * too often to stuck; at most 100 at a time. */
int store_queue_settle(struct store_tx *tx, uint64_t num, bool parked_too,
	int64_t now, struct err *e);
/* NotNow: from ready or parked to parked (counts it), and from sent when it
 * was queued in the enrollment's present generation; else nothing. */
int store_target_park(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, struct err *e);
/* A new session: all parked ones are ready again, in their old order. */
int store_queue_unpark(struct store_tx *tx, uint64_t num, struct err *e);
int store_queue_has_parked(struct store_tx *tx, uint64_t num, bool *out,
	struct err *e);
/* When the first of the commands whose not-before lies after `after` is due;
 * 0: none waits. */
int store_queue_waiting(struct store_tx *tx, uint64_t num, int64_t after,
	int64_t *out, struct err *e);
/* A once-only command leaves the queue before it is delivered: SENT. Counts
 * the delivery. *moved is false when it is no longer queued (another
 * connection took it): do not deliver. */
int store_target_sent(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, bool *moved, struct err *e);
/* An answer: out of the queue, state = ACKNOWLEDGED, ERROR or FORMAT_ERROR,
 * the raw body stored, sealed. Also for one that was sent, cancelled,
 * expired or stuck: what the device did is what happened. */
enum store_answer {
	STORE_ANSWERED,
	STORE_AGAIN,		/* was answered already: nothing was done */
	STORE_UNKNOWN,		/* this enrollment never had this UUID */
};
int store_target_answer(struct store_tx *tx, uint64_t num, const char *uuid,
	enum target_state state, struct bytes raw, int64_t now,
	enum store_answer *out, struct err *e);
/* Stuck, sent, cancelled, expired or answered: into the queue again, with
 * its counts at zero, ready at once (a not-after that has passed is
 * dropped). ERR_NOT_FOUND, or ERR_CONFLICT when it is queued or its dedupe
 * key is pending. */
int store_target_requeue(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, int64_t now, struct err *e);
/* Cancels up to limit queued targets; *n says how many. */
int store_queue_cancel(struct store_tx *tx, uint64_t num, size_t limit,
	int64_t now, size_t *n, struct err *e);
/* Cancels one; nothing, and *was = false, when it is not queued. */
int store_target_cancel(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, bool *was, struct err *e);
/* What is queued, in the order of delivery: ready, parked, waiting. cursor:
 * opaque, {NULL,0} at start and when there is no more. */
int store_queue_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e);
/* What is finished, the latest first. cursor as in store_queue_list. */
int store_history_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e);
/* The targets of a command by enrollment number, from `after`. */
int store_target_list(struct store_tx *tx, const char *uuid, uint64_t after,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct err *e);
/* The raw body of a stored answer. Absent: out->p = NULL. */
int store_result_get(struct store_tx *tx, uint64_t num, uint64_t result,
	struct arena *a, struct bytes *raw, struct err *e);
/* Retention: removes up to limit finished targets (and their results, and
 * bodies without targets) that finished before `before`, or are beyond the
 * latest `max` (0: no such bound); *n says how many. Works on a full disk
 * too: space is kept for it. */
int store_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e);

/* ---- touches: facts nobody was promised ---- */
/* Kept in this process, written with its next commit, after touch_seconds,
 * or at close. Safe from any thread, outside transactions. */
void store_touch_seen(struct store *st, uint64_t num, int64_t now);
void store_touch_delivered(struct store *st, uint64_t num, const char *uuid,
	int64_t now);

/* ---- the guard against mass unenrollment ---- */
struct store_guard {
	int64_t armed_until;	/* 0: not armed by an event */
	const char *why;	/* of the arming; in the arena; "" */
	bool empty;		/* no enrollment and not released */
	uint64_t refused;	/* distinct devices within the last hour */
};
int store_guard_get(struct store_tx *tx, int64_t now, struct arena *a,
	struct store_guard *out, struct err *e);
/* Whether this id was refused before; *when = 0 if not. */
int store_guard_refused(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t *when, struct err *e);
/* Notes a device that is about to be refused; one that was noted before
 * keeps its time. Remembered for 30 days at least. */
int store_guard_refuse(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t now, struct err *e);
int store_guard_arm(struct store_tx *tx, int64_t until, const char *why,
	struct err *e);
/* Disarms, accepts an empty store, forgets this hour's count. */
int store_guard_release(struct store_tx *tx, int64_t now, struct err *e);

/* ---- allowlist ---- */
enum store_allow { STORE_ALLOW_SERIAL = 1, STORE_ALLOW_UDID = 2 };
int store_allow_put(struct store_tx *tx, enum store_allow kind,
	struct bytes value, int64_t now, struct err *e);
int store_allow_del(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *was, struct err *e);
int store_allow_has(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *out, struct err *e);
struct store_allowed {
	enum store_allow kind;
	struct bytes value;
	int64_t added;
};
int store_allow_list(struct store_tx *tx, struct bytes cursor, size_t limit,
	struct arena *a, struct store_allowed **out, size_t *n,
	struct bytes *next, struct err *e);

/* ---- bodies that cannot be read ---- */
/* Counts this body from this certificate (both by digest); the third time
 * it is stored, sealed. At most 1,000 are remembered and 64 MiB of them
 * stored (one larger than that alone); the oldest go first. */
int store_unreadable(struct store_tx *tx, const unsigned char body[DIGEST_LEN],
	const unsigned char cert[DIGEST_LEN], struct bytes raw,
	int64_t now, unsigned *count, struct err *e);

/* ---- care ---- */
struct store_info {
	uint64_t map_size, used_bytes, file_bytes, enrollments, commands,
		queued, finished;
	uint64_t kept_bytes;	/* of the map, for what frees space */
	uint64_t commits, committed;	/* by this process: groups, writes */
	unsigned waiting;	/* writers of this process in line now */
	unsigned readers, max_readers, schema;
};
int store_info(struct store *st, struct store_info *out, struct err *e);
/* Walks everything: every record parses, every index agrees, every sealed
 * value opens. report (may be NULL) gets one line per fault; *faults counts
 * them. */
int store_check(struct store *st, void (*report)(const char *line,
	void *arg), void *arg, uint64_t *faults, struct err *e);
/*
 * A compacted copy to a new file (0600; ERR_CONFLICT when there is one),
 * while others go on working: what they free meanwhile cannot be used again,
 * so the store grows. The file is there when it is whole and durable, and not
 * before.
 */
struct store_copying {
	uint64_t max_growth;	/* bytes; then the copy is given up: ERR_BUSY.
				 * 0: no limit */
	/* Now and then; of: about how much it will be. False gives the copy
	 * up: ERR_BUSY. May be NULL. */
	bool (*progress)(uint64_t copied, uint64_t of, void *arg);
	void *arg;
	uint64_t copied, grown;	/* out: bytes; when it fails too */
};
int store_copy(struct store *st, const char *path, struct store_copying *c,
	struct err *e);
/*
 * Puts such a copy in the place of the store's database, which is kept
 * beside it as the path *kept (in the arena; NULL: there was none). The copy
 * itself is only read. First its schema is brought to ours and it is checked
 * as by store_check: any fault is ERR_BAD_INPUT, and nothing is changed.
 * Nobody may have the store open (ERR_CONFLICT names who has). The guard is
 * armed.
 */
int store_restore(const struct store_options *o, const char *path,
	int64_t now, void (*report)(const char *line, void *arg), void *arg,
	struct arena *a, const char **kept, struct err *e);
/* Compacts in place; nobody else may have the store open (ERR_CONFLICT
 * names who has). The store must not be open in this process. */
int store_compact(const struct store_options *o, uint64_t *before,
	uint64_t *after, struct err *e);

#endif
