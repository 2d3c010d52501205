/* What must hold for an entry of each table of devices and commands. */
#include "store/lmdb/lmdb_check.h"

#include <string.h>

#include "store/lmdb/lmdb_allow.h"
#include "store/lmdb/lmdb_cert.h"
#include "store/lmdb/lmdb_command.h"
#include "store/lmdb/lmdb_enrollment.h"
#include "store/lmdb/lmdb_target.h"
#include "store/lmdb/lmdb_unreadable.h"

/* ---- enrollments ---- */

static int check_enrollment(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct enrollment en;

	if (lmdb_enrollment_parse(c->tx, lmdb_key_num_at(k, 0), v, c->a, &en,
	    e) < 0)
		return -1;
	if (en.state >= ENROLLMENT_AUTHENTICATED &&
	    en.state <= ENROLLMENT_DISABLED)
		c->met[enrollment_kind_is_user(en.id.kind)][en.state]++;
	else
		lmdb_check_fault(c, "in no known state");
	enrollment_id_key(&en.id, hash);
	if (lmdb_check_index(c, LMDB_ENROLL_BY_ID, lmdb_key_hash(hash),
	    lmdb_key_bytes(k), e) < 0 ||
	    lmdb_check_points(c, LMDB_ENROLL_BY_TEXT,
	    lmdb_enrollment_text_key(&en, c->a), e) < 0)
		return -1;
	if (en.await_until != 0 && lmdb_check_points(c, LMDB_ENROLL_AWAITING,
	    lmdb_key_due_num(en.await_until, en.num), e) < 0)
		return -1;
	if (en.parent == 0)
		return 0;
	if (lmdb_check_points(c, LMDB_ENROLLMENTS, lmdb_key_num(en.parent),
	    e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_ENROLL_CHILDREN,
	    lmdb_key_num2(en.parent, en.num), e);
}

static int check_by_id(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct enrollment *en;

	if (!lmdb_check_length(c, v, DIGEST_LEN, 8))
		return 0;
	if (lmdb_enrollment_load(c->tx, enc_unbe64(v.p), c->a, &en, e) < 0)
		return -1;
	if (en == NULL) {
		lmdb_check_fault(c, "no such enrollment");
		return 0;
	}
	enrollment_id_key(&en->id, hash);
	if (memcmp(hash, k->p, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "the enrollment has another id");
	return 0;
}

static int check_by_text(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct enrollment *en;

	if (!lmdb_check_length(c, v, DIGEST_LEN + 8, 0))
		return 0;
	if (lmdb_enrollment_load(c->tx, lmdb_key_num_at(k, DIGEST_LEN), c->a,
	    &en, e) < 0)
		return -1;
	if (en == NULL) {
		lmdb_check_fault(c, "no such enrollment");
		return 0;
	}
	want = lmdb_enrollment_text_key(en, c->a);
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the enrollment has another id");
	return 0;
}

static int check_child(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct enrollment *en;

	if (!lmdb_check_length(c, v, 16, 0))
		return 0;
	if (lmdb_enrollment_load(c->tx, lmdb_key_num_at(k, 8), c->a, &en,
	    e) < 0)
		return -1;
	if (en == NULL || en->parent != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "no user channel of this device");
	return 0;
}

static int check_seen(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	if (!lmdb_check_length(c, v, 8, 8))
		return 0;
	return lmdb_check_points(c, LMDB_ENROLLMENTS, *k, e);
}

static int check_secret(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct bytes plain;

	if (k->n != 9 || k->p[8] < STORE_PUSH_TOKEN ||
	    k->p[8] > STORE_RENEWAL)
		lmdb_check_fault(c, "no known secret");
	if (lmdb_unseal(c->tx, LMDB_SECRETS, *k, v, c->a, &plain, e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_ENROLLMENTS,
	    lmdb_key_num(lmdb_key_num_at(k, 0)), e);
}

static int check_cert(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert cert;

	if (k->n != DIGEST_LEN)
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
	if (lmdb_cert_parse(c->tx, v, &cert, e) < 0)
		return -1;
	if (cert.revoked != 0 && lmdb_check_points(c, LMDB_CERTS_REVOKED, *k,
	    e) < 0)
		return -1;
	if (lmdb_cert_is_expiring(&cert) && lmdb_check_points(c,
	    LMDB_CERTS_EXPIRING, lmdb_key_due(-1, cert.not_after, k->p),
	    e) < 0)
		return -1;
	if (cert.device == 0)
		return 0;
	if (lmdb_check_points(c, LMDB_ENROLLMENTS, lmdb_key_num(cert.device),
	    e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_CERTS_OF,
	    lmdb_key_num_hash(cert.device, k->p), e);
}

/* ---- commands and targets ---- */

static int check_command(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct lmdb_key target;
	struct command cmd;
	struct bytes unused;

	if (lmdb_command_parse(c->tx, v, c->a, &cmd, e) < 0)
		return -1;
	digest_sha256(bytes_str(cmd.uuid), hash);
	if (k->n != DIGEST_LEN || memcmp(hash, k->p, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "the command has another CommandUUID");
	if (lmdb_command_load_body(c->tx, hash, c->a, &cmd, e) < 0 ||
	    lmdb_seek(c->tx, LMDB_TARGETS, *k, k->n, &target, &unused, e) < 0)
		return -1;
	return target.n != 0 ? 0 : lmdb_check_points(c, LMDB_COMMANDS_IDLE,
	    lmdb_command_idle_key(&cmd, hash), e);
}

static int check_body(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_command */
	return lmdb_check_points(c, LMDB_COMMANDS, *k, e);
}

static int check_idle(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key hash, target;

	if (!lmdb_check_length(c, v, 8 + DIGEST_LEN, 0))
		return 0;
	hash = lmdb_key_hash(k->p + 8);
	if (lmdb_seek(c->tx, LMDB_TARGETS, hash, DIGEST_LEN, &target, &v,
	    e) < 0)
		return -1;
	if (target.n != 0)
		lmdb_check_fault(c, "the command has targets");
	return lmdb_check_points(c, LMDB_COMMANDS, hash, e);
}

static int check_target_indexes(struct lmdb_check *c, const struct target *t,
	struct bytes hash, struct err *e)
{
	if (target_state_is_queued(t->state))
		return lmdb_check_index(c, LMDB_QUEUE, lmdb_key_queue(t),
		    hash, e);
	if (lmdb_check_index(c, LMDB_HISTORY, lmdb_key_history(t), hash,
	    e) < 0)
		return -1;
	return lmdb_check_index(c, LMDB_FINISHED, lmdb_key_finished(t), hash,
	    e);
}

static int check_target(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	uint64_t num = lmdb_key_num_at(k, DIGEST_LEN);
	struct lmdb_key dedupe;
	struct target t;

	if (k->n != DIGEST_LEN + 8) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_target_parse(c->tx, num, v, c->a, &t, e) < 0 ||
	    lmdb_check_points(c, LMDB_ENROLLMENTS, lmdb_key_num(num), e) < 0 ||
	    lmdb_check_points(c, LMDB_COMMANDS, lmdb_key_hash(k->p), e) < 0 ||
	    check_target_indexes(c, &t, bytes_of(k->p, DIGEST_LEN), e) < 0)
		return -1;
	if (target_state_is_queued(t.state) && t.dedupe != NULL) {
		dedupe = lmdb_target_dedupe_key(&t);
		if (lmdb_check_index(c, LMDB_DEDUPE, dedupe, bytes_of(k->p,
		    DIGEST_LEN), e) < 0)
			return -1;
	}
	if (t.result == 0 && target_state_is_answered(t.state))
		lmdb_check_fault(c, "answered without a result");
	return t.result == 0 ? 0 : lmdb_check_points(c, LMDB_RESULTS,
	    lmdb_target_result_key(&t), e);
}

/* The target that an index entry names; NULL after a fault. */
static int target_of(struct lmdb_check *c, uint64_t num, struct bytes hash,
	struct target **out, struct err *e)
{
	*out = NULL;
	if (hash.n != DIGEST_LEN) {
		lmdb_check_fault(c, "a value of %zu bytes", hash.n);
		return 0;
	}
	if (lmdb_target_load(c->tx, num, hash.p, c->a, out, e) < 0)
		return -1;
	if (*out == NULL)
		lmdb_check_fault(c, "no such target");
	return 0;
}

static int check_place(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, uint64_t num, bool queued,
	struct lmdb_key (*key_of)(const struct target *), struct err *e)
{
	struct lmdb_key want;
	struct target *t;

	if (target_of(c, num, v, &t, e) < 0)
		return -1;
	if (t == NULL)
		return 0;
	want = key_of(t);
	if (target_state_is_queued(t->state) != queued ||
	    !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the target is %s and stands elsewhere",
		    target_state_name(t->state));
	return 0;
}

static int check_queue(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	return check_place(c, k, v, lmdb_key_num_at(k, 0), true,
	    lmdb_key_queue, e);
}

static int check_history(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	return check_place(c, k, v, lmdb_key_num_at(k, 0), false,
	    lmdb_key_history, e);
}

static int check_finished(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	return check_place(c, k, v, lmdb_key_num_at(k, 8), false,
	    lmdb_key_finished, e);
}

static int check_dedupe(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct target *t;

	if (target_of(c, lmdb_key_num_at(k, 0), v, &t, e) < 0)
		return -1;
	if (t == NULL)
		return 0;
	want = t->dedupe != NULL ? lmdb_target_dedupe_key(t) :
	    lmdb_key_none();
	if (!target_state_is_queued(t->state) || !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the target is %s with another key",
		    target_state_name(t->state));
	return 0;
}

static int check_result(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct target *t;
	struct bytes raw;

	if (k->n != 16 || v.n < DIGEST_LEN) {
		lmdb_check_fault(c, "a key of %zu and a value of %zu bytes",
		    k->n, v.n);
		return 0;
	}
	if (lmdb_unseal(c->tx, LMDB_RESULTS, *k, bytes_of(v.p + DIGEST_LEN,
	    v.n - DIGEST_LEN), c->a, &raw, e) < 0 ||
	    target_of(c, lmdb_key_num_at(k, 0), bytes_of(v.p, DIGEST_LEN), &t,
	    e) < 0)
		return -1;
	if (t != NULL && t->result != lmdb_key_num_at(k, 8))
		lmdb_check_fault(c, "the target has another result");
	return 0;
}

/* ---- guard, allowlist, unreadable bodies ---- */

static int check_guard_id(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	if (!lmdb_check_length(c, v, DIGEST_LEN, 8))
		return 0;
	return lmdb_check_points(c, LMDB_GUARD_TIMES,
	    lmdb_key_num_hash(enc_unbe64(v.p), k->p), e);
}

static int check_guard_time(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	if (!lmdb_check_length(c, v, 8 + DIGEST_LEN, 1))
		return 0;
	return lmdb_check_index(c, LMDB_GUARD_IDS, lmdb_key_hash(k->p + 8),
	    bytes_of(k->p, 8), e);
}

static int check_allow(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_allowed one;
	unsigned char hash[DIGEST_LEN];

	if (lmdb_allow_parse(c->tx, k, v, c->a, &one, e) < 0)
		return -1;
	digest_sha256(one.value, hash);
	if (k->n != 1 + DIGEST_LEN || memcmp(hash, k->p + 1, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "the value is another");
	return 0;
}

static int check_unreadable(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_unreadable u;
	struct bytes raw;

	if (lmdb_unreadable_parse(c->tx, v, &u, e) < 0 ||
	    lmdb_check_index(c, LMDB_UNREADABLE_ORDER, lmdb_key_num(u.order),
	    lmdb_key_bytes(k), e) < 0)
		return -1;
	if (!u.stored)
		return 0;
	if (lmdb_get_sealed(c->tx, LMDB_UNREADABLE_BODIES, *k, c->a, &raw,
	    e) < 0)
		return -1;
	if (raw.p == NULL)
		lmdb_check_fault(c, "stored, but not there");
	return 0;
}

static int check_unreadable_order(struct lmdb_check *c,
	const struct lmdb_key *k, struct bytes v, struct err *e)
{
	struct lmdb_unreadable u;
	struct bytes rec;

	if (!lmdb_check_length(c, v, 8, DIGEST_LEN))
		return 0;
	if (lmdb_get(c->tx, LMDB_UNREADABLE, lmdb_key_hash(v.p), &rec, e) < 0)
		return -1;
	if (rec.p == NULL) {
		lmdb_check_fault(c, "nothing in unreadable");
		return 0;
	}
	if (lmdb_unreadable_parse(c->tx, rec, &u, e) < 0)
		return -1;
	if (u.order != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "stands elsewhere too");
	return 0;
}

static int check_unreadable_body(struct lmdb_check *c,
	const struct lmdb_key *k, struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_unreadable */
	return lmdb_check_points(c, LMDB_UNREADABLE, *k, e);
}

const struct lmdb_check_row lmdb_checks_mdm[] = {
	{ LMDB_ENROLLMENTS, check_enrollment },
	{ LMDB_ENROLL_BY_ID, check_by_id },
	{ LMDB_ENROLL_BY_TEXT, check_by_text },
	{ LMDB_ENROLL_CHILDREN, check_child },
	{ LMDB_ENROLL_SEEN, check_seen },
	{ LMDB_SECRETS, check_secret },
	{ LMDB_CERTS, check_cert },
	{ LMDB_COMMANDS, check_command },
	{ LMDB_COMMAND_BODIES, check_body },
	{ LMDB_COMMANDS_IDLE, check_idle },
	{ LMDB_TARGETS, check_target },
	{ LMDB_QUEUE, check_queue },
	{ LMDB_DEDUPE, check_dedupe },
	{ LMDB_HISTORY, check_history },
	{ LMDB_FINISHED, check_finished },
	{ LMDB_RESULTS, check_result },
	{ LMDB_GUARD_IDS, check_guard_id },
	{ LMDB_GUARD_TIMES, check_guard_time },
	{ LMDB_ALLOW, check_allow },
	{ LMDB_UNREADABLE, check_unreadable },
	{ LMDB_UNREADABLE_ORDER, check_unreadable_order },
	{ LMDB_UNREADABLE_BODIES, check_unreadable_body },
	{ LMDB_TABLES, NULL },
};
