#ifndef MOORING_STORE_LMDB_LMDB_DUE_H
#define MOORING_STORE_LMDB_LMDB_DUE_H

#include "store/lmdb/lmdb_tx.h"

/* Pages of an index of lmdb_key_due: what is due first comes first. */
struct lmdb_due {
	enum lmdb_table table;
	int first;		/* the byte in front; -1: none */
	int64_t before;		/* only what is due before … */
	bool all;		/* … or everything */
	struct bytes cursor;	/* {NULL, 0}: from the start */
	size_t limit;
};
/* Hashes in the scratch arena; *next in the arena, p NULL: no more.
 * ERR_BAD_INPUT: a cursor that is not ours. */
int lmdb_due_page(struct lmdb_tx *tx, const struct lmdb_due *q,
	struct arena *a, unsigned char (**out)[DIGEST_LEN], size_t *n,
	struct bytes *next, struct err *e);
/* The first one that is due before this time; false: none. */
int lmdb_due_first(struct lmdb_tx *tx, enum lmdb_table t, int first,
	int64_t before, unsigned char out[DIGEST_LEN], bool *found,
	struct err *e);

#endif
