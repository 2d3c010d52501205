/*
 * The tables. Numbers are 8 bytes big-endian; hash is SHA-256; records are
 * codec/rec; "sealed" is crypto/seal under the table's name and the key.
 *
 * meta              text -> "schema" u32; counters: number; "note/" and a
 *                   name: text
 * enrollments       num -> record
 * enroll_by_id      hash of kind and id -> num
 * enroll_by_text    hash of the id text, num -> (empty)
 * enroll_children   parent, num -> (empty)
 * enroll_seen       num -> last seen
 * secrets           num, store_secret (1 byte) -> sealed
 * certs             hash of the certificate -> record
 * commands          hash of the UUID -> record
 * command_bodies    hash of the UUID -> sealed
 * commands_idle     created, hash of the UUID -> (empty): without a target
 * targets           hash of the UUID, num -> record
 * queue             lmdb_key_queue -> hash of the UUID
 * dedupe            num, hash of the dedupe key -> hash of the UUID
 * history           lmdb_key_history -> hash of the UUID
 * finished          lmdb_key_finished -> hash of the UUID
 * results           num, result -> hash of the UUID, sealed
 * guard             "guard" -> record
 * guard_ids         hash of an id -> when refused
 * guard_times       when, hash of the id -> 1 byte: counts
 * allow             kind (1 byte), hash of the value -> record
 * unreadable        hash of body and certificate -> record
 * unreadable_order  number -> hash of body and certificate
 * unreadable_bodies hash of body and certificate -> sealed
 *
 * Since schema 2:
 * certs_of          num, hash of its certificate -> (empty)
 * counts            1 for a user channel, state (1 byte each) -> how many
 * tokens            number -> record
 * tokens_by_hash    hash of the token -> number
 * tokens_by_name    hash of the name -> number; of those not revoked
 * audit             ~seq -> record
 * audit_of          num, ~seq -> (empty); stays when the enrollment goes
 * inventory         num, inventory_kind (1 byte) -> sealed: time, value
 * push_certs        hash of the topic -> record
 * push_cert_pems    hash of the topic -> sealed record
 * push_jobs         num -> record
 * push_due          due, num -> (empty)
 * push_states       num -> record
 * webhooks          number -> record
 * webhook_secrets   number -> sealed record
 * webhook_states    number -> record
 * events            seq -> record
 * event_bodies      seq -> sealed record
 * events_idle       created, seq -> (empty): no delivery waits for it
 * lanes             webhook, num -> record
 * lanes_due         webhook, due, num -> (empty)
 * deliveries        webhook, num, seq -> (empty)
 * deliveries_seq    webhook, seq -> num
 * buried            webhook, seq -> record
 *
 * Since schema 3 (times in keys: see lmdb_key_due):
 * enroll_awaiting   await_until, num -> (empty)
 * certs_expiring    not_after, hash of the certificate -> (empty); of those
 *                   bound now
 * certs_revoked     hash of the certificate -> (empty)
 * tickets           hash of the text -> sealed record
 * tickets_due       0 (1 byte), expires, hash of the text -> (empty); once
 *                   more with the kind in place of 0
 * tickets_of        num, hash of the text -> (empty): what renews it
 * issued            hash of the certificate -> sealed record
 * issued_ders       hash of the certificate -> sealed
 * issued_requests   hash of the request -> hash of the certificate
 * issued_serials    hash of the serial number -> hash of the certificate
 * issued_expiring   not_after, hash of the certificate -> (empty)
 * accounts          lmdb_key_account -> sealed record
 */
#include "store/lmdb/lmdb_store.h"

static const char *const names[LMDB_TABLES] = {
	[LMDB_META] = "meta",
	[LMDB_ENROLLMENTS] = "enrollments",
	[LMDB_ENROLL_BY_ID] = "enroll_by_id",
	[LMDB_ENROLL_BY_TEXT] = "enroll_by_text",
	[LMDB_ENROLL_CHILDREN] = "enroll_children",
	[LMDB_ENROLL_SEEN] = "enroll_seen",
	[LMDB_SECRETS] = "secrets",
	[LMDB_CERTS] = "certs",
	[LMDB_COMMANDS] = "commands",
	[LMDB_COMMAND_BODIES] = "command_bodies",
	[LMDB_COMMANDS_IDLE] = "commands_idle",
	[LMDB_TARGETS] = "targets",
	[LMDB_QUEUE] = "queue",
	[LMDB_DEDUPE] = "dedupe",
	[LMDB_HISTORY] = "history",
	[LMDB_FINISHED] = "finished",
	[LMDB_RESULTS] = "results",
	[LMDB_GUARD] = "guard",
	[LMDB_GUARD_IDS] = "guard_ids",
	[LMDB_GUARD_TIMES] = "guard_times",
	[LMDB_ALLOW] = "allow",
	[LMDB_UNREADABLE] = "unreadable",
	[LMDB_UNREADABLE_ORDER] = "unreadable_order",
	[LMDB_UNREADABLE_BODIES] = "unreadable_bodies",
	[LMDB_CERTS_OF] = "certs_of",
	[LMDB_COUNTS] = "counts",
	[LMDB_TOKENS] = "tokens",
	[LMDB_TOKENS_BY_HASH] = "tokens_by_hash",
	[LMDB_TOKENS_BY_NAME] = "tokens_by_name",
	[LMDB_AUDIT] = "audit",
	[LMDB_AUDIT_OF] = "audit_of",
	[LMDB_INVENTORY] = "inventory",
	[LMDB_PUSH_CERTS] = "push_certs",
	[LMDB_PUSH_CERT_PEMS] = "push_cert_pems",
	[LMDB_PUSH_JOBS] = "push_jobs",
	[LMDB_PUSH_DUE] = "push_due",
	[LMDB_PUSH_STATES] = "push_states",
	[LMDB_WEBHOOKS] = "webhooks",
	[LMDB_WEBHOOK_SECRETS] = "webhook_secrets",
	[LMDB_WEBHOOK_STATES] = "webhook_states",
	[LMDB_EVENTS] = "events",
	[LMDB_EVENT_BODIES] = "event_bodies",
	[LMDB_EVENTS_IDLE] = "events_idle",
	[LMDB_LANES] = "lanes",
	[LMDB_LANES_DUE] = "lanes_due",
	[LMDB_DELIVERIES] = "deliveries",
	[LMDB_DELIVERIES_SEQ] = "deliveries_seq",
	[LMDB_BURIED] = "buried",
	[LMDB_ENROLL_AWAITING] = "enroll_awaiting",
	[LMDB_CERTS_EXPIRING] = "certs_expiring",
	[LMDB_CERTS_REVOKED] = "certs_revoked",
	[LMDB_TICKETS] = "tickets",
	[LMDB_TICKETS_DUE] = "tickets_due",
	[LMDB_TICKETS_OF] = "tickets_of",
	[LMDB_ISSUED] = "issued",
	[LMDB_ISSUED_DERS] = "issued_ders",
	[LMDB_ISSUED_REQUESTS] = "issued_requests",
	[LMDB_ISSUED_SERIALS] = "issued_serials",
	[LMDB_ISSUED_EXPIRING] = "issued_expiring",
	[LMDB_ACCOUNTS] = "accounts",
};

const char *lmdb_table_name(enum lmdb_table t)
{
	return names[t];
}
