/* The store as its callers see it: checks what is wrong on every engine and
 * hands over to the engine. No engine's library is known here. */
#include "store/store.h"

#include <string.h>

#include "store/lmdb/lmdb_engine.h"
#include "store/store_ops.h"

int store_create(const struct store_options *o, struct err *e)
{
	return lmdb_engine.create(o, e);
}

int store_open(const struct store_options *o, int64_t now, struct store **out,
	struct err *e)
{
	return lmdb_engine.open(o, now, out, e);
}

int store_compact(const struct store_options *o, uint64_t *before,
	uint64_t *after, struct err *e)
{
	return lmdb_engine.compact(o, before, after, e);
}

int store_restore(const struct store_options *o, const char *path, int64_t now,
	void (*report)(const char *line, void *arg), void *arg, struct arena *a,
	const char **kept, struct err *e)
{
	return lmdb_engine.restore(o, path, now, report, arg, a, kept, e);
}

void store_close(struct store *st)
{
	if (st != NULL)
		st->ops->close(st);
}

bool store_is_dead(struct store *st)
{
	return st->ops->is_dead(st);
}

int store_read(struct store *st, store_fn fn, void *arg, struct err *e)
{
	return st->ops->read(st, fn, arg, e);
}

int store_write(struct store *st, store_fn fn, void *arg, struct err *e)
{
	return st->ops->write(st, fn, arg, e);
}

void store_touch_seen(struct store *st, uint64_t num, int64_t now)
{
	st->ops->touch_seen(st, num, now);
}

void store_touch_delivered(struct store *st, uint64_t num, const char *uuid,
	int64_t now)
{
	st->ops->touch_delivered(st, num, uuid, now);
}

int store_info(struct store *st, struct store_info *out, struct err *e)
{
	return st->ops->info(st, out, e);
}

int store_check(struct store *st, void (*report)(const char *line, void *arg),
	void *arg, uint64_t *faults, struct err *e)
{
	return st->ops->check(st, report, arg, faults, e);
}

int store_copy(struct store *st, const char *path, struct store_copying *c,
	struct err *e)
{
	return st->ops->copy(st, path, c, e);
}

/* ---- verbs ---- */

static int reading(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "store: a write in a read transaction");
}

int store_enrollment_find(struct store_tx *tx, const struct enrollment_id *id,
	struct arena *a, struct enrollment **out, struct err *e)
{
	return tx->ops->enrollment_find(tx, id, a, out, e);
}

int store_enrollment_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e)
{
	return tx->ops->enrollment_get(tx, num, a, out, e);
}

int store_enrollment_lookup(struct store_tx *tx, struct bytes text,
	struct arena *a, struct enrollment **out, struct err *e)
{
	return tx->ops->enrollment_lookup(tx, text, a, out, e);
}

int store_enrollment_put(struct store_tx *tx, struct enrollment *en,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->enrollment_put(tx, en, e);
}

int store_enrollment_children(struct store_tx *tx, uint64_t device,
	uint64_t after, size_t limit, struct arena *a, uint64_t **nums, size_t *n,
	struct err *e)
{
	return tx->ops->enrollment_children(tx, device, after, limit, a,
	    nums, n, e);
}

int store_enrollment_list(struct store_tx *tx, uint64_t after, size_t limit,
	struct arena *a, struct enrollment ***out, size_t *n, struct err *e)
{
	return tx->ops->enrollment_list(tx, after, limit, a, out, n, e);
}

int store_enrollment_skip(struct store_tx *tx, uint64_t after, uint64_t n,
	uint64_t *num, struct err *e)
{
	return tx->ops->enrollment_skip(tx, after, n, num, e);
}

int store_enrollment_count(struct store_tx *tx, uint64_t *out, struct err *e)
{
	return tx->ops->enrollment_count(tx, out, e);
}

int store_secret_put(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct bytes value, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->secret_put(tx, num, s, value, e);
}

int store_secret_get(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct arena *a, struct bytes *out, struct err *e)
{
	return tx->ops->secret_get(tx, num, s, a, out, e);
}

int store_secret_del(struct store_tx *tx, uint64_t num, enum store_secret s,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->secret_del(tx, num, s, e);
}

int store_cert_get(struct store_tx *tx,
	const unsigned char sha256[DIGEST_LEN], bool *found, struct store_cert *out,
	struct err *e)
{
	return tx->ops->cert_get(tx, sha256, found, out, e);
}

int store_cert_put(struct store_tx *tx,
	const unsigned char sha256[DIGEST_LEN], const struct store_cert *c,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->cert_put(tx, sha256, c, e);
}

int store_command_put(struct store_tx *tx, const struct command *c,
	bool *created, struct err *e)
{
	size_t len = strlen(c->uuid);

	if (!tx->write)
		return reading(e);
	if (len == 0 || len > COMMAND_UUID_MAX)
		return err_set(e, ERR_BAD_INPUT,
		    "CommandUUID: %zu bytes, 1 to %d are allowed", len,
		    COMMAND_UUID_MAX);
	return tx->ops->command_put(tx, c, created, e);
}

int store_command_get(struct store_tx *tx, const char *uuid, struct arena *a,
	struct command **out, struct err *e)
{
	return tx->ops->command_get(tx, uuid, a, out, e);
}

int store_target_add(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const struct target_options *o, int64_t now,
	enum store_queued *out, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->target_add(tx, en, uuid, o, now, out, e);
}

int store_target_get(struct store_tx *tx, uint64_t num, const char *uuid,
	struct arena *a, struct target **out, struct err *e)
{
	return tx->ops->target_get(tx, num, uuid, a, out, e);
}

int store_queue_next(struct store_tx *tx, uint64_t num, bool parked_too,
	int64_t now, struct arena *a, struct store_next *out, struct err *e)
{
	return tx->ops->queue_next(tx, num, parked_too, now, a, out, e);
}

int store_queue_settle(struct store_tx *tx, uint64_t num, bool parked_too,
	int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->queue_settle(tx, num, parked_too, now, e);
}

int store_target_park(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->target_park(tx, num, uuid, now, e);
}

int store_queue_unpark(struct store_tx *tx, uint64_t num, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->queue_unpark(tx, num, e);
}

int store_queue_has_parked(struct store_tx *tx, uint64_t num, bool *out,
	struct err *e)
{
	return tx->ops->queue_has_parked(tx, num, out, e);
}

int store_queue_waiting(struct store_tx *tx, uint64_t num, int64_t after,
	int64_t *out, struct err *e)
{
	return tx->ops->queue_waiting(tx, num, after, out, e);
}

int store_target_sent(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, bool *moved, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->target_sent(tx, num, uuid, now, moved, e);
}

int store_target_answer(struct store_tx *tx, uint64_t num, const char *uuid,
	enum target_state state, struct bytes raw, int64_t now,
	enum store_answer *out, struct err *e)
{
	if (!tx->write)
		return reading(e);
	if (!target_state_is_answered(state))
		return err_set(e, ERR_INTERNAL, "store: %s is no answer",
		    target_state_name(state));
	return tx->ops->target_answer(tx, num, uuid, state, raw, now, out,
	    e);
}

int store_target_requeue(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->target_requeue(tx, en, uuid, now, e);
}

int store_queue_cancel(struct store_tx *tx, uint64_t num, size_t limit,
	int64_t now, size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->queue_cancel(tx, num, limit, now, n, e);
}

int store_target_cancel(struct store_tx *tx, uint64_t num, const char *uuid,
	int64_t now, bool *was, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->target_cancel(tx, num, uuid, now, was, e);
}

int store_queue_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e)
{
	return tx->ops->queue_list(tx, num, cursor, limit, a, out, n, next,
	    e);
}

int store_history_list(struct store_tx *tx, uint64_t num, struct bytes cursor,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct bytes *next, struct err *e)
{
	return tx->ops->history_list(tx, num, cursor, limit, a, out, n,
	    next, e);
}

int store_target_list(struct store_tx *tx, const char *uuid, uint64_t after,
	size_t limit, struct arena *a, struct target ***out, size_t *n,
	struct err *e)
{
	return tx->ops->target_list(tx, uuid, after, limit, a, out, n, e);
}

int store_result_get(struct store_tx *tx, uint64_t num, uint64_t result,
	struct arena *a, struct bytes *raw, struct err *e)
{
	return tx->ops->result_get(tx, num, result, a, raw, e);
}

int store_sweep(struct store_tx *tx, int64_t before, uint64_t max,
	size_t limit, size_t *n, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->sweep(tx, before, max, limit, n, e);
}

int store_guard_get(struct store_tx *tx, int64_t now, struct arena *a,
	struct store_guard *out, struct err *e)
{
	return tx->ops->guard_get(tx, now, a, out, e);
}

int store_guard_refused(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t *when, struct err *e)
{
	return tx->ops->guard_refused(tx, key, when, e);
}

int store_guard_refuse(struct store_tx *tx,
	const unsigned char key[DIGEST_LEN], int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->guard_refuse(tx, key, now, e);
}

int store_guard_arm(struct store_tx *tx, int64_t until, const char *why,
	struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->guard_arm(tx, until, why, e);
}

int store_guard_release(struct store_tx *tx, int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->guard_release(tx, now, e);
}

int store_allow_put(struct store_tx *tx, enum store_allow kind,
	struct bytes value, int64_t now, struct err *e)
{
	if (!tx->write)
		return reading(e);
	if (value.n == 0 || value.n > ENROLLMENT_ID_MAX)
		return err_set(e, ERR_BAD_INPUT,
		    "allowlist: %zu bytes, 1 to %d are allowed", value.n,
		    ENROLLMENT_ID_MAX);
	return tx->ops->allow_put(tx, kind, value, now, e);
}

int store_allow_del(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *was, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->allow_del(tx, kind, value, was, e);
}

int store_allow_has(struct store_tx *tx, enum store_allow kind,
	struct bytes value, bool *out, struct err *e)
{
	return tx->ops->allow_has(tx, kind, value, out, e);
}

int store_allow_list(struct store_tx *tx, struct bytes cursor, size_t limit,
	struct arena *a, struct store_allowed **out, size_t *n, struct bytes *next,
	struct err *e)
{
	return tx->ops->allow_list(tx, cursor, limit, a, out, n, next, e);
}

int store_unreadable(struct store_tx *tx,
	const unsigned char body[DIGEST_LEN], const unsigned char cert[DIGEST_LEN],
	struct bytes raw, int64_t now, unsigned *count, struct err *e)
{
	if (!tx->write)
		return reading(e);
	return tx->ops->unreadable(tx, body, cert, raw, now, count, e);
}
