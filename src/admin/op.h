#ifndef MOORING_ADMIN_OP_H
#define MOORING_ADMIN_OP_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "model/enrollment.h"
#include "store/store.h"

/*
 * What an operator can do, once: mooringctl and the admin API are skins over
 * the op_* functions. They take plain values, leave their results in the
 * caller's arena, print nothing, and are durable when they return 0.
 *
 * struct op is who does it, on what. A worker fills it from what it has
 * open; a tool calls op_open.
 */
struct pusher;
struct op {
	struct store *store;	/* NULL: from op_open_conf */
	const struct conf *conf;
	const char *who;	/* "cli:root", "token:ci": in the audit log */
	int64_t now;		/* seconds since 1970 */
	/* Pushes at once; NULL: the courier does. */
	struct pusher *pusher;
};

/* Settings, key ring and store of a data directory; closed with the arena.
 * ERR_NOT_FOUND says `mooringctl init`. */
int op_open(const char *dir, const char *who, int64_t now, struct arena *a,
	struct op *out, struct err *e);
/* Only the settings: for what needs no store. */
int op_open_conf(const char *dir, const char *who, int64_t now,
	struct arena *a, struct op *out, struct err *e);
/* What op_open gives the store: for op_init and an offline compaction. The
 * key ring is closed with the arena. */
int op_store_options(const struct conf *conf, struct arena *a,
	struct store_options *out, struct err *e);

/*
 * The audit log. Whatever changes something adds its record in the same
 * transaction, and writes the log line (event=admin op=… target=… who=…, at
 * level info) after the commit. num: the enrollment it was done to, 0: none.
 * target, detail: what else there is to say, never a secret; may be NULL.
 */
int op_audit(struct store_tx *tx, const struct op *op, const char *what,
	uint64_t num, const char *target, const char *detail, struct err *e);
void op_log(const struct op *op, const char *what, const char *target);
/* store_write on the store that is open, or on one opened for this alone. */
int op_write(const struct op *op, store_fn fn, void *arg, struct err *e);
/* For what is done outside of the store, or to the whole of it, after it was
 * done: its record, where the store is open or can be opened now (with a
 * warning in the log where not), and the log line. */
void op_audit_done(const struct op *op, const char *what, const char *target,
	const char *detail);

/* Inside a transaction: as store_enrollment_lookup, but absence is
 * ERR_NOT_FOUND and names the id. */
int op_lookup(struct store_tx *tx, struct bytes id, struct arena *a,
	struct enrollment **out, struct err *e);
/* A page of a list, in one read transaction: limit 0 is ERR_BAD_INPUT. */
int op_list(const struct op *op, size_t limit, store_fn fn, void *arg,
	struct err *e);
/* One more than limit was asked for, *n came: whether there is a next page;
 * *n is then limit. */
bool op_list_more(size_t *n, size_t limit);
/* Any text as one line for people: controls, line separators and what is not
 * UTF-8 become '?'; over max bytes it is cut, with "…". */
const char *op_line(struct bytes text, size_t max, struct arena *a);
/* Only cut. */
const char *op_cut(const char *text, size_t max, struct arena *a);
/* "ID" or "ID:USER" as op_line with 80 bytes, then " (@NUMBER)". */
const char *op_name(const struct enrollment *en, struct arena *a);

#endif
