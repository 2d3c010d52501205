#ifndef MOORING_STORE_LMDB_LMDB_ADMIN_H
#define MOORING_STORE_LMDB_LMDB_ADMIN_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_admin.h"

/* The verbs of store_admin.h, each part in its own file. */

/* lmdb_token.c */
int lmdb_token_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct token *out, unsigned char hash[DIGEST_LEN],
	struct err *e);
struct lmdb_key lmdb_token_name_key(const char *name);
__typeof__(store_token_put) lmdb_token_put;
__typeof__(store_token_find) lmdb_token_find;
__typeof__(store_token_get) lmdb_token_get;
__typeof__(store_token_list) lmdb_token_list;

/* lmdb_audit.c */
int lmdb_audit_parse(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct arena *a, struct audit *out, struct err *e);
__typeof__(store_audit_add) lmdb_audit_add;
__typeof__(store_audit_list) lmdb_audit_list;
__typeof__(store_audit_sweep) lmdb_audit_sweep;

/* lmdb_inventory.c */
__typeof__(store_inventory_put) lmdb_inventory_put;
__typeof__(store_inventory_get) lmdb_inventory_get;

/* lmdb_remove.c */
__typeof__(store_enrollment_remove) lmdb_enrollment_remove;

/* lmdb_counts.c */
struct lmdb_key lmdb_counts_key(enum enrollment_kind kind,
	enum enrollment_state state);
/* An enrollment of this kind comes into this state, from that one. 0: from,
 * or to, none. */
int lmdb_counts_move(struct lmdb_tx *tx, enum enrollment_kind kind,
	enum enrollment_state from, enum enrollment_state to, struct err *e);
__typeof__(store_counts) lmdb_counts;
__typeof__(store_queue_owners) lmdb_queue_owners;

/* lmdb_check_admin.c */
struct lmdb_check;
/* The figures are those of the enrollments that were met. */
void lmdb_check_counts(struct lmdb_check *c);

#endif
