/* PKCSReq and RenewalReq: whether the request itself is good. Who may have a
 * certificate for it is scep_issue.c's. */
#include "scep/scep_parts.h"

/* For whichever certificate of the CA it was made. */
static int open_envelope(struct scep_job *j, struct bytes *out)
{
	for (size_t i = 0; i < j->ca.n_certs; i++) {
		struct err ignored = ERR_INIT;

		if (scep_cms_decrypt(&j->m, j->ca.certs[i], j->ca.key,
			j->cx->arena, out, &ignored) == 0)
			return 0;
	}
	return -1;
}

int scep_request(struct scep_job *j, struct err *e)
{
	struct arena *a = j->cx->arena;
	bool renewal = j->m.type == SCEP_RENEWAL_REQ, weak = false;
	const char *challenge = NULL;
	struct bytes der;
	struct csr *csr;
	struct err why = ERR_INIT;

	/* One answer, and one line, for what cannot be decrypted and what is
	 * no request then: which of the two it was would tell a forger about
	 * the padding of somebody else's message. */
	if (open_envelope(j, &der) < 0 ||
		(csr_from_der(der, a, &csr, &weak, &why) < 0 && !weak))
		return scep_refuse(j, SCEP_BAD_REQUEST,
			"its content cannot be read as a request to this CA");
	if (weak)
		return scep_refuse(j, SCEP_BAD_ALG, arena_printf(a,
			"the request %s", why.msg));
	if (csr_is_rsa(csr) && csr_key_bits(csr) <
		j->cx->conf->identity_key_min)
		return scep_refuse(j, SCEP_BAD_ALG, arena_printf(a,
			"the request's RSA key has %u bits, fewer than "
			"identity_key_min", csr_key_bits(csr)));
	if (renewal)
		return scep_issue(j, csr, NULL, e);
	if (!csr_matches(csr, j->m.signer))
		return scep_refuse(j, SCEP_BAD_MESSAGE_CHECK,
			"it is not signed by the key that the request is for");
	challenge = csr_challenge(csr, a);
	if (challenge == NULL)
		return scep_refuse(j, SCEP_BAD_REQUEST,
			"the request has no usable challenge");
	return scep_issue(j, csr, challenge, e);
}
