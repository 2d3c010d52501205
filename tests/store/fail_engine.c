/* Forwards, counts, and fails when told to. */
#include "fail_engine.h"

#include <stdlib.h>

#include "fail_verbs.h"

struct fail_engine {
	struct store base;	/* first */
	struct store *inner;
	unsigned nth, calls;
};

struct fail_tx {
	struct store_tx base;	/* first */
	struct fail_engine *engine;
	struct store_tx *inner;
};

bool fail_now(struct store_tx *tx, struct err *e)
{
	struct fail_engine *f = ((struct fail_tx *)tx)->engine;

	if (f->nth == 0 || ++f->calls != f->nth)
		return false;
	err_set(e, ERR_BUSY, "call %u fails", f->nth);
	return true;
}

struct store_tx *fail_inner(struct store_tx *tx)
{
	return ((struct fail_tx *)tx)->inner;
}

static int fail_enrollment_find(struct store_tx *tx,
	const struct enrollment_id *id, struct arena *a, struct enrollment **out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_find(fail_inner(tx), id, a,
	    out, e);
}

static int fail_enrollment_get(struct store_tx *tx, uint64_t num,
	struct arena *a, struct enrollment **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_get(fail_inner(tx), num, a,
	    out, e);
}

static int fail_enrollment_lookup(struct store_tx *tx, struct bytes text,
	struct arena *a, struct enrollment **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_lookup(fail_inner(tx), text,
	    a, out, e);
}

static int fail_enrollment_put(struct store_tx *tx, struct enrollment *en,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_put(fail_inner(tx), en, e);
}

static int fail_enrollment_children(struct store_tx *tx, uint64_t device,
	uint64_t after, size_t limit, struct arena *a, uint64_t **nums, size_t *n,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_children(fail_inner(tx),
	    device, after, limit, a, nums, n, e);
}

static int fail_enrollment_list(struct store_tx *tx, uint64_t after,
	size_t limit, struct arena *a, struct enrollment ***out, size_t *n,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_list(fail_inner(tx), after,
	    limit, a, out, n, e);
}

static int fail_enrollment_skip(struct store_tx *tx, uint64_t after,
	uint64_t n, uint64_t *num, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_skip(fail_inner(tx), after,
	    n, num, e);
}

static int fail_enrollment_count(struct store_tx *tx, uint64_t *out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_enrollment_count(fail_inner(tx), out,
	    e);
}

static int fail_secret_put(struct store_tx *tx, uint64_t num,
	enum store_secret s, struct bytes value, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_secret_put(fail_inner(tx), num, s,
	    value, e);
}

static int fail_secret_get(struct store_tx *tx, uint64_t num,
	enum store_secret s, struct arena *a, struct bytes *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_secret_get(fail_inner(tx), num, s, a,
	    out, e);
}

static int fail_secret_del(struct store_tx *tx, uint64_t num,
	enum store_secret s, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_secret_del(fail_inner(tx), num, s, e);
}

static int fail_cert_get(struct store_tx *tx,
	const unsigned char sha256[DIGEST_LEN], bool *found, struct store_cert *out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_cert_get(fail_inner(tx), sha256, found,
	    out, e);
}

static int fail_cert_put(struct store_tx *tx,
	const unsigned char sha256[DIGEST_LEN], const struct store_cert *c,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_cert_put(fail_inner(tx), sha256, c, e);
}

static int fail_command_put(struct store_tx *tx, const struct command *c,
	bool *created, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_command_put(fail_inner(tx), c, created,
	    e);
}

static int fail_command_get(struct store_tx *tx, const char *uuid,
	struct arena *a, struct command **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_command_get(fail_inner(tx), uuid, a,
	    out, e);
}

static int fail_target_add(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const struct target_options *o, int64_t now,
	enum store_queued *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_add(fail_inner(tx), en, uuid, o,
	    now, out, e);
}

static int fail_target_get(struct store_tx *tx, uint64_t num,
	const char *uuid, struct arena *a, struct target **out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_get(fail_inner(tx), num, uuid, a,
	    out, e);
}

static int fail_queue_next(struct store_tx *tx, uint64_t num, bool parked_too,
	int64_t now, struct arena *a, struct store_next *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_next(fail_inner(tx), num,
	    parked_too, now, a, out, e);
}

static int fail_queue_settle(struct store_tx *tx, uint64_t num,
	bool parked_too, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_settle(fail_inner(tx), num,
	    parked_too, now, e);
}

static int fail_target_park(struct store_tx *tx, uint64_t num,
	const char *uuid, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_park(fail_inner(tx), num, uuid,
	    now, e);
}

static int fail_queue_unpark(struct store_tx *tx, uint64_t num, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_unpark(fail_inner(tx), num, e);
}

static int fail_queue_has_parked(struct store_tx *tx, uint64_t num, bool *out,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_has_parked(fail_inner(tx), num,
	    out, e);
}

static int fail_queue_waiting(struct store_tx *tx, uint64_t num,
	int64_t after, int64_t *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_waiting(fail_inner(tx), num,
	    after, out, e);
}

static int fail_target_sent(struct store_tx *tx, uint64_t num,
	const char *uuid, int64_t now, bool *moved, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_sent(fail_inner(tx), num, uuid,
	    now, moved, e);
}

static int fail_target_answer(struct store_tx *tx, uint64_t num,
	const char *uuid, enum target_state state, struct bytes raw, int64_t now,
	enum store_answer *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_answer(fail_inner(tx), num, uuid,
	    state, raw, now, out, e);
}

static int fail_target_requeue(struct store_tx *tx,
	const struct enrollment *en, const char *uuid, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_requeue(fail_inner(tx), en, uuid,
	    now, e);
}

static int fail_queue_cancel(struct store_tx *tx, uint64_t num, size_t limit,
	int64_t now, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_cancel(fail_inner(tx), num, limit,
	    now, n, e);
}

static int fail_target_cancel(struct store_tx *tx, uint64_t num,
	const char *uuid, int64_t now, bool *was, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_cancel(fail_inner(tx), num, uuid,
	    now, was, e);
}

static int fail_queue_list(struct store_tx *tx, uint64_t num,
	struct bytes cursor, size_t limit, struct arena *a, struct target ***out,
	size_t *n, struct bytes *next, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_queue_list(fail_inner(tx), num, cursor,
	    limit, a, out, n, next, e);
}

static int fail_history_list(struct store_tx *tx, uint64_t num,
	struct bytes cursor, size_t limit, struct arena *a, struct target ***out,
	size_t *n, struct bytes *next, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_history_list(fail_inner(tx), num,
	    cursor, limit, a, out, n, next, e);
}

static int fail_target_list(struct store_tx *tx, const char *uuid,
	uint64_t after, size_t limit, struct arena *a, struct target ***out,
	size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_target_list(fail_inner(tx), uuid, after,
	    limit, a, out, n, e);
}

static int fail_result_get(struct store_tx *tx, uint64_t num, uint64_t result,
	struct arena *a, struct bytes *raw, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_result_get(fail_inner(tx), num, result,
	    a, raw, e);
}

static int fail_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_sweep(fail_inner(tx), before, max,
	    limit, n, e);
}

static int fail_guard_get(struct store_tx *tx, int64_t now, struct arena *a,
	struct store_guard *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_guard_get(fail_inner(tx), now, a, out,
	    e);
}

static int fail_guard_refused(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t *when, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_guard_refused(fail_inner(tx), key, when,
	    e);
}

static int fail_guard_refuse(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_guard_refuse(fail_inner(tx), key, now,
	    e);
}

static int fail_guard_arm(struct store_tx *tx, int64_t until, const char *why,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_guard_arm(fail_inner(tx), until, why,
	    e);
}

static int fail_guard_release(struct store_tx *tx, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_guard_release(fail_inner(tx), now, e);
}

static int fail_allow_put(struct store_tx *tx, enum store_allow kind,
	struct bytes value, int64_t now, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_allow_put(fail_inner(tx), kind, value,
	    now, e);
}

static int fail_allow_del(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *was, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_allow_del(fail_inner(tx), kind, value,
	    was, e);
}

static int fail_allow_has(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_allow_has(fail_inner(tx), kind, value,
	    out, e);
}

static int fail_allow_list(struct store_tx *tx, struct bytes cursor,
	size_t limit, struct arena *a, struct store_allowed **out, size_t *n,
	struct bytes *next, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_allow_list(fail_inner(tx), cursor,
	    limit, a, out, n, next, e);
}

static int fail_unreadable(struct store_tx *tx,
	const unsigned char body[DIGEST_LEN], const unsigned char cert[DIGEST_LEN],
	struct bytes raw, int64_t now, unsigned *count, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_unreadable(fail_inner(tx), body, cert,
	    raw, now, count, e);
}

/* ---- of the open store ---- */

static const struct store_ops fail_ops;

struct closure {
	struct fail_engine *engine;
	store_fn fn;
	void *arg;
};

static int run(struct store_tx *tx, void *arg, struct err *e)
{
	struct closure *c = arg;
	struct fail_tx mine = { { &fail_ops, tx->write }, c->engine, tx };

	return c->fn(&mine.base, c->arg, e);
}

static int fail_read(struct store *st, store_fn fn, void *arg, struct err *e)
{
	struct closure c = { (struct fail_engine *)st, fn, arg };

	return store_read(c.engine->inner, run, &c, e);
}

static int fail_write(struct store *st, store_fn fn, void *arg, struct err *e)
{
	struct closure c = { (struct fail_engine *)st, fn, arg };

	return store_write(c.engine->inner, run, &c, e);
}

static void fail_close(struct store *st)
{
	store_close(((struct fail_engine *)st)->inner);
	free(st);
}

static bool fail_is_dead(struct store *st)
{
	return store_is_dead(((struct fail_engine *)st)->inner);
}

static void fail_touch_seen(struct store *st, uint64_t num, int64_t now)
{
	store_touch_seen(((struct fail_engine *)st)->inner, num, now);
}

static void fail_touch_delivered(struct store *st, uint64_t num,
	const char *uuid, int64_t now)
{
	store_touch_delivered(((struct fail_engine *)st)->inner, num, uuid,
	    now);
}

static int fail_info(struct store *st, struct store_info *out, struct err *e)
{
	return store_info(((struct fail_engine *)st)->inner, out, e);
}

static int fail_check(struct store *st, void (*report)(const char *line,
	void *arg), void *arg, uint64_t *faults, struct err *e)
{
	return store_check(((struct fail_engine *)st)->inner, report, arg,
	    faults, e);
}

static int fail_copy(struct store *st, const char *path,
	struct store_copying *c, struct err *e)
{
	return store_copy(((struct fail_engine *)st)->inner, path, c, e);
}

static const struct store_ops fail_ops = {
#define ROW(name) .name = fail_##name,
	STORE_CALLS(ROW)
	STORE_VERBS(ROW)
#undef ROW
};

struct store *fail_engine_new(struct store *in)
{
	struct fail_engine *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->base.ops = &fail_ops;
	f->inner = in;
	return &f->base;
}

void fail_engine_arm(struct store *st, unsigned nth)
{
	struct fail_engine *f = (struct fail_engine *)st;

	f->nth = nth;
	f->calls = 0;
}

bool fail_engine_hit(const struct store *st)
{
	const struct fail_engine *f = (const struct fail_engine *)st;

	return f->nth != 0 && f->calls >= f->nth;
}
