#ifndef MOORING_TESTS_STORE_WORLD_H
#define MOORING_TESTS_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "store/store.h"

/*
 * A store of its own for each test. A transaction is opened and ended by
 * hand, so that a test reads from top to bottom:
 *
 *	struct store_tx *tx = world_write(w);
 *	OK(store_enrollment_put(tx, &en, &w->err));
 *	world_commit(w);
 */
struct variant {
	const char *name;
	unsigned touch_seconds;
	bool forwarded;		/* through the engine that fails */
};

struct world {
	const struct variant *variant;
	char dir[64], path[96];
	struct seal *seal;
	struct store_options options;
	struct store *st;
	struct arena *arena;
	struct err err;
	int64_t now;
	struct world_tx *txs;	/* open, the last one first */
};

/* *state is the variant before and the world after; NULL: plain lmdb. */
int world_setup(void **state);
int world_teardown(void **state);
/* The same without a test around it; ends the process on trouble. */
struct world *world_new(const struct variant *v, uint64_t map_size);
void world_free(struct world *w);
void world_open(struct world *w);
void world_close(struct world *w);

/* Reads and writes may be open at the same time; they end in the reverse
 * order. End and commit give what store_read or store_write gave. */
struct store_tx *world_read(struct world *w);
struct store_tx *world_write(struct world *w);
void world_end(struct world *w);	/* a read; must be fine */
void world_commit(struct world *w);	/* must be fine */
int world_try_commit(struct world *w);
void world_abort(struct world *w);	/* the closure fails */

#define OK(call) do { \
	if ((call) < 0) \
		fail_msg("%s: %s", #call, w->err.msg); \
} while (0)
#define FAILS(call, want) do { \
	if ((call) == 0) \
		fail_msg("%s: did not fail", #call); \
	if (w->err.kind != (want)) \
		fail_msg("%s: %s: %s", #call, err_kind_name(w->err.kind), \
		    w->err.msg); \
} while (0)

/* ---- things to store ---- */
struct enrollment world_device(const char *udid);
/* Stored and enabled. */
struct enrollment world_enroll(struct world *w, const char *udid);
struct command world_command(const char *uuid);
/* The command is made when it is not there. */
enum store_queued world_add(struct world *w, const struct enrollment *en,
	const char *uuid, const struct target_options *o);
/* UUID of the next command; NULL: none. Settles first where it must. */
const char *world_next(struct world *w, uint64_t num, bool parked_too);
struct target *world_target(struct world *w, uint64_t num, const char *uuid);
enum store_answer world_answer(struct world *w, uint64_t num,
	const char *uuid, enum target_state state, const char *raw);
void world_park(struct world *w, uint64_t num, const char *uuid);
/* store_check finds nothing. */
void world_check(struct world *w);

#endif
