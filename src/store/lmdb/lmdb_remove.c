/* An enrollment goes, with everything that is kept of it: a few records a
 * call, so that nobody waits long for the write lock. Its record goes last,
 * so that what is left can be found again. */
#include "store/lmdb/lmdb_admin.h"

#include <string.h>

#include "store/lmdb/lmdb_cert.h"
#include "store/lmdb/lmdb_enroll.h"
#include "store/lmdb/lmdb_enrollment.h"
#include "store/lmdb/lmdb_push.h"
#include "store/lmdb/lmdb_sweep.h"

struct removal {
	struct lmdb_tx *tx;
	uint64_t num;
	size_t left;
};

/* The first entry of it in a table that begins with its number. */
static int first(struct removal *r, enum lmdb_table t, struct lmdb_key *k,
	struct bytes *v, struct err *e)
{
	return lmdb_seek(r->tx, t, lmdb_key_num(r->num), LMDB_KEY_NUM, k, v,
	    e);
}

static int remove_targets(struct removal *r, enum lmdb_table t, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct lmdb_key k;
	struct bytes v;

	for (; r->left > 0; r->left--) {
		if (first(r, t, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (v.n != DIGEST_LEN)
			return lmdb_tx_fail(r->tx, MDB_CORRUPTED,
			    lmdb_table_name(t), e);
		memcpy(hash, v.p, DIGEST_LEN);
		if (lmdb_sweep_target(r->tx, r->num, hash, e) < 0)
			return -1;
	}
	return 0;
}

static int remove_rows(struct removal *r, enum lmdb_table t, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (; r->left > 0; r->left--) {
		if (first(r, t, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (lmdb_del(r->tx, t, k, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int remove_certs(struct removal *r, struct err *e)
{
	struct lmdb_key k;
	struct bytes v;

	for (; r->left > 0; r->left--) {
		if (first(r, LMDB_CERTS_OF, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (k.n != LMDB_KEY_NUM + DIGEST_LEN)
			return lmdb_tx_fail(r->tx, MDB_CORRUPTED, "certs_of",
			    e);
		if (lmdb_cert_forget(r->tx, k.p + LMDB_KEY_NUM, e) < 0)
			return -1;
	}
	return 0;
}

static int remove_record(struct removal *r, struct err *e)
{
	struct lmdb_tx *tx = r->tx;
	unsigned char key[DIGEST_LEN];
	struct enrollment *en;

	arena_reset(tx->scratch);
	if (lmdb_push_forget(tx, r->num, e) < 0 ||
	    lmdb_enrollment_load(tx, r->num, tx->scratch, &en, e) < 0)
		return -1;
	enrollment_id_key(&en->id, key);
	if (lmdb_counts_move(tx, en->id.kind, en->state,
	    (enum enrollment_state)0, e) < 0 ||
	    lmdb_del(tx, LMDB_ENROLL_BY_ID, lmdb_key_hash(key), NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_ENROLL_BY_TEXT, lmdb_enrollment_text_key(en,
	    tx->scratch), NULL, e) < 0 ||
	    lmdb_del(tx, LMDB_ENROLL_SEEN, lmdb_key_num(r->num), NULL, e) < 0)
		return -1;
	if (en->await_until != 0 && lmdb_del(tx, LMDB_ENROLL_AWAITING,
	    lmdb_key_due_num(en->await_until, en->num), NULL, e) < 0)
		return -1;
	if (en->parent != 0 && lmdb_del(tx, LMDB_ENROLL_CHILDREN,
	    lmdb_key_num2(en->parent, en->num), NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_ENROLLMENTS, lmdb_key_num(r->num), NULL, e);
}

int lmdb_enrollment_remove(struct store_tx *base, uint64_t num, size_t limit,
	bool *done, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct removal r = { tx, num, limit };
	struct lmdb_key k;
	struct bytes v;
	bool there;

	*done = true;
	if (lmdb_has(tx, LMDB_ENROLLMENTS, lmdb_key_num(num), &there, e) < 0)
		return -1;
	if (!there)
		return 0;
	if (first(&r, LMDB_ENROLL_CHILDREN, &k, &v, e) < 0)
		return -1;
	if (k.n != 0)
		return err_set(e, ERR_CONFLICT, "enrollment @%llu has user "
		    "channels, such as @%llu", (unsigned long long)num,
		    (unsigned long long)lmdb_key_num_at(&k, LMDB_KEY_NUM));
	tx->sweep = true;
	if (remove_targets(&r, LMDB_QUEUE, e) < 0 ||
	    remove_targets(&r, LMDB_HISTORY, e) < 0 ||
	    remove_rows(&r, LMDB_INVENTORY, e) < 0 ||
	    remove_rows(&r, LMDB_SECRETS, e) < 0 ||
	    remove_certs(&r, e) < 0 ||
	    lmdb_ticket_forget(tx, num, &r.left, e) < 0)
		return -1;
	*done = r.left > 0;
	return *done ? remove_record(&r, e) : 0;
}
