#ifndef MOORING_STORE_LMDB_LMDB_COMMAND_H
#define MOORING_STORE_LMDB_LMDB_COMMAND_H

#include "store/lmdb/lmdb_tx.h"

/* The record, without body and digest. Absent: *out = NULL. */
int lmdb_command_load(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct command **out, struct err *e);
int lmdb_command_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct command *out, struct err *e);
/* Adds body and digest. */
int lmdb_command_load_body(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct command *c, struct err *e);
/* The key in commands_idle. */
struct lmdb_key lmdb_command_idle_key(const struct command *c,
	const unsigned char hash[DIGEST_LEN]);
/* Record and body; the caller knows that no target is left. */
int lmdb_command_remove(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct err *e);

__typeof__(store_command_put) lmdb_command_put;
__typeof__(store_command_get) lmdb_command_get;

#endif
