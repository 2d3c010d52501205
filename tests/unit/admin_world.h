#ifndef MOORING_TESTS_ADMIN_WORLD_H
#define MOORING_TESTS_ADMIN_WORLD_H

#include "admin/op.h"

/* A data directory made by op_init, opened as an operator does. Faults end
 * the test. */
struct admin_world {
	char dir[64];
	struct arena *arena;	/* what op holds open lives here */
	struct arena *a;	/* a test's own */
	struct op op;
	struct err err;
};

/* In a test that has its world as w. */
#define OK(expr) do { \
	if ((expr) < 0) \
		fail_msg("%s: %s", #expr, w->err.msg); \
} while (0)
#define FAILS(kind_, expr) do { \
	w->err = (struct err)ERR_INIT; \
	assert_int_equal(expr, -1); \
	assert_int_equal(w->err.kind, kind_); \
} while (0)
#define EACH(test) cmocka_unit_test_setup(test, admin_each)

int admin_setup(void **state);		/* *state = struct admin_world */
int admin_teardown(void **state);
/* Closes the store, and opens it again: a process opens it once. */
void admin_close(struct admin_world *w);
void admin_open(struct admin_world *w);
/* Before each test: an empty arena. */
int admin_each(void **state);

/* Puts an enrolled device / an enabled user channel of it. */
struct enrollment *admin_device(struct admin_world *w, const char *udid);
struct enrollment *admin_user(struct admin_world *w,
	const struct enrollment *device, const char *user);
/* The record as it is now. */
struct enrollment *admin_get(struct admin_world *w, uint64_t num);
void admin_put(struct admin_world *w, struct enrollment *en);
/* A raw command: an XML plist; uuid NULL: without one. */
struct bytes admin_plist(struct admin_world *w, const char *uuid,
	const char *request_type);
/* Queues it for one; the op_target that came out. */
struct op_target admin_enqueue(struct admin_world *w, const char *id,
	const char *uuid, const char *request_type);
/* The device's answer, straight into the store. */
void admin_answer(struct admin_world *w, uint64_t num, const char *uuid,
	enum target_state state, const char *raw);

#endif
