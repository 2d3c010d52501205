/* What a SCEP client sends, for the simulated device. */
#include "crypto/scep_cms.h"

#include "crypto/ossl.h"
#include "crypto/scep_cms_parts.h"

int scep_cms_request(const struct scep_cms_request *rq, const struct cert *ca,
	const struct cert *c, const struct pkey *k, struct arena *a,
	struct bytes *out, struct err *e)
{
	const struct scep_cms m = {
		.type = rq->type, .transaction = rq->transaction,
		.sender_nonce = { rq->nonce, sizeof(rq->nonce) },
		.digest_nid = rq->digest_nid,
	};
	struct bytes envelope;

	*out = bytes_of(NULL, 0);
	if (scep_cms_envelope(rq->content, ca, rq->cipher_nid, a, &envelope, e) < 0)
		return -1;
	return scep_cms_sign(&m, envelope, c, k, a, out, e);
}
