/* SCEP: what is asked, who answers it, how a refusal looks. */
#include "scep/scep_op.h"

#include "scep/scep_parts.h"

static const char caps[] =
	"AES\n"
	"DES3\n"
	"POSTPKIOperation\n"
	"Renewal\n"
	"SCEPStandard\n"
	"SHA-1\n"
	"SHA-256\n"
	"SHA-512\n";

const char *scep_caps(void)
{
	return caps;
}

int scep_ca_cert(const struct scep_context *cx, struct bytes *out,
	bool *several, struct err *e)
{
	struct scep_ca ca = { 0 };

	if (scep_ca_load(cx->conf->dir, cx->arena, &ca, e) < 0)
		return -1;
	*several = false;	/* the CA is its own RA, and its own root */
	*out = cert_der(ca.certs[0], cx->arena);
	return 0;
}

int scep_refuse(struct scep_job *j, enum scep_fail fail, const char *why)
{
	j->done->refused = why;
	j->reply = (struct scep_cms_reply){ .status = SCEP_FAILURE,
		.fail = fail };
	return 0;
}

int scep_send(struct scep_job *j, struct bytes der, const char *serial,
	bool again, struct err *e)
{
	const struct cert **certs = arena_alloc(j->cx->arena, sizeof(*certs));
	struct cert *c;

	if (cert_from_der(der, j->cx->arena, &c, e) < 0)
		return -1;
	certs[0] = c;
	j->reply = (struct scep_cms_reply){ .status = SCEP_SUCCESS,
		.certs = certs, .n_certs = 1 };
	j->done->serial = serial;
	j->done->again = again;
	return 0;
}

static const char *type_name(enum scep_type type)
{
	switch (type) {
	case SCEP_CERT_REP:
		return "CertRep";
	case SCEP_RENEWAL_REQ:
		return "RenewalReq";
	case SCEP_PKCS_REQ:
		return "PKCSReq";
	case SCEP_CERT_POLL:
		return "CertPoll";
	case SCEP_GET_CERT:
		return "GetCert";
	case SCEP_GET_CRL:
		return "GetCRL";
	}
	return "unknown";
}

static int answer(struct scep_job *j, struct err *e)
{
	/* What is sent back is enveloped to the signer's key. */
	if (!cert_is_rsa(j->m.signer))
		return scep_refuse(j, SCEP_BAD_ALG,
			"the signer's key is not RSA");
	switch (j->m.type) {
	case SCEP_PKCS_REQ:
	case SCEP_RENEWAL_REQ:
		return scep_request(j, e);
	case SCEP_CERT_POLL:
		return scep_poll(j, e);
	case SCEP_GET_CRL:
		return scep_get_crl(j, e);
	case SCEP_CERT_REP:
	case SCEP_GET_CERT:
		break;
	}
	return scep_refuse(j, SCEP_BAD_REQUEST, "messageType is not served");
}

int scep_pki_operation(const struct scep_context *cx, struct bytes message,
	struct bytes *out, struct scep_done *done, struct err *e)
{
	struct scep_job j = { .cx = cx, .done = done };
	enum scep_fail fail;
	struct err why = ERR_INIT;

	*done = (struct scep_done){ 0 };
	if (scep_cms_read(message, cx->arena, &j.m, &fail, &why) < 0) {
		if (j.m.transaction == NULL)
			return err_set(e, why.kind, "PKIOperation %s", why.msg);
		scep_refuse(&j, fail, arena_strdup(cx->arena, why.msg));
	}
	done->transaction = j.m.transaction;
	if (scep_ca_load(cx->conf->dir, cx->arena, &j.ca, e) < 0)
		return -1;
	if (done->refused == NULL) {
		done->type = type_name(j.m.type);
		if (answer(&j, e) < 0)
			return -1;
	}
	return scep_cms_reply(&j.m, &j.reply, j.ca.certs[0], j.ca.key,
		cx->arena, out, e);
}
