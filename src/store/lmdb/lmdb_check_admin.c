/* What must hold for an entry of the operator's tables. */
#include "store/lmdb/lmdb_check.h"

#include <string.h>

#include "store/lmdb/lmdb_admin.h"
#include "store/lmdb/lmdb_cert.h"

static int check_cert_of(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert cert = { .device = 0 };
	struct bytes rec;

	if (!lmdb_check_length(c, v, LMDB_KEY_NUM + DIGEST_LEN, 0))
		return 0;
	if (lmdb_get(c->tx, LMDB_CERTS, lmdb_key_hash(k->p + LMDB_KEY_NUM),
	    &rec, e) < 0)
		return -1;
	if (rec.p != NULL && lmdb_cert_parse(c->tx, rec, &cert, e) < 0)
		return -1;
	if (cert.device != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "no certificate of this device");
	return 0;
}

/* Right values are seen by lmdb_check_counts. */
static int check_count(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)e;
	if (lmdb_check_length(c, v, 2, 8) && (k->p[0] > 1 ||
	    k->p[1] < ENROLLMENT_AUTHENTICATED ||
	    k->p[1] > ENROLLMENT_DISABLED))
		lmdb_check_fault(c, "no known figure");
	return 0;
}

void lmdb_check_counts(struct lmdb_check *c)
{
	struct store_counts counts;
	struct err e = ERR_INIT;

	c->table = LMDB_COUNTS;
	c->key = lmdb_key_none();
	if (lmdb_counts(&c->tx->base, &counts, &e) < 0) {
		lmdb_check_fault(c, "%s", e.msg);
		c->tx->rc = 0;
		return;
	}
	for (int s = ENROLLMENT_AUTHENTICATED; s <= ENROLLMENT_DISABLED; s++)
		if (counts.devices[s] != c->met[false][s] ||
		    counts.users[s] != c->met[true][s])
			lmdb_check_fault(c, "not as many as are %s",
			    enrollment_state_name((enum enrollment_state)s));
}

/* ---- tokens ---- */

static int check_token(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct token t;

	if (k->n != LMDB_KEY_NUM) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_token_parse(c->tx, lmdb_key_num_at(k, 0), v, c->a, &t, hash,
	    e) < 0 ||
	    lmdb_check_index(c, LMDB_TOKENS_BY_HASH, lmdb_key_hash(hash),
	    lmdb_key_bytes(k), e) < 0)
		return -1;
	return t.revoked != 0 ? 0 : lmdb_check_index(c, LMDB_TOKENS_BY_NAME,
	    lmdb_token_name_key(t.name), lmdb_key_bytes(k), e);
}

/* The token that an index names; false after a fault. */
static bool token_of(struct lmdb_check *c, struct bytes v, struct token *t,
	unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct bytes rec = bytes_of(NULL, 0);

	if (!lmdb_check_length(c, v, DIGEST_LEN, 8))
		return false;
	if (lmdb_get(c->tx, LMDB_TOKENS, lmdb_key_num(enc_unbe64(v.p)), &rec,
	    e) < 0 || rec.p == NULL || lmdb_token_parse(c->tx,
	    enc_unbe64(v.p), rec, c->a, t, hash, e) < 0) {
		lmdb_check_fault(c, "no such token");
		return false;
	}
	return true;
}

static int check_token_hash(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct token t;

	if (token_of(c, v, &t, hash, e) &&
	    memcmp(hash, k->p, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "the token has another hash");
	return 0;
}

static int check_token_name(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct lmdb_key want;
	struct token t;

	if (!token_of(c, v, &t, hash, e))
		return 0;
	want = lmdb_token_name_key(t.name);
	if (t.revoked != 0 || !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the token is revoked or has another name");
	return 0;
}

/* ---- audit log, inventory ---- */

static int check_audit(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct audit r;

	if (lmdb_audit_parse(c->tx, k, v, c->a, &r, e) < 0)
		return -1;
	return r.enrollment == 0 ? 0 : lmdb_check_points(c, LMDB_AUDIT_OF,
	    lmdb_key_num2(r.enrollment, ~r.seq), e);
}

static int check_audit_of(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key at = lmdb_key_num(lmdb_key_num_at(k, 8));
	struct bytes rec;
	struct audit r;

	if (!lmdb_check_length(c, v, 16, 0))
		return 0;
	if (lmdb_get(c->tx, LMDB_AUDIT, at, &rec, e) < 0)
		return -1;
	if (rec.p == NULL) {
		lmdb_check_fault(c, "nothing in audit");
		return 0;
	}
	if (lmdb_audit_parse(c->tx, &at, rec, c->a, &r, e) < 0)
		return -1;
	if (r.enrollment != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "the entry is of another enrollment");
	return 0;
}

static int check_inventory(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct bytes plain;

	if (k->n != 9 || k->p[8] < 1 || k->p[8] > INVENTORY_KINDS)
		lmdb_check_fault(c, "no known kind");
	if (lmdb_unseal(c->tx, LMDB_INVENTORY, *k, v, c->a, &plain, e) < 0)
		return -1;
	if (plain.n < 8)
		lmdb_check_fault(c, "without its time");
	return lmdb_check_points(c, LMDB_ENROLLMENTS,
	    lmdb_key_num(lmdb_key_num_at(k, 0)), e);
}

const struct lmdb_check_row lmdb_checks_admin[] = {
	{ LMDB_CERTS_OF, check_cert_of },
	{ LMDB_COUNTS, check_count },
	{ LMDB_TOKENS, check_token },
	{ LMDB_TOKENS_BY_HASH, check_token_hash },
	{ LMDB_TOKENS_BY_NAME, check_token_name },
	{ LMDB_AUDIT, check_audit },
	{ LMDB_AUDIT_OF, check_audit_of },
	{ LMDB_INVENTORY, check_inventory },
	{ LMDB_TABLES, NULL },
};
