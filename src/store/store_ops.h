#ifndef MOORING_STORE_STORE_OPS_H
#define MOORING_STORE_STORE_OPS_H

#include "store/store.h"
#include "store/store_admin.h"
#include "store/store_enroll.h"
#include "store/store_event.h"
#include "store/store_note.h"
#include "store/store_push.h"

/*
 * What an engine implements. The contract of each verb stands in store.h
 * and the headers beside it alone; store.c and store_admin.c check arguments
 * that are wrong on every engine and then call these. An engine's own store
 * and transaction begin with the structs below.
 */
#define STORE_VERBS_MDM(X) \
	X(enrollment_find) X(enrollment_get) X(enrollment_lookup) \
	X(enrollment_put) X(enrollment_children) X(enrollment_list) \
	X(enrollment_skip) X(enrollment_count) \
	X(secret_put) X(secret_get) X(secret_del) \
	X(cert_get) X(cert_put) \
	X(command_put) X(command_get) \
	X(target_add) X(target_get) X(target_park) X(target_sent) \
	X(target_answer) X(target_requeue) X(target_cancel) X(target_list) \
	X(queue_next) X(queue_settle) X(queue_unpark) X(queue_has_parked) \
	X(queue_waiting) \
	X(queue_cancel) X(queue_list) X(history_list) \
	X(result_get) X(sweep) \
	X(guard_get) X(guard_refused) X(guard_refuse) X(guard_arm) \
	X(guard_release) \
	X(allow_put) X(allow_del) X(allow_has) X(allow_list) \
	X(unreadable)
#define STORE_VERBS_EVENT(X) \
	X(webhook_put) X(webhook_get) X(webhook_list) X(webhook_del) \
	X(webhook_state_get) X(webhook_state_put) \
	X(event_wanted) X(event_add) X(event_get) X(event_sweep) \
	X(delivery_list) X(delivery_claim) X(delivery_done) \
	X(delivery_retry) X(delivery_bury) X(delivery_expire) \
	X(delivery_replay) \
	X(delivery_next_due) X(outbox_info)
#define STORE_VERBS_PUSH(X) \
	X(push_cert_put) X(push_cert_get) X(push_cert_list) \
	X(push_cert_del) X(push_cert_stop) X(push_hasten) \
	X(push_add) X(push_renew) X(push_claim) X(push_next_due) \
	X(push_state_get) X(push_job_get) X(push_settle)
#define STORE_VERBS_ADMIN(X) \
	X(token_put) X(token_find) X(token_get) X(token_list) \
	X(audit_add) X(audit_list) X(audit_sweep) \
	X(inventory_put) X(inventory_get) \
	X(enrollment_remove) X(counts) X(queue_owners)
#define STORE_VERBS_NOTE(X) \
	X(note_get) X(note_put)
#define STORE_VERBS_ENROLL(X) \
	X(ticket_put) X(ticket_get) X(ticket_del) X(ticket_list) \
	X(ticket_sweep) \
	X(issued_add) X(issued_get) X(issued_find) X(issued_by_serial) \
	X(issued_list) X(issued_sweep) \
	X(cert_of) X(cert_expiring) X(cert_revoked) \
	X(account_put) X(account_get) X(account_list) X(account_del) \
	X(enrollment_awaiting)
#define STORE_VERBS(X) \
	STORE_VERBS_MDM(X) STORE_VERBS_EVENT(X) STORE_VERBS_PUSH(X) \
	STORE_VERBS_ADMIN(X) STORE_VERBS_NOTE(X) \
	STORE_VERBS_ENROLL(X)

/* Of an open store. close frees the struct store too. */
#define STORE_CALLS(X) \
	X(close) X(is_dead) X(read) X(write) X(touch_seen) \
	X(touch_delivered) X(info) X(check) X(copy)

struct store_ops {
#define STORE_MEMBER(name) __typeof__(store_##name) *name;
	STORE_CALLS(STORE_MEMBER)
	STORE_VERBS(STORE_MEMBER)
#undef STORE_MEMBER
};

struct store {
	const struct store_ops *ops;
};

struct store_tx {
	const struct store_ops *ops;
	bool write;
};

/* An engine before it is open. */
struct store_engine {
	const char *name;
	__typeof__(store_create) *create;
	__typeof__(store_open) *open;
	__typeof__(store_compact) *compact;
	__typeof__(store_migrate) *migrate;
	__typeof__(store_restore) *restore;
};

#endif
