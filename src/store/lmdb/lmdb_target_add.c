/* How a target comes into the queue, new, anew or again; and one out of it. */
#include "store/lmdb/lmdb_command.h"
#include "store/lmdb/lmdb_target.h"

#include <string.h>

/* The pending target with this dedupe key, if any; one that is overdue is
 * ended first. */
static int pending_dedupe(struct lmdb_tx *tx, uint64_t num, const char *dedupe,
	int64_t now, unsigned char out[DIGEST_LEN], bool *found,
	struct err *e)
{
	unsigned char key[DIGEST_LEN];
	enum target_state due;
	struct target *t;
	struct bytes v;

	*found = false;
	digest_sha256(bytes_str(dedupe), key);
	if (lmdb_get(tx, LMDB_DEDUPE, lmdb_key_num_hash(num, key), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	if (v.n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "dedupe", e);
	memcpy(out, v.p, DIGEST_LEN);
	if (lmdb_target_load(tx, num, out, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "dedupe", e);
	due = lmdb_target_due(tx, out, t, now);
	if (due != t->state)
		return lmdb_target_move(tx, out, t, due, now, e);
	*found = true;
	return 0;
}

/* Whether the one that is there stays as it is. Ends it when it is overdue,
 * takes it out of its place when it is to be queued anew. */
static int make_way(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct target *was, uint32_t generation, int64_t now, bool *stays,
	struct err *e)
{
	*stays = false;
	if (target_state_is_queued(was->state)) {
		enum target_state due = lmdb_target_due(tx, hash, was, now);

		if (due != was->state &&
		    lmdb_target_move(tx, hash, was, due, now, e) < 0)
			return -1;
	}
	*stays = was->generation == generation &&
	    was->state != TARGET_CANCELLED && was->state != TARGET_EXPIRED;
	return *stays ? 0 : lmdb_target_unlink(tx, hash, was, e);
}

static int enqueue(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct target *t, int64_t now, struct err *e)
{
	if (lmdb_next_number(tx, "targets", &t->seq, e) < 0)
		return -1;
	t->state = t->not_before > now ? TARGET_WAITING : TARGET_READY;
	t->queued = now;
	t->finished = 0;
	if (lmdb_target_link(tx, hash, t, e) < 0)
		return -1;
	return lmdb_target_save(tx, hash, t, e);
}

int lmdb_target_add(struct store_tx *base, const struct enrollment *en,
	const char *uuid, const struct target_options *o, int64_t now,
	enum store_queued *out, struct err *e)
{
	static const struct target_options defaults = {
		.priority = COMMAND_PRIORITY_DEFAULT };
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN], other[DIGEST_LEN];
	struct target t, *was;
	struct command *c;
	bool stays = false, pending = false;

	o = o != NULL ? o : &defaults;
	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_command_load(tx, hash, tx->scratch, &c, e) < 0)
		return -1;
	if (c == NULL)
		return err_set(e, ERR_NOT_FOUND, "no command %.100s", uuid);
	if (lmdb_target_load(tx, en->num, hash, tx->scratch, &was, e) < 0)
		return -1;
	*out = STORE_KNOWN;
	if (was != NULL && make_way(tx, hash, was, en->generation, now, &stays,
	    e) < 0)
		return -1;
	if (stays)
		return 0;
	if (o->dedupe != NULL && pending_dedupe(tx, en->num, o->dedupe, now,
	    other, &pending, e) < 0)
		return -1;
	*out = STORE_DUPLICATE;
	if (pending)
		return was == NULL ? 0 : lmdb_target_link(tx, hash, was, e);
	*out = STORE_QUEUED;
	t = (struct target){ .enrollment = en->num, .priority = o->priority,
		.not_before = o->not_before, .not_after = o->not_after,
		.dedupe = o->dedupe, .generation = en->generation,
		.result = was != NULL ? was->result : 0 };
	if (lmdb_del(tx, LMDB_COMMANDS_IDLE, lmdb_command_idle_key(c, hash),
	    NULL, e) < 0)
		return -1;
	return enqueue(tx, hash, &t, now, e);
}

int lmdb_target_requeue(struct store_tx *base, const struct enrollment *en,
	const char *uuid, int64_t now, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN], other[DIGEST_LEN];
	struct target *t;
	bool pending = false;

	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_target_load(tx, en->num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL)
		return err_set(e, ERR_NOT_FOUND, "this enrollment never had "
		    "command %.100s", uuid);
	if (target_state_is_queued(t->state))
		return err_set(e, ERR_CONFLICT, "command %.100s is queued",
		    uuid);
	if (t->dedupe != NULL && pending_dedupe(tx, en->num, t->dedupe, now,
	    other, &pending, e) < 0)
		return -1;
	if (pending)
		return err_set(e, ERR_CONFLICT, "its dedupe key %.60s is "
		    "pending with another command", t->dedupe);
	if (lmdb_target_unlink(tx, hash, t, e) < 0)
		return -1;
	t->generation = en->generation;
	t->not_before = 0;
	if (t->not_after < now)
		t->not_after = 0;
	t->deliveries = t->notnow = 0;
	t->first_delivered = t->last_delivered = 0;
	return enqueue(tx, hash, t, now, e);
}

int lmdb_target_cancel(struct store_tx *base, uint64_t num, const char *uuid,
	int64_t now, bool *was, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct target *t;

	*was = false;
	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_target_load(tx, num, hash, tx->scratch, &t, e) < 0)
		return -1;
	if (t == NULL || !target_state_is_queued(t->state))
		return 0;
	*was = true;
	return lmdb_target_move(tx, hash, t, TARGET_CANCELLED, now, e);
}
