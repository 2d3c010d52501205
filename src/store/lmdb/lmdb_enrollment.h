#ifndef MOORING_STORE_LMDB_LMDB_ENROLLMENT_H
#define MOORING_STORE_LMDB_LMDB_ENROLLMENT_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_enroll.h"

/* The record without last_seen. lmdb_enrollment_rec.c. */
int lmdb_enrollment_load(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e);
int lmdb_enrollment_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct enrollment *out, struct err *e);
int lmdb_enrollment_save(struct lmdb_tx *tx, const struct enrollment *en,
	struct err *e);
/* The key in enroll_by_text. */
struct lmdb_key lmdb_enrollment_text_key(const struct enrollment *en,
	struct arena *scratch);

__typeof__(store_enrollment_find) lmdb_enrollment_find;
__typeof__(store_enrollment_get) lmdb_enrollment_get;
__typeof__(store_enrollment_lookup) lmdb_enrollment_lookup;
__typeof__(store_enrollment_put) lmdb_enrollment_put;
__typeof__(store_enrollment_children) lmdb_enrollment_children;
__typeof__(store_enrollment_list) lmdb_enrollment_list;
__typeof__(store_enrollment_skip) lmdb_enrollment_skip;
__typeof__(store_enrollment_count) lmdb_enrollment_count;
__typeof__(store_enrollment_awaiting) lmdb_enrollment_awaiting;

#endif
