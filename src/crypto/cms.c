/* Detached CMS signatures over a request's body: verified, and made (by the
 * simulated device). Says nothing of whether the signer is trusted. */
#include "crypto/cms.h"

#include <stdlib.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "crypto/ossl.h"

#define MAX_CMS 65536

static int refuse(struct err *e, const char *why)
{
	ERR_clear_error();
	return err_set(e, ERR_BAD_INPUT, "%s", why);
}

static bool is_known_digest(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid = NULL;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha1:		/* of older systems */
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return true;
	default:
		return false;
	}
}

/* The one signer's certificate; what it names is looked at before anything
 * is computed with it. */
static int find_signer(CMS_ContentInfo *cms, X509 **signer, struct err *e)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	X509_ALGOR *digest = NULL;
	X509 *x = NULL;

	if (infos == NULL || sk_CMS_SignerInfo_num(infos) == 0)
		return refuse(e, "has no signer");
	if (sk_CMS_SignerInfo_num(infos) > 1)
		return refuse(e, sk_CMS_SignerInfo_num(infos) == 2 ?
			"has two signers" : "has several signers");
	if (CMS_set1_signers_certs(cms, NULL, 0) != 1)
		return refuse(e, "lacks its signer's certificate");
	CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0), NULL, &x, &digest,
		NULL);
	if (x == NULL)
		return refuse(e, "lacks its signer's certificate");
	if (!is_known_digest(digest))
		return refuse(e, "has a digest that is neither SHA-1 nor SHA-2");
	if (ossl_check_key(X509_get0_pubkey(x), e) < 0)
		return err_wrap(e, "has a signer of the wrong kind");
	*signer = x;
	return 0;
}

static int verify(CMS_ContentInfo *cms, struct bytes body, X509 **signer,
	struct err *e)
{
	BIO *content;
	int ok;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return refuse(e, "is not signed data");
	if (CMS_is_detached(cms) != 1)
		return refuse(e, "carries its own content");
	if (find_signer(cms, signer, e) < 0)
		return -1;
	content = ossl_bio(body);
	ok = CMS_verify(cms, NULL, NULL, content, NULL,
		CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY);
	BIO_free(content);
	if (ok != 1)
		return refuse(e, "does not match the body");
	return 0;
}

int cms_verify_detached(struct bytes der, struct bytes body, struct arena *a,
	struct cert **signer, struct err *e)
{
	const unsigned char *p = der.p;
	CMS_ContentInfo *cms;
	X509 *x = NULL;
	int rc;

	*signer = NULL;
	if (der.n > MAX_CMS)
		return err_set(e, ERR_BAD_INPUT, "is longer than %d bytes", MAX_CMS);
	cms = der.n > 0 ? d2i_CMS_ContentInfo(NULL, &p, (long)der.n) : NULL;
	if (cms == NULL)
		return refuse(e, "is not CMS");
	if (p != der.p + der.n)
		rc = refuse(e, "has more data behind the CMS");
	else
		rc = verify(cms, body, &x, e);
	if (rc == 0) {
		X509_up_ref(x);
		if (ossl_cert(x, a, signer, e) < 0)
			rc = err_wrap(e, "has a signer that cannot be read");
	}
	CMS_ContentInfo_free(cms);
	return rc;
}

int cms_sign_detached(const struct cert *c, const struct pkey *k, struct bytes body,
	struct arena *a, struct bytes *der, struct err *e)
{
	BIO *content = ossl_bio(body), *out = ossl_bio_new();
	CMS_ContentInfo *cms = CMS_sign(c->x, k->k, NULL, content,
		CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP);
	int rc = 0;

	*der = bytes_of(NULL, 0);
	if (cms == NULL || i2d_CMS_bio(out, cms) != 1)
		rc = ossl_err(e, ERR_INTERNAL, "CMS signature");
	else
		*der = ossl_bio_bytes(out, a);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(out);
	return rc;
}
