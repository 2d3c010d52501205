/* CMS signatures, detached from a request's body or around their content:
 * verified. Says nothing of whether the signer is trusted. */
#include "crypto/cms.h"

#include <openssl/err.h>

#include "crypto/cms_parts.h"

#define MAX_DETACHED 65536
#define FLAGS (CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY)

/* What the one signer names is looked at before anything is computed. */
static int check_signer(CMS_ContentInfo *cms, X509 **signer, struct err *e)
{
	CMS_SignerInfo *si = NULL;

	if (cms_one_signer(cms, &si, e) < 0 || cms_signer_cert(cms, si, signer, e) < 0)
		return -1;
	if (ossl_check_key(X509_get0_pubkey(*signer), e) < 0)
		return err_wrap(e, "has a signer of the wrong kind");
	switch (cms_signer_digest(si)) {
	case NID_sha1:		/* of older systems */
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return 0;
	default:
		return cms_refuse(e, "has a digest that is neither SHA-1 nor SHA-2");
	}
}

static int take_signer(X509 *x, struct arena *a, struct cert **out, struct err *e)
{
	X509_up_ref(x);
	if (ossl_cert(x, a, out, e) < 0)
		return err_wrap(e, "has a signer that cannot be read");
	return 0;
}

int cms_verify_detached(struct bytes der, struct bytes body, struct arena *a,
	struct cert **signer, struct err *e)
{
	CMS_ContentInfo *cms;
	X509 *x = NULL;
	BIO *content;
	int ok;

	*signer = NULL;
	if (cms_parse(der, MAX_DETACHED, a, &cms, e) < 0)
		return -1;
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return cms_refuse(e, "is not signed data");
	if (CMS_is_detached(cms) != 1)
		return cms_refuse(e, "carries its own content");
	if (check_signer(cms, &x, e) < 0)
		return -1;
	content = ossl_bio(body);
	ok = CMS_verify(cms, NULL, NULL, content, NULL, FLAGS);
	BIO_free(content);
	if (ok != 1)
		return cms_refuse(e, "does not match the body");
	ERR_clear_error();
	return take_signer(x, a, signer, e);
}

int cms_verify_attached(struct bytes der, struct arena *a, struct cms_attached *out,
	struct err *e)
{
	CMS_ContentInfo *cms;
	X509 *x = NULL;
	BIO *content;
	int ok;

	*out = (struct cms_attached){ 0 };
	if (cms_parse(der, CMS_ATTACHED_MAX, a, &cms, e) < 0)
		return -1;
	if (check_signer(cms, &x, e) < 0)
		return -1;
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return cms_refuse(e, "carries something else than data");
	if (CMS_is_detached(cms) != 0)
		return cms_refuse(e, "carries no content");
	content = ossl_bio_new();
	ok = CMS_verify(cms, NULL, NULL, NULL, content, FLAGS);
	if (ok == 1)
		out->content = ossl_bio_bytes(content, a);
	BIO_free(content);
	if (ok != 1)
		return cms_refuse(e, "has a signature that does not match");
	ERR_clear_error();
	if (take_signer(x, a, &out->signer, e) < 0)
		return -1;
	return cms_certs(cms, a, &out->certs, &out->n_certs, e);
}
