/* What must hold for an entry of each table of enrolling. */
#include "store/lmdb/lmdb_check.h"

#include <string.h>

#include "store/lmdb/lmdb_cert.h"
#include "store/lmdb/lmdb_enroll.h"
#include "store/lmdb/lmdb_enrollment.h"

static int check_awaiting(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct enrollment *en;
	struct lmdb_key want;

	if (!lmdb_check_length(c, v, 16, 0))
		return 0;
	if (lmdb_enrollment_load(c->tx, lmdb_key_num_at(k, 8), c->a, &en,
	    e) < 0)
		return -1;
	want = en != NULL && en->await_until != 0 ?
	    lmdb_key_due_num(en->await_until, en->num) : lmdb_key_none();
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the enrollment does not wait until then");
	return 0;
}

/* ---- bound certificates ---- */

/* That an index names; all zeros: there is none. */
static int cert_of(struct lmdb_check *c, const unsigned char *sha256,
	struct store_cert *out, struct err *e)
{
	struct bytes rec;

	*out = (struct store_cert){ .device = 0 };
	if (lmdb_get(c->tx, LMDB_CERTS, lmdb_key_hash(sha256), &rec, e) < 0)
		return -1;
	return rec.p == NULL ? 0 : lmdb_cert_parse(c->tx, rec, out, e);
}

static int check_cert_expiring(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert cert;
	struct lmdb_key want;

	if (!lmdb_check_length(c, v, 8 + DIGEST_LEN, 0))
		return 0;
	if (cert_of(c, k->p + 8, &cert, e) < 0)
		return -1;
	want = lmdb_key_due(-1, cert.not_after, k->p + 8);
	if (!lmdb_cert_is_expiring(&cert) || !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "no certificate in use expires then");
	return 0;
}

static int check_cert_revoked(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert cert;

	if (!lmdb_check_length(c, v, DIGEST_LEN, 0))
		return 0;
	if (cert_of(c, k->p, &cert, e) < 0)
		return -1;
	if (cert.revoked == 0)
		lmdb_check_fault(c, "this certificate is not revoked");
	return 0;
}

/* ---- tickets ---- */

static int check_ticket(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct ticket t;

	if (k->n != DIGEST_LEN) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_ticket_open(c->tx, k->p, v, c->a, &t, e) < 0)
		return -1;
	if (t.kind < TICKET_CHALLENGE || t.kind > TICKET_LOGIN)
		lmdb_check_fault(c, "no known kind");
	if (lmdb_check_points(c, LMDB_TICKETS_DUE, lmdb_key_due(0, t.expires,
	    k->p), e) < 0 ||
	    lmdb_check_points(c, LMDB_TICKETS_DUE, lmdb_key_due((int)t.kind,
	    t.expires, k->p), e) < 0)
		return -1;
	return t.grant.enrollment == 0 ? 0 : lmdb_check_points(c,
	    LMDB_TICKETS_OF, lmdb_key_num_hash(t.grant.enrollment, k->p), e);
}

/* The ticket that an index names; false after a fault. */
static bool ticket_of(struct lmdb_check *c, const unsigned char *hash,
	struct ticket *t, struct err *e)
{
	struct bytes rec;

	if (lmdb_get(c->tx, LMDB_TICKETS, lmdb_key_hash(hash), &rec, e) == 0 &&
	    rec.p != NULL && lmdb_ticket_open(c->tx, hash, rec, c->a, t,
	    e) == 0)
		return true;
	lmdb_check_fault(c, "no such ticket");
	return false;
}

static int check_ticket_due(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct ticket t;

	if (!lmdb_check_length(c, v, 9 + DIGEST_LEN, 0) ||
	    !ticket_of(c, k->p + 9, &t, e))
		return 0;
	want = lmdb_key_due(k->p[0], t.expires, t.hash);
	if ((k->p[0] != 0 && k->p[0] != (unsigned char)t.kind) ||
	    !lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the ticket stands elsewhere");
	return 0;
}

static int check_ticket_of(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct ticket t;

	if (lmdb_check_length(c, v, LMDB_KEY_NUM + DIGEST_LEN, 0) &&
	    ticket_of(c, k->p + LMDB_KEY_NUM, &t, e) &&
	    t.grant.enrollment != lmdb_key_num_at(k, 0))
		lmdb_check_fault(c, "the ticket is for another enrollment");
	return 0;
}

/* ---- issued certificates ---- */

static int check_issued(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct bytes cert = lmdb_key_bytes(k), der;
	unsigned char hash[DIGEST_LEN];
	struct issued i;

	if (k->n != DIGEST_LEN) {
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
		return 0;
	}
	if (lmdb_issued_open(c->tx, k->p, v, c->a, &i, e) < 0 ||
	    lmdb_check_index(c, LMDB_ISSUED_SERIALS,
	    lmdb_issued_serial_key(i.serial), cert, e) < 0 ||
	    lmdb_check_points(c, LMDB_ISSUED_EXPIRING, lmdb_key_due(-1,
	    i.not_after, k->p), e) < 0 ||
	    (lmdb_issued_has_request(&i) && lmdb_check_index(c,
	    LMDB_ISSUED_REQUESTS, lmdb_key_hash(i.request), cert, e) < 0) ||
	    lmdb_get_sealed(c->tx, LMDB_ISSUED_DERS, *k, c->a, &der, e) < 0)
		return -1;
	digest_sha256(der, hash);
	if (der.p == NULL || memcmp(hash, k->p, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "%s in issued_ders", der.p == NULL ?
		    "not" : "another certificate");
	return 0;
}

static int check_der(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_issued */
	return lmdb_check_points(c, LMDB_ISSUED, *k, e);
}

/* The certificate that an index names; false after a fault. */
static bool issued_of(struct lmdb_check *c, const unsigned char *cert,
	struct issued *i, struct err *e)
{
	struct bytes rec;

	if (lmdb_get(c->tx, LMDB_ISSUED, lmdb_key_hash(cert), &rec, e) == 0 &&
	    rec.p != NULL && lmdb_issued_open(c->tx, cert, rec, c->a, i,
	    e) == 0)
		return true;
	lmdb_check_fault(c, "no such certificate");
	return false;
}

static int check_request(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct issued i;

	if (lmdb_check_length(c, v, DIGEST_LEN, DIGEST_LEN) &&
	    issued_of(c, v.p, &i, e) &&
	    memcmp(i.request, k->p, DIGEST_LEN) != 0)
		lmdb_check_fault(c, "it was issued for another request");
	return 0;
}

static int check_serial(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct issued i;

	if (!lmdb_check_length(c, v, DIGEST_LEN, DIGEST_LEN) ||
	    !issued_of(c, v.p, &i, e))
		return 0;
	want = lmdb_issued_serial_key(i.serial);
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "it has another serial number");
	return 0;
}

static int check_issued_expiring(struct lmdb_check *c,
	const struct lmdb_key *k, struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct issued i;

	if (!lmdb_check_length(c, v, 8 + DIGEST_LEN, 0) ||
	    !issued_of(c, k->p + 8, &i, e))
		return 0;
	want = lmdb_key_due(-1, i.not_after, i.cert);
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "it expires at another time");
	return 0;
}

/* ---- accounts ---- */

static int check_account(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct lmdb_key want;
	struct account acc;

	if (lmdb_account_open(c->tx, k, v, c->a, &acc, e) < 0)
		return -1;
	want = lmdb_key_account(lmdb_account_fold(acc.name, c->a));
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the account has another name");
	return 0;
}

const struct lmdb_check_row lmdb_checks_enroll[] = {
	{ LMDB_ENROLL_AWAITING, check_awaiting },
	{ LMDB_CERTS_EXPIRING, check_cert_expiring },
	{ LMDB_CERTS_REVOKED, check_cert_revoked },
	{ LMDB_TICKETS, check_ticket },
	{ LMDB_TICKETS_DUE, check_ticket_due },
	{ LMDB_TICKETS_OF, check_ticket_of },
	{ LMDB_ISSUED, check_issued },
	{ LMDB_ISSUED_DERS, check_der },
	{ LMDB_ISSUED_REQUESTS, check_request },
	{ LMDB_ISSUED_SERIALS, check_serial },
	{ LMDB_ISSUED_EXPIRING, check_issued_expiring },
	{ LMDB_ACCOUNTS, check_account },
	{ LMDB_TABLES, NULL },
};
