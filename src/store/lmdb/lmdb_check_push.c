/* What must hold for an entry of each table of pushes. */
#include "store/lmdb/lmdb_check.h"

#include "store/lmdb/lmdb_push.h"

static int check_cert(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct push_cert cert;
	struct lmdb_key want;

	if (lmdb_push_cert_parse(c->tx, v, c->a, &cert, e) < 0)
		return -1;
	want = lmdb_push_cert_key(cert.topic);
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the certificate has another topic");
	return lmdb_push_cert_load_pem(c->tx, c->a, &cert, e);
}

static int check_pem(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	(void)v;	/* opened by check_cert */
	return lmdb_check_points(c, LMDB_PUSH_CERTS, *k, e);
}

static int check_job(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct push_job j;

	if (k->n != LMDB_KEY_NUM)
		lmdb_check_fault(c, "a key of %zu bytes", k->n);
	if (lmdb_push_job_parse(c->tx, lmdb_key_num_at(k, 0), v, c->a, &j,
	    e) < 0 || lmdb_check_points(c, LMDB_ENROLLMENTS, *k, e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_PUSH_DUE, lmdb_push_due_key(&j), e);
}

static int check_due(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	uint64_t num = lmdb_key_num_at(k, LMDB_KEY_NUM);
	struct lmdb_key want;
	struct push_job j;

	if (!lmdb_check_length(c, v, 16, 0))
		return 0;
	if (lmdb_get(c->tx, LMDB_PUSH_JOBS, lmdb_key_num(num), &v, e) < 0)
		return -1;
	if (v.p == NULL) {
		lmdb_check_fault(c, "nothing in push_jobs");
		return 0;
	}
	if (lmdb_push_job_parse(c->tx, num, v, c->a, &j, e) < 0)
		return -1;
	want = lmdb_push_due_key(&j);
	if (!lmdb_key_eq(&want, k))
		lmdb_check_fault(c, "the job is due at another time");
	return 0;
}

static int check_state(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct push_state s;

	if (lmdb_push_state_parse(c->tx, v, c->a, &s, e) < 0)
		return -1;
	return lmdb_check_points(c, LMDB_ENROLLMENTS, *k, e);
}

const struct lmdb_check_row lmdb_checks_push[] = {
	{ LMDB_PUSH_CERTS, check_cert },
	{ LMDB_PUSH_CERT_PEMS, check_pem },
	{ LMDB_PUSH_JOBS, check_job },
	{ LMDB_PUSH_DUE, check_due },
	{ LMDB_PUSH_STATES, check_state },
	{ LMDB_TABLES, NULL },
};
