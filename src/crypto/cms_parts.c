/* The common ground of the CMS files: a message taken apart, and nothing
 * believed of it. */
#include "crypto/cms_parts.h"

#include <stdlib.h>

#include <openssl/err.h>

int cms_refuse(struct err *e, const char *why)
{
	ERR_clear_error();
	return err_set(e, ERR_BAD_INPUT, "%s", why);
}

static void free_cms(void *cms)
{
	CMS_ContentInfo_free(cms);
}

int cms_parse(struct bytes in, size_t max, struct arena *a, CMS_ContentInfo **out,
	struct err *e)
{
	const unsigned char *p = in.p;
	CMS_ContentInfo *cms;

	*out = NULL;
	if (in.n > max)
		return err_set(e, ERR_BAD_INPUT, "is longer than %zu bytes", max);
	cms = in.n > 0 ? d2i_CMS_ContentInfo(NULL, &p, (long)in.n) : NULL;
	if (cms == NULL)
		return cms_refuse(e, "is not CMS");
	arena_defer(a, free_cms, cms);
	if (p != in.p + in.n)
		return cms_refuse(e, "has more data behind the CMS");
	ERR_clear_error();
	*out = cms;
	return 0;
}

struct bytes cms_der(CMS_ContentInfo *cms, struct arena *a)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);
	struct bytes out;

	if (n < 0)
		abort();
	out = bytes_of(arena_memdup(a, der, (size_t)n), (size_t)n);
	OPENSSL_free(der);
	return out;
}

int cms_one_signer(CMS_ContentInfo *cms, CMS_SignerInfo **out, struct err *e)
{
	STACK_OF(CMS_SignerInfo) *infos;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return cms_refuse(e, "is not signed data");
	infos = CMS_get0_SignerInfos(cms);
	if (infos == NULL || sk_CMS_SignerInfo_num(infos) == 0)
		return cms_refuse(e, "has no signer");
	if (sk_CMS_SignerInfo_num(infos) > 1)
		return cms_refuse(e, sk_CMS_SignerInfo_num(infos) == 2 ?
			"has two signers" : "has several signers");
	*out = sk_CMS_SignerInfo_value(infos, 0);
	return 0;
}

int cms_signer_cert(CMS_ContentInfo *cms, CMS_SignerInfo *si, X509 **out,
	struct err *e)
{
	X509 *x = NULL;

	if (CMS_set1_signers_certs(cms, NULL, 0) != 1)
		return cms_refuse(e, "lacks its signer's certificate");
	CMS_SignerInfo_get0_algs(si, NULL, &x, NULL, NULL);
	if (x == NULL)
		return cms_refuse(e, "lacks its signer's certificate");
	*out = x;
	return 0;
}

int cms_signer_digest(CMS_SignerInfo *si)
{
	const ASN1_OBJECT *oid = NULL;
	X509_ALGOR *digest = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, digest);
	return OBJ_obj2nid(oid);
}

static void free_certs(STACK_OF(X509) *certs)
{
	sk_X509_pop_free(certs, X509_free);
}

int cms_certs(CMS_ContentInfo *cms, struct arena *a, struct cert ***out, size_t *n,
	struct err *e)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	int count = certs != NULL ? sk_X509_num(certs) : 0;
	struct cert **list;
	int rc = 0;

	*out = NULL;
	*n = 0;
	ERR_clear_error();
	if (count > CMS_MAX_CERTS) {
		free_certs(certs);
		return err_set(e, ERR_BAD_INPUT, "has more than %d certificates",
			CMS_MAX_CERTS);
	}
	list = arena_alloc(a, (size_t)count * sizeof(*list));
	for (int i = 0; i < count && rc == 0; i++) {
		X509 *x = sk_X509_value(certs, i);

		X509_up_ref(x);
		rc = ossl_cert(x, a, &list[i], e);
	}
	free_certs(certs);
	if (rc < 0)
		return err_wrap(e, "has a certificate that cannot be read");
	*out = list;
	*n = (size_t)count;
	return 0;
}

bool cms_is_usable_key(const struct pkey *k)
{
	int type = EVP_PKEY_get_base_id(k->k);

	return type == EVP_PKEY_RSA || type == EVP_PKEY_EC;
}
