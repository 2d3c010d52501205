/* What a SCEP server answers: a CertRep, and bare lists of certificates. */
#include "crypto/scep_cms.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/rnd.h"
#include "crypto/ossl.h"
#include "crypto/scep_cms_parts.h"

/* By OpenSSL's PKCS7, because its CMS sorts the certificates, and clients
 * take the first for the issued one. */
static PKCS7 *degenerate(const struct cert *const *certs, size_t n)
{
	PKCS7 *p7 = PKCS7_new();

	if (p7 == NULL || PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
		PKCS7_content_new(p7, NID_pkcs7_data) != 1 ||
		PKCS7_set_detached(p7, 1) != 1)
		abort();
	for (size_t i = 0; i < n; i++)
		if (PKCS7_add_certificate(p7, certs[i]->x) != 1)
			abort();
	return p7;
}

static struct bytes finish(PKCS7 *p7, struct arena *a)
{
	unsigned char *der = NULL;
	int n = i2d_PKCS7(p7, &der);
	struct bytes out;

	if (n < 0)
		abort();
	out = bytes_of(arena_memdup(a, der, (size_t)n), (size_t)n);
	OPENSSL_free(der);
	PKCS7_free(p7);
	ERR_clear_error();
	return out;
}

struct bytes scep_cms_degenerate(const struct cert *const *certs, size_t n,
	struct arena *a)
{
	return finish(degenerate(certs, n), a);
}

static int reply_content(const struct scep_cms_reply *r, struct arena *a,
	struct bytes *out, struct err *e)
{
	const unsigned char *p = r->crl.p;
	X509_CRL *crl = NULL;
	PKCS7 *p7;

	if (r->n_certs == 0 && r->crl.p == NULL)
		return err_set(e, ERR_INTERNAL, "SCEP: a success with nothing in it");
	if (r->crl.p != NULL) {
		crl = d2i_X509_CRL(NULL, &p, (long)r->crl.n);
		if (crl == NULL)
			return ossl_err(e, ERR_INTERNAL, "SCEP: revocation list");
	}
	p7 = degenerate(r->certs, r->n_certs);
	if (crl != NULL && PKCS7_add_crl(p7, crl) != 1)
		abort();
	X509_CRL_free(crl);
	*out = finish(p7, a);
	return 0;
}

int scep_cms_reply(const struct scep_cms *m, const struct scep_cms_reply *r,
	const struct cert *c, const struct pkey *k, struct arena *a,
	struct bytes *out, struct err *e)
{
	struct bytes content, envelope = { NULL, 0 };
	unsigned char nonce[SCEP_NONCE_LEN];
	struct scep_cms answer = {
		.type = SCEP_CERT_REP, .transaction = m->transaction,
		.transaction_tag = m->transaction_tag,
		.sender_nonce = { nonce, sizeof(nonce) },
		.recipient_nonce = m->sender_nonce,
		.status = r->status, .fail = r->fail, .fail_text = r->fail_text,
		.digest_nid = m->digest_nid,
	};

	*out = bytes_of(NULL, 0);
	rnd_bytes(nonce, sizeof(nonce));
	if (r->status == SCEP_SUCCESS && (reply_content(r, a, &content, e) < 0 ||
			scep_cms_envelope(content, m->signer, m->cipher_nid, a,
				&envelope, e) < 0))
		return -1;
	return scep_cms_sign(&answer, envelope, c, k, a, out, e);
}
