#ifndef MOORING_STORE_LMDB_LMDB_CERT_H
#define MOORING_STORE_LMDB_LMDB_CERT_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_enroll.h"

int lmdb_cert_parse(struct lmdb_tx *tx, struct bytes v,
	struct store_cert *out, struct err *e);
/* Whether it stands in certs_expiring. */
bool lmdb_cert_is_expiring(const struct store_cert *c);
/* Writes it and brings the indexes from what it was to what it is. */
int lmdb_cert_change(struct lmdb_tx *tx,
	const unsigned char sha256[DIGEST_LEN], const struct store_cert *was,
	const struct store_cert *c, struct err *e);
/* Its device goes: what was revoked stays so, and is nobody's. */
int lmdb_cert_forget(struct lmdb_tx *tx,
	const unsigned char sha256[DIGEST_LEN], struct err *e);

__typeof__(store_cert_get) lmdb_cert_get;
__typeof__(store_cert_put) lmdb_cert_put;
__typeof__(store_cert_of) lmdb_cert_of;
__typeof__(store_cert_expiring) lmdb_cert_expiring;
__typeof__(store_cert_revoked) lmdb_cert_revoked;

#endif
