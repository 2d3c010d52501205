#ifndef MOORING_STORE_LMDB_LMDB_ENROLL_H
#define MOORING_STORE_LMDB_LMDB_ENROLL_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_enroll.h"

/* The verbs of store_enroll.h, each part in its own file. */

/* lmdb_grant.c: a grant as a field of a record. */
void lmdb_grant_put(struct buf *b, uint8_t tag, const struct grant *g);
/* What does not parse makes the reader bad. */
void lmdb_grant_get(struct rec_reader *r, uint8_t tag, struct arena *a,
	struct grant *out);

/* lmdb_ticket.c */
int lmdb_ticket_open(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct bytes sealed, struct arena *a, struct ticket *out,
	struct err *e);
/* Up to *left tickets that renew this device; counts *left down. */
int lmdb_ticket_forget(struct lmdb_tx *tx, uint64_t num, size_t *left,
	struct err *e);
__typeof__(store_ticket_put) lmdb_ticket_put;
__typeof__(store_ticket_get) lmdb_ticket_get;
__typeof__(store_ticket_del) lmdb_ticket_del;
__typeof__(store_ticket_list) lmdb_ticket_list;
__typeof__(store_ticket_sweep) lmdb_ticket_sweep;

/* lmdb_issued.c */
int lmdb_issued_open(struct lmdb_tx *tx, const unsigned char cert[DIGEST_LEN],
	struct bytes sealed, struct arena *a, struct issued *out,
	struct err *e);
struct lmdb_key lmdb_issued_serial_key(const char *serial);
bool lmdb_issued_has_request(const struct issued *c);
__typeof__(store_issued_add) lmdb_issued_add;
__typeof__(store_issued_get) lmdb_issued_get;
__typeof__(store_issued_find) lmdb_issued_find;
__typeof__(store_issued_by_serial) lmdb_issued_by_serial;
__typeof__(store_issued_list) lmdb_issued_list;
__typeof__(store_issued_sweep) lmdb_issued_sweep;

/* lmdb_account.c */
int lmdb_account_open(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes sealed, struct arena *a, struct account *out,
	struct err *e);
/* Without case. */
const char *lmdb_account_fold(const char *name, struct arena *a);
__typeof__(store_account_put) lmdb_account_put;
__typeof__(store_account_get) lmdb_account_get;
__typeof__(store_account_list) lmdb_account_list;
__typeof__(store_account_del) lmdb_account_del;

#endif
