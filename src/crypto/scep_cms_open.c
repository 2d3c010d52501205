/* SCEP envelopes: opened, by the CA's key or by the device's. */
#include "crypto/scep_cms.h"

#include <openssl/err.h>

#include "crypto/cms_parts.h"

#define MAX_RECIPIENTS 16

/* Whether a recipient is this certificate, by RSA PKCS #1 v1.5. */
static int find_recipient(CMS_ContentInfo *cms, X509 *x, struct err *e)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	int n = all != NULL ? sk_CMS_RecipientInfo_num(all) : 0;

	if (n > MAX_RECIPIENTS)
		return cms_refuse(e, "has too many recipients");
	for (int i = 0; i < n; i++) {
		CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(all, i);
		const ASN1_OBJECT *oid = NULL;
		X509_ALGOR *alg = NULL;

		if (CMS_RecipientInfo_type(ri) != CMS_RECIPINFO_TRANS ||
			CMS_RecipientInfo_ktri_cert_cmp(ri, x) != 0)
			continue;
		CMS_RecipientInfo_ktri_get0_algs(ri, NULL, NULL, &alg);
		X509_ALGOR_get0(&oid, NULL, NULL, alg);
		if (OBJ_obj2nid(oid) != NID_rsaEncryption)
			return cms_refuse(e, "has a key not by RSA PKCS #1 v1.5");
		ERR_clear_error();
		return 0;
	}
	return cms_refuse(e, "is not for this certificate");
}

int scep_cms_decrypt(const struct scep_cms *m, const struct cert *c,
	const struct pkey *k, struct arena *a, struct bytes *out, struct err *e)
{
	struct bytes content = { NULL, 0 };
	CMS_ContentInfo *cms;
	BIO *to;

	*out = bytes_of(NULL, 0);
	if (m->envelope.p == NULL)
		return cms_refuse(e, "has no envelope");
	if (EVP_PKEY_get_base_id(k->k) != EVP_PKEY_RSA || !pkey_matches(k, c))
		return err_set(e, ERR_INTERNAL,
			"SCEP: the key to decrypt with is not the RSA certificate's");
	if (cms_parse(m->envelope, SCEP_CMS_MAX, a, &cms, e) < 0 ||
		find_recipient(cms, c->x, e) < 0)
		return -1;
	to = ossl_bio_new();
	if (CMS_decrypt(cms, k->k, c->x, NULL, to, CMS_BINARY) == 1)
		content = ossl_bio_bytes(to, a);
	BIO_free(to);
	ERR_clear_error();
	if (!ossl_is_sequence(content))
		return cms_refuse(e, "cannot be decrypted");
	*out = content;
	return 0;
}

static int certs_of(CMS_ContentInfo *cms, const char *otherwise,
	struct arena *a, struct cert ***out, size_t *n, struct err *e)
{
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return cms_refuse(e, otherwise);
	if (cms_certs(cms, a, out, n, e) < 0)
		return -1;
	return *n > 0 ? 0 : cms_refuse(e, "has no certificate in it");
}

int scep_cms_read_certs(struct bytes in, struct arena *a, struct cert ***out,
	size_t *n, struct err *e)
{
	CMS_ContentInfo *cms;

	*out = NULL;
	*n = 0;
	if (cms_parse(in, SCEP_CMS_MAX, a, &cms, e) < 0)
		return -1;
	return certs_of(cms, "is not signed data", a, out, n, e);
}

int scep_cms_certs(const struct scep_cms *reply, const struct cert *c,
	const struct pkey *k, struct arena *a, struct cert ***out, size_t *n,
	struct err *e)
{
	CMS_ContentInfo *cms;
	struct bytes content;

	*out = NULL;
	*n = 0;
	if (scep_cms_decrypt(reply, c, k, a, &content, e) < 0)
		return -1;
	if (cms_parse(content, SCEP_CMS_MAX, a, &cms, e) < 0)
		return err_wrap(e, "has a content that");
	return certs_of(cms, "has a content that is not signed data", a, out,
		n, e);
}
