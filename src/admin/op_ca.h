#ifndef MOORING_ADMIN_OP_CA_H
#define MOORING_ADMIN_OP_CA_H

#include "admin/op.h"
#include "crypto/digest.h"
#include "store/store_enroll.h"

/* The device CAs: which are trusted, and certificates signed with our own.
 * Times are seconds since 1970. All but op_ca_revoke need no store; trust
 * and issue are noted in the audit log where it can be opened (op_audit_done),
 * else in the log alone. */

#define OP_PEM_MAX ((size_t)1 << 20)	/* bytes of a file of certificates */

struct op_cert {
	const char *subject;
	const char *serial;		/* hex */
	char sha256[2 * DIGEST_LEN + 1];
	int64_t not_before, not_after;
	bool added;			/* op_ca_trust: was not there before */
};
struct cert;
/* In the arena; added is false. */
void op_ca_describe(const struct cert *c, struct arena *a,
	struct op_cert *out);
struct op_certs {
	struct op_cert *list;
	size_t n;
};
/*
 * Adds each certificate of a PEM text to DIR/pki/device-ca.bundle.pem, which
 * is replaced whole; one that is there already is not added again. Workers
 * see it within a second. Every certificate must be a CA's, else ERR_BAD_INPUT
 * names it and nothing is added.
 */
int op_ca_trust(const struct op *op, struct bytes pem, struct arena *a,
	struct op_certs *out, struct err *e);
int op_ca_list(const struct op *op, struct arena *a, struct op_certs *out,
	struct err *e);

struct op_issue {
	const char *common_name;	/* 1 to 64 characters, UTF-8 */
	unsigned days;			/* at most as long as the CA's */
	bool ec;			/* P-256; else RSA 2048 */
	/* The device it is for, as it calls itself: with it, one that is
	 * enrolled may enroll anew. NULL: nobody in particular. */
	const char *serial, *udid;
};
struct op_issued {
	struct op_cert cert;
	struct bytes pem, key_pem;	/* key_pem is a secret */
};
/* A device certificate signed by DIR/pki/device-ca.key. ERR_NOT_FOUND when
 * that is not there. It is remembered as issued (op_ca_issued) where the store
 * can be opened; one that names a device needs that. */
int op_ca_issue(const struct op *op, const struct op_issue *in,
	struct arena *a, struct op_issued *out, struct err *e);

/* Certificates that our CA issued, those that expire first first. */
struct op_ca_row {
	struct issued *cert;
	uint64_t device;	/* bound to; 0: none */
	int64_t revoked;	/* 0: not */
	int64_t replaced;	/* by another of the device, since; 0: not */
};
struct op_ca_rows {
	struct op_ca_row *list;
	size_t n;
	struct bytes next;	/* cursor of the next page; p NULL: the end */
};
int op_ca_issued(const struct op *op, struct bytes cursor, size_t limit,
	struct arena *a, struct op_ca_rows *out, struct err *e);
/* "valid", "expired", "revoked", "replaced". */
const char *op_ca_state(const struct op_ca_row *r, int64_t now);

/* Devices whose certificate, of whatever CA, expires within days. */
struct op_expiring {
	struct enrollment *en;
	unsigned char sha256[DIGEST_LEN];
	int64_t not_after;
	int64_t asked;		/* to renew, the last time; 0: never */
	int64_t renewed;	/* it did, then; 0: not yet */
};
struct op_expirings {
	struct op_expiring *list;
	size_t n;
	struct bytes next;
};
int op_ca_expiring(const struct op *op, unsigned days, struct bytes cursor,
	size_t limit, struct arena *a, struct op_expirings *out,
	struct err *e);

/* The revocation list of our CA, DER; hours: until the next one. For others:
 * Mooring asks its store, and no web server is to be given one. */
int op_ca_crl(const struct op *op, unsigned hours, struct arena *a,
	struct bytes *der, struct err *e);

/* The certificate of our CA anew, for the same key, valid for days: what it
 * issued stays trusted, and devices need nothing. */
int op_ca_renew(const struct op *op, unsigned days, struct arena *a,
	struct op_cert *out, struct err *e);

/* A device certificate is refused from the next request on. */
struct op_revoked {
	struct op_cert cert;
	int64_t revoked;
	bool changed;		/* false: was revoked before */
	uint64_t device;	/* it was bound to; 0: none */
};
int op_ca_revoke(const struct op *op, struct bytes pem, struct arena *a,
	struct op_revoked *out, struct err *e);
/* One that our CA issued, by its serial number in hexadecimal.
 * ERR_NOT_FOUND. */
int op_ca_revoke_serial(const struct op *op, const char *serial,
	struct arena *a, struct op_revoked *out, struct err *e);

#endif
