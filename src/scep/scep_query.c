/* CertPoll and GetCRL: nothing is issued. */
#include "scep/scep_parts.h"

#include "base/file.h"
#include "scep/scep_crl.h"

#define CRL_VALID ((int64_t)7 * 86400)

/* ---- whom it comes from ---- */

struct asking {
	const struct scep_job *j;
	bool revoked;
};

static int revoked_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct asking *q = arg;
	unsigned char sha256[DIGEST_LEN];
	struct store_cert c;
	bool found;

	cert_sha256(q->j->m.signer, sha256);
	if (store_cert_get(tx, sha256, &found, &c, e) < 0)
		return -1;
	q->revoked = found && c.revoked != 0;
	return 0;
}

int scep_signer_trusted(const struct scep_job *j, const char **why,
	struct err *e)
{
	struct arena *a = j->cx->arena;
	struct asking q = { .j = j };
	struct err no = ERR_INIT;
	struct trust *t;

	*why = NULL;
	if (trust_open(file_path(a, j->cx->conf->dir,
		"pki/device-ca.bundle.pem"), &t, e) < 0) {
		e->kind = ERR_BUSY;
		return -1;
	}
	if (trust_verify(t, j->m.signer, &no) < 0 ||
		cert_valid_at(j->m.signer, j->cx->now, &no) < 0)
		*why = arena_printf(a, "the signer's %s", no.msg);
	trust_close(t);
	if (*why != NULL)
		return 0;
	if (store_read(j->cx->store, revoked_tx, &q, e) < 0)
		return -1;
	if (q.revoked)
		*why = "the signer's certificate is revoked";
	return 0;
}

/* ---- CertPoll ---- */

struct polling {
	const struct scep_job *j;
	struct issued *found;
	bool revoked;
};

static int find(struct store_tx *tx, struct polling *p,
	const unsigned char who[DIGEST_LEN], struct err *e)
{
	unsigned char request[DIGEST_LEN];

	scep_request_key(p->j->m.transaction, who, NULL, request);
	return store_issued_find(tx, request, p->j->cx->arena, &p->found, e);
}

static int poll_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct polling *p = arg;
	unsigned char key[DIGEST_LEN], signer[DIGEST_LEN];
	struct store_cert c;
	bool known;

	/* The renewal first, which the certificate of a request before it
	 * may ask for by the same key and transactionID. */
	cert_sha256(p->j->m.signer, signer);
	cert_key_sha256(p->j->m.signer, key);
	if (find(tx, p, signer, e) < 0 ||
		(p->found == NULL && find(tx, p, key, e) < 0))
		return -1;
	if (p->found == NULL)
		return 0;
	if (store_cert_get(tx, p->found->cert, &known, &c, e) < 0)
		return -1;
	p->revoked = known && c.revoked != 0;
	return 0;
}

int scep_poll(struct scep_job *j, struct err *e)
{
	struct polling p = { .j = j };

	if (store_read(j->cx->store, poll_tx, &p, e) < 0)
		return -1;
	if (p.found == NULL || p.revoked)
		return scep_refuse(j, SCEP_BAD_CERT_ID,
			"no certificate was issued for its transactionID");
	return scep_send(j, p.found->der, p.found->serial, true, e);
}

/* ---- GetCRL ---- */

int scep_get_crl(struct scep_job *j, struct err *e)
{
	const struct scep_context *cx = j->cx;
	struct bytes der;
	const char *why;

	/* It costs a walk through what is revoked: not for everybody. */
	if (scep_signer_trusted(j, &why, e) < 0)
		return -1;
	if (why != NULL)
		return scep_refuse(j, SCEP_BAD_MESSAGE_CHECK, why);
	if (scep_crl_cached(cx->crls, cx->store, j->ca.certs[0], j->ca.key,
		cx->now, CRL_VALID, cx->arena, &der, e) < 0)
		return -1;
	j->reply = (struct scep_cms_reply){ .status = SCEP_SUCCESS,
		.crl = der };
	return 0;
}
