#ifndef MOORING_STORE_STORE_ENROLL_H
#define MOORING_STORE_STORE_ENROLL_H

#include "model/grant.h"
#include "store/store.h"

/*
 * The way into management: tickets, issued certificates, accounts, devices
 * that wait in Setup Assistant. Verbs of a transaction, as in store.h.
 */

/* ---- tickets: challenges, invites, logins ---- */
/* Inserts, or replaces the one with this hash (its expires may change). The
 * grant is kept sealed. */
int store_ticket_put(struct store_tx *tx, const struct ticket *t,
	struct err *e);
/* Used and expired ones too, until they are swept. Absent: *out = NULL. */
int store_ticket_get(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct ticket **out, struct err *e);
int store_ticket_del(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], bool *was, struct err *e);
/* Of one kind (0: all), what expires first comes first. cursor {NULL, 0}:
 * from the start; *next, in the arena: where the next page begins, p NULL at
 * the end. */
int store_ticket_list(struct store_tx *tx, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next,
	struct err *e);
/* Removes up to limit that expired before this time. */
int store_ticket_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e);

/* ---- issued certificates ---- */
/* ERR_CONFLICT when this certificate, its request or its serial number is
 * there already. ERR_BAD_INPUT: no serial number, or an overlong one. */
int store_issued_add(struct store_tx *tx, const struct issued *c,
	struct err *e);
/* By the certificate's digest / what SCEP calls a request / the serial
 * number in hexadecimal, in either case, zeros in front or not. Absent: *out
 * = NULL. */
int store_issued_get(struct store_tx *tx,
	const unsigned char cert[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e);
int store_issued_find(struct store_tx *tx,
	const unsigned char request[DIGEST_LEN], struct arena *a,
	struct issued **out, struct err *e);
int store_issued_by_serial(struct store_tx *tx, const char *serial,
	struct arena *a, struct issued **out, struct err *e);
/* What expires first comes first; without the DER. Cursor as above. */
int store_issued_list(struct store_tx *tx, struct bytes cursor, size_t limit,
	struct arena *a, struct issued ***out, size_t *n,
	struct bytes *next, struct err *e);
/* Removes up to limit whose certificate expired before this time. */
int store_issued_sweep(struct store_tx *tx, int64_t before, size_t limit,
	size_t *n, struct err *e);

/* ---- bound certificates ---- */
struct store_cert_row {
	unsigned char sha256[DIGEST_LEN];
	struct store_cert cert;
};
/* All that speak or spoke for a device, by digest, from `after` (exclusive;
 * NULL: from the start). */
int store_cert_of(struct store_tx *tx, uint64_t device,
	const unsigned char *after, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct err *e);
/* Those bound now that expire before this time, the first to expire first.
 * Cursor as above. Not those whose not_after is not known. */
int store_cert_expiring(struct store_tx *tx, int64_t before,
	struct bytes cursor, size_t limit, struct arena *a,
	struct store_cert_row **out, size_t *n, struct bytes *next,
	struct err *e);
/* The revoked ones, by digest, from `after`. */
int store_cert_revoked(struct store_tx *tx, const unsigned char *after,
	size_t limit, struct arena *a, struct store_cert_row **out,
	size_t *n, struct err *e);

/* ---- accounts ---- */
/* By the name without case (ASCII's). ERR_BAD_INPUT: empty, or over 255 bytes. */
int store_account_put(struct store_tx *tx, const struct account *c,
	struct err *e);
int store_account_get(struct store_tx *tx, const char *name, struct arena *a,
	struct account **out, struct err *e);
/* By name, from `after` (exclusive; NULL: from the start). */
int store_account_list(struct store_tx *tx, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n, struct err *e);
int store_account_del(struct store_tx *tx, const char *name, bool *was,
	struct err *e);

/* ---- Setup Assistant ---- */
/* Devices whose await_until (model/enrollment.h) is not after `now`, the
 * longest due first. */
int store_enrollment_awaiting(struct store_tx *tx, int64_t now, size_t limit,
	struct arena *a, uint64_t **nums, size_t *n, struct err *e);

#endif
