#ifndef MOORING_PUSH_PUSHER_PARTS_H
#define MOORING_PUSH_PUSHER_PARTS_H

#include <pthread.h>

#include "net/fetch_many.h"
#include "push/apns_reply.h"
#include "push/pusher.h"
#include "store/store_push.h"

/*
 * The steps of the pusher, in their order: push_prepare reads what is pushed,
 * push_topic sends it, push_settle writes what became of it; pusher.c has the
 * thread that goes through them. For these files alone.
 */

#define PUSHES_AT_ONCE 500	/* in one transaction */
#define PUSHES_UNDER_WAY 1000

/* One request of a caller, who may be gone when it is decided. */
struct push_ask {
	struct push_ask *next;
	struct push_batch *batch;
	uint64_t enrollment;
	enum push_result result;
	int status;
	struct err err;
};

/* Of the settings, what pushes need; the snapshot may go before they end. */
struct push_settings {
	char *dir, *url, *ca_file;	/* ca_file NULL: the system's */
	unsigned expiration_hours;
};

/* What one call of pusher_send asked for. Under the pusher's lock. */
struct push_batch {
	pthread_cond_t decided;
	unsigned refs;
	size_t left;		/* not decided yet */
	struct push_settings set;
	size_t n;
	struct push_ask ask[];
};

enum push_end {
	PUSH_END_NONE,
	PUSH_END_ELSEWHERE,	/* its job is gone: the last push tells */
	PUSH_END_HELD,		/* not before its time */
	PUSH_END_IMPOSSIBLE,	/* err: nothing to push to */
	PUSH_END_STOPPED,	/* err: its topic cannot be pushed */
	PUSH_END_LOST,		/* err: no answer */
	PUSH_END_ANSWERED,	/* reply */
};

/* One push: an enrollment, and all who asked for it in the same moment. */
struct push {
	struct push *next;
	struct arena *a;
	struct push_ask *asks;
	const struct push_settings *set;	/* of the first ask's batch */
	uint64_t enrollment;
	/* as read */
	const char *apns_id;	/* of its job */
	uint32_t failures;	/* of its job */
	int64_t token_updated;
	uint64_t generation, tally;	/* of its TokenUpdates */
	int64_t hold_until;
	const char *path, *body;
	const char *topic_name;
	uint64_t cert_version;
	/* under way */
	struct push_topic *topic;
	unsigned sent;		/* how often */
	/* what became of it */
	enum push_end end;
	int status;
	struct apns_reply reply;
	struct err err;
	enum push_result result;	/* for its asks */
};

struct push_list {
	struct push *first, **last;
	size_t n;
};
void push_list_init(struct push_list *l);
void push_list_add(struct push_list *l, struct push *p);
/* The first; NULL when there is none. */
struct push *push_list_take(struct push_list *l);
/* Moves all of `from` behind those of l. */
void push_list_move(struct push_list *l, struct push_list *from);

/* A topic's connections, made with one certificate. */
struct push_topic {
	struct push_topic *next;
	char *name, *url, *ca_file;
	uint64_t version;
	int64_t now;		/* when it was last its turn */
	struct fetch_many *many;	/* NULL: stopped */
	uint64_t connections;	/* of those that were closed */
	struct push_list under_way;
	struct push_list again;	/* to be sent once more, at once */
	struct push_list ended;
	bool reconnect;		/* before that */
	int64_t reconnected;	/* when it last did */
	bool replaced;		/* another certificate: only ends */
	bool stopped;		/* APNs refused it: why */
	char why[128];
};

/* ---- push_check.c ---- */
enum push_can { PUSH_CAN, PUSH_CANNOT, PUSH_TOPIC_CANNOT };
/* What push_check tells, and whose fault it is; with the certificate. */
int push_can(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, enum push_can *out, struct push_state *state,
	struct push_cert **cert, struct err *why, struct err *e);

/* ---- push_prepare.c ---- */
/* Reads what each push needs, all in one transaction. Those that cannot be
 * sent get their end. certs: by topic_name and cert_version; in a. */
struct push_certs {
	struct push_cert **cert;
	size_t n;
};
int push_prepare(struct store *st, struct push_list *l, int64_t now,
	struct arena *a, struct push_certs *certs, struct err *e);

/* ---- push_topic.c ---- */
/* The connections for a push: those that are there, or new ones. NULL: its
 * certificate or the trust root is of no use (p has its end). */
struct push_topic *push_topic_get(struct push_topic **topics, struct push *p,
	const struct push_certs *certs);
void push_topic_send(struct push_topic *t, struct push *p);
/* After fetch_many_run: reconnects, sends again, closes what was stopped;
 * moves what has ended to `ended`. */
void push_topic_turn(struct push_topic *t, struct push_list *ended);
uint64_t push_topic_connections(const struct push_topic *t);
void push_topic_free(struct push_topic *t);

/* ---- push_settle.c ---- */
/* Writes what became of up to PUSHES_AT_ONCE pushes, in one transaction, and
 * sets their results; logs and counts. When it cannot be written their jobs
 * stay. */
void push_settle(struct store *st, struct push *const *list, size_t n,
	int64_t now);

#endif
