#ifndef MOORING_STORE_LMDB_LMDB_PUSH_H
#define MOORING_STORE_LMDB_LMDB_PUSH_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_push.h"

/* Jobs stand in push_due by when they are due. */
struct lmdb_key lmdb_push_due_key(const struct push_job *j);
int lmdb_push_job_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct push_job *out, struct err *e);
int lmdb_push_state_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct push_state *out, struct err *e);
/* Job and state of an enrollment that is being removed. */
int lmdb_push_forget(struct lmdb_tx *tx, uint64_t num, struct err *e);

__typeof__(store_push_add) lmdb_push_add;
__typeof__(store_push_renew) lmdb_push_renew;
__typeof__(store_push_claim) lmdb_push_claim;
__typeof__(store_push_hasten) lmdb_push_hasten;
__typeof__(store_push_next_due) lmdb_push_next_due;
__typeof__(store_push_job_get) lmdb_push_job_get;
__typeof__(store_push_state_get) lmdb_push_state_get;
__typeof__(store_push_settle) lmdb_push_settle;

/* lmdb_push_cert.c. The record, without certificate and key. */
int lmdb_push_cert_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct push_cert *out, struct err *e);
struct lmdb_key lmdb_push_cert_key(const char *topic);
/* Adds certificate and key. */
int lmdb_push_cert_load_pem(struct lmdb_tx *tx, struct arena *a,
	struct push_cert *c, struct err *e);

__typeof__(store_push_cert_put) lmdb_push_cert_put;
__typeof__(store_push_cert_get) lmdb_push_cert_get;
__typeof__(store_push_cert_list) lmdb_push_cert_list;
__typeof__(store_push_cert_del) lmdb_push_cert_del;
__typeof__(store_push_cert_stop) lmdb_push_cert_stop;

#endif
