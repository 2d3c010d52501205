/* What a SCEP client sends, for the simulated device. */
#include "crypto/scep_cms.h"

#include <stddef.h>

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include "crypto/csr.h"
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

int scep_cms_capability(const char *line)
{
	static const struct {
		const char *line;
		int nid;
	} row[] = {
		{ "SHA-1", NID_sha1 }, { "SHA-256", NID_sha256 },
		{ "SHA-512", NID_sha512 }, { "AES", NID_aes_128_cbc },
		{ "DES3", NID_des_ede3_cbc },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (str_eq(row[i].line, line))
			return row[i].nid;
	return 0;
}

int scep_cms_issuer_and_subject(const struct cert *ca, struct bytes csr,
	struct arena *a, struct bytes *out, struct err *e)
{
	X509_NAME *issuer = X509_get_subject_name(ca->x), *subject;
	struct csr *request;
	unsigned char *p;
	int inner, whole;

	*out = bytes_of(NULL, 0);
	if (csr_from_der(csr, a, &request, NULL, e) < 0)
		return -1;
	subject = X509_REQ_get_subject_name(request->x);
	inner = i2d_X509_NAME(issuer, NULL) + i2d_X509_NAME(subject, NULL);
	whole = ASN1_object_size(1, inner, V_ASN1_SEQUENCE);
	if (inner <= 0 || whole <= 0)
		return ossl_err(e, ERR_BAD_INPUT, "CertPoll");
	p = arena_alloc(a, (size_t)whole);
	*out = bytes_of(p, (size_t)whole);
	ASN1_put_object(&p, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(issuer, &p);
	i2d_X509_NAME(subject, &p);
	return 0;
}
