#ifndef MOORING_ADMIN_OP_CA_H
#define MOORING_ADMIN_OP_CA_H

#include "admin/op.h"
#include "crypto/digest.h"

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
};
struct op_issued {
	struct op_cert cert;
	struct bytes pem, key_pem;	/* key_pem is a secret */
};
/* A device certificate signed by DIR/pki/device-ca.key. ERR_NOT_FOUND when
 * that is not there. */
int op_ca_issue(const struct op *op, const struct op_issue *in,
	struct arena *a, struct op_issued *out, struct err *e);

/* A device certificate is refused from the next request on. */
struct op_revoked {
	struct op_cert cert;
	int64_t revoked;
	bool changed;		/* false: was revoked before */
	uint64_t device;	/* it was bound to; 0: none */
};
int op_ca_revoke(const struct op *op, struct bytes pem, struct arena *a,
	struct op_revoked *out, struct err *e);

#endif
