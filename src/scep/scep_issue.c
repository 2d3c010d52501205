/* Who gets a certificate: by a challenge, by the certificate that is renewed,
 * or by having had it before. Signing happens outside of the transactions:
 * one looks, the other one looks again and writes. */
#include "scep/scep_parts.h"

#include <string.h>

#include "auth/ticket.h"

struct issuing {
	struct scep_job *j;
	const struct csr *csr;
	const char *challenge;	/* NULL: RenewalReq */
	unsigned char csr_sha256[DIGEST_LEN];
	unsigned char by_key[DIGEST_LEN], by_csr[DIGEST_LEN];
	/* what was found */
	const char *refused;
	struct issued *before;	/* the same request's certificate */
	bool key_taken;		/* another request has by_key */
	struct ticket *ticket;	/* NULL: none was needed */
	struct grant grant;
	/* what is written; NULL: only look */
	struct issued *fresh;
};

void scep_request_key(const char *transaction,
	const unsigned char who[DIGEST_LEN], const unsigned char *csr,
	unsigned char out[DIGEST_LEN])
{
	struct bytes parts[] = { bytes_str("scep"), bytes_str(transaction),
		bytes_of(who, DIGEST_LEN),
		csr != NULL ? bytes_of(csr, DIGEST_LEN) : bytes_str("") };

	digest_parts(parts, sizeof(parts) / sizeof(parts[0]), out);
}

/* ---- the same request again ---- */

static bool is_mine(const struct issuing *s, const struct issued *c)
{
	return c != NULL && memcmp(c->csr, s->csr_sha256, DIGEST_LEN) == 0;
}

static int find_before(struct store_tx *tx, struct issuing *s, struct err *e)
{
	struct arena *a = s->j->cx->arena;
	struct store_cert c;
	bool found;

	s->before = NULL;
	if (store_issued_find(tx, s->by_key, a, &s->before, e) < 0)
		return -1;
	s->key_taken = s->before != NULL;
	if (!is_mine(s, s->before) &&
		store_issued_find(tx, s->by_csr, a, &s->before, e) < 0)
		return -1;
	if (!is_mine(s, s->before)) {
		s->before = NULL;
		return 0;
	}
	if (store_cert_get(tx, s->before->cert, &found, &c, e) < 0)
		return -1;
	if (found && c.revoked != 0)
		s->refused = "the certificate of this request was revoked";
	else if (s->before->not_after < s->j->cx->now)
		s->refused = "the certificate of this request has expired";
	return 0;
}

/* ---- by a challenge ---- */

static bool is_static(const struct issuing *s)
{
	const char *challenge = s->j->cx->conf->scep_challenge;

	return *challenge != '\0' && digest_equal(bytes_str(challenge),
		bytes_str(s->challenge));
}

/* One that was made for an enrollment that is over renews nothing. */
static int check_renewed(struct store_tx *tx, struct issuing *s,
	struct err *e)
{
	struct enrollment *device;

	if (s->grant.source != GRANT_RENEWAL)
		return 0;
	if (store_enrollment_get(tx, s->grant.enrollment, s->j->cx->arena,
		&device, e) < 0)
		return -1;
	if (device == NULL || device->state != ENROLLMENT_ENABLED ||
		s->ticket->created < device->enrolled)
		s->refused = "the enrollment that the challenge renews is over";
	return 0;
}

static int by_challenge(struct store_tx *tx, struct issuing *s, struct err *e)
{
	const struct scep_context *cx = s->j->cx;
	struct err why = ERR_INIT;

	s->ticket = NULL;
	if (is_static(s)) {
		s->grant = (struct grant){ .source = GRANT_STATIC };
		return 0;
	}
	if (ticket_check(tx, TICKET_CHALLENGE, s->challenge, cx->now,
		cx->arena, &s->ticket, &why) < 0) {
		if (why.kind != ERR_FORBIDDEN) {
			*e = why;
			return -1;
		}
		s->refused = arena_printf(cx->arena, "the challenge %s",
			why.msg);
		s->j->done->wrong_challenge = s->ticket == NULL;
		return 0;
	}
	s->grant = s->ticket->grant;
	return check_renewed(tx, s, e);
}

/* ---- by the certificate that is renewed ---- */

static int by_certificate(struct store_tx *tx, struct issuing *s,
	struct err *e)
{
	const struct scep_context *cx = s->j->cx;
	unsigned char sha256[DIGEST_LEN];
	struct enrollment *device = NULL;
	struct store_cert c;
	bool found;

	cert_sha256(s->j->m.signer, sha256);
	if (store_cert_get(tx, sha256, &found, &c, e) < 0)
		return -1;
	if (!found || c.device == 0 || c.revoked != 0 ||
		(c.former != 0 && c.valid_until <= cx->now)) {
		s->refused = "the signer's certificate speaks for no device";
		return 0;
	}
	if (store_enrollment_get(tx, c.device, cx->arena, &device, e) < 0)
		return -1;
	if (device == NULL || device->state != ENROLLMENT_ENABLED) {
		s->refused = "the signer's device is not enrolled";
		return 0;
	}
	s->grant = (struct grant){ .source = GRANT_RENEWAL,
		.enrollment = device->num };
	return 0;
}

/* ---- all together ---- */

static int record(struct store_tx *tx, struct issuing *s, struct err *e)
{
	s->fresh->grant = s->grant;
	memcpy(s->fresh->request, s->key_taken ? s->by_csr : s->by_key,
		DIGEST_LEN);
	if (store_issued_add(tx, s->fresh, e) < 0)
		return -1;
	if (s->ticket == NULL)
		return 0;
	memcpy(s->ticket->cert, s->fresh->cert, DIGEST_LEN);
	return ticket_use(tx, s->ticket, s->j->cx->now, e);
}

static int decide_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct issuing *s = arg;

	s->refused = NULL;
	if (find_before(tx, s, e) < 0)
		return -1;
	if (s->before != NULL || s->refused != NULL)
		return 0;
	if ((s->challenge != NULL ? by_challenge(tx, s, e) :
		by_certificate(tx, s, e)) < 0)
		return -1;
	if (s->refused != NULL || s->fresh == NULL)
		return 0;
	return record(tx, s, e);
}

static int sign(struct issuing *s, struct err *e)
{
	const struct scep_context *cx = s->j->cx;
	struct arena *a = cx->arena;
	struct issued *out = arena_zalloc(a, sizeof(*out));
	struct cert *c;

	if (scep_ca_issue(&s->j->ca, cx->conf, &s->grant, s->csr, cx->now, a,
		&c, e) < 0)
		return -1;
	cert_sha256(c, out->cert);
	out->serial = cert_serial_hex(c, a);
	out->subject = cert_subject(c, a);
	out->at = cx->now;
	out->not_before = cert_not_before(c);
	out->not_after = cert_not_after(c);
	memcpy(out->csr, s->csr_sha256, DIGEST_LEN);
	out->der = cert_der(c, a);
	s->fresh = out;
	return 0;
}

static int reply(struct issuing *s, struct err *e)
{
	struct scep_job *j = s->j;

	if (s->refused != NULL)
		return scep_refuse(j, SCEP_BAD_REQUEST, s->refused);
	if (s->before != NULL)
		return scep_send(j, s->before->der, s->before->serial, true, e);
	if (s->grant.source == GRANT_RENEWAL)
		j->done->enrollment = s->grant.enrollment;
	return scep_send(j, s->fresh->der, s->fresh->serial, false, e);
}

int scep_issue(struct scep_job *j, const struct csr *csr,
	const char *challenge, struct err *e)
{
	struct issuing s = { .j = j, .csr = csr, .challenge = challenge };
	unsigned char who[DIGEST_LEN];
	const char *why = NULL;

	if (challenge == NULL && scep_signer_trusted(j, &why, e) < 0)
		return -1;
	if (why != NULL)
		return scep_refuse(j, SCEP_BAD_MESSAGE_CHECK, why);
	csr_sha256(csr, s.csr_sha256);
	/* A client that keeps its key renews by the very request of before:
	 * it is another one since another certificate asks. */
	if (challenge == NULL)
		cert_sha256(j->m.signer, who);
	else
		csr_key_sha256(csr, who);
	scep_request_key(j->m.transaction, who, NULL, s.by_key);
	scep_request_key(j->m.transaction, who, s.csr_sha256, s.by_csr);
	if (store_read(j->cx->store, decide_tx, &s, e) < 0)
		return -1;
	if (s.refused != NULL || s.before != NULL)
		return reply(&s, e);
	if (sign(&s, e) < 0 || store_write(j->cx->store, decide_tx, &s, e) < 0)
		return -1;
	return reply(&s, e);
}
