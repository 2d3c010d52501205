#ifndef MOORING_STORE_LMDB_LMDB_STORE_H
#define MOORING_STORE_LMDB_LMDB_STORE_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store/lmdb/lmdb_lock.h"
#include "store/lmdb/lmdb_room.h"
#include "store/lmdb/lmdb_touch.h"
#include "store/store_ops.h"

/* What one open environment is in this process. Inside of this folder only. */

#define LMDB_SCHEMA 3
#define LMDB_MAX_READERS 4096

/* Names, keys and values: lmdb_table.c. */
enum lmdb_table {
	LMDB_META, LMDB_ENROLLMENTS, LMDB_ENROLL_BY_ID, LMDB_ENROLL_BY_TEXT,
	LMDB_ENROLL_CHILDREN, LMDB_ENROLL_SEEN, LMDB_SECRETS, LMDB_CERTS,
	LMDB_COMMANDS, LMDB_COMMAND_BODIES, LMDB_COMMANDS_IDLE, LMDB_TARGETS,
	LMDB_QUEUE, LMDB_DEDUPE, LMDB_HISTORY, LMDB_FINISHED, LMDB_RESULTS,
	LMDB_GUARD, LMDB_GUARD_IDS, LMDB_GUARD_TIMES, LMDB_ALLOW,
	LMDB_UNREADABLE, LMDB_UNREADABLE_ORDER, LMDB_UNREADABLE_BODIES,
	/* since schema 2 */
	LMDB_CERTS_OF, LMDB_COUNTS, LMDB_TOKENS, LMDB_TOKENS_BY_HASH,
	LMDB_TOKENS_BY_NAME, LMDB_AUDIT, LMDB_AUDIT_OF, LMDB_INVENTORY,
	LMDB_PUSH_CERTS, LMDB_PUSH_CERT_PEMS, LMDB_PUSH_JOBS, LMDB_PUSH_DUE,
	LMDB_PUSH_STATES,
	LMDB_WEBHOOKS, LMDB_WEBHOOK_SECRETS, LMDB_WEBHOOK_STATES, LMDB_EVENTS,
	LMDB_EVENT_BODIES, LMDB_EVENTS_IDLE, LMDB_LANES, LMDB_LANES_DUE,
	LMDB_DELIVERIES, LMDB_DELIVERIES_SEQ, LMDB_BURIED,
	/* since schema 3 */
	LMDB_ENROLL_AWAITING, LMDB_CERTS_EXPIRING, LMDB_CERTS_REVOKED,
	LMDB_TICKETS, LMDB_TICKETS_DUE, LMDB_TICKETS_OF,
	LMDB_ISSUED, LMDB_ISSUED_DERS, LMDB_ISSUED_REQUESTS,
	LMDB_ISSUED_SERIALS, LMDB_ISSUED_EXPIRING, LMDB_ACCOUNTS,
	LMDB_TABLES
};
const char *lmdb_table_name(enum lmdb_table t);

struct lmdb_tx;
struct lmdb_member;

struct lmdb_store {
	struct store base;	/* first */
	MDB_env *env;
	MDB_dbi dbi[LMDB_TABLES];
	struct seal *seal;
	char *dir;
	unsigned max_deliveries, touch_seconds;
	pid_t pid;		/* who opened it: not to be used after fork */
	struct lmdb_lock lock;
	atomic_bool dead;
	atomic_bool alerted;	/* of the trouble that lasts; see lmdb_alert */

	/* Readers: transactions that were reset, to be renewed. */
	pthread_mutex_t pool_mutex;
	struct lmdb_tx *pool;

	/* Writers: lmdb_commit.c. */
	pthread_mutex_t write_mutex;
	struct lmdb_member *first, **last;
	unsigned waiting;	/* of them, not yet collected */
	bool led;
	struct lmdb_tx *wtx;	/* the leader's */
	struct lmdb_room room;	/* the leader's */
	uint64_t commits, committed;

	struct lmdb_touches touches;
};

/* lmdb_env.c */
__typeof__(store_create) lmdb_create;
__typeof__(store_open) lmdb_open;
__typeof__(store_close) lmdb_close;
/* Opens the environment alone: no tables, no schema. */
int lmdb_env_open_at(const char *dir, uint64_t map_size, MDB_env **out,
	struct err *e);
/* A data file that was cut off is read as zeros, which LMDB calls damage,
 * where a map that ends would be SIGBUS. Only while nobody else has it. */
void lmdb_pad_data(MDB_env *env);
/* Without an environment yet; free closes that too. */
struct lmdb_store *lmdb_store_new(const struct store_options *o);
void lmdb_store_free(struct lmdb_store *st);

/* lmdb_commit.c */
__typeof__(store_write) lmdb_write;
/* True while this thread runs a closure of any store. */
bool lmdb_in_closure(void);
void lmdb_set_in_closure(bool in);

/* Maps an LMDB or errno code to *e and raises alerts; returns -1. */
int lmdb_fault(struct lmdb_store *st, int rc, const char *what,
	struct err *e);
/* After a commit that went well: trouble that comes next is worth an alert
 * again. */
void lmdb_recovered(struct lmdb_store *st);

extern const struct store_ops lmdb_ops;

#endif
