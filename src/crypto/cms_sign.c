/* CMS signatures: made, by the simulated device over what it sends, by the
 * server around the profiles it gives. */
#include "crypto/cms.h"

#include <openssl/err.h>

#include "crypto/cms_parts.h"

#define FLAGS (CMS_BINARY | CMS_NOSMIMECAP)

static int add_chain(CMS_ContentInfo *cms, const struct cert *c,
	const struct cert *const *chain, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool there = X509_cmp(chain[i]->x, c->x) == 0;

		for (size_t j = 0; j < i && !there; j++)
			there = X509_cmp(chain[i]->x, chain[j]->x) == 0;
		if (!there && CMS_add1_cert(cms, chain[i]->x) != 1)
			return 0;
	}
	return 1;
}

static int sign(const struct cert *c, const struct pkey *k,
	const struct cert *const *chain, size_t n, struct bytes body, unsigned flags,
	struct arena *a, struct bytes *der, struct err *e)
{
	CMS_ContentInfo *cms;
	BIO *content;
	int rc = 0;

	*der = bytes_of(NULL, 0);
	if (!cms_is_usable_key(k))
		return err_set(e, ERR_BAD_INPUT, "CMS signature: "
			"its key is neither RSA nor EC");
	if (!pkey_matches(k, c))
		return err_set(e, ERR_BAD_INPUT, "CMS signature: "
			"the key is not the certificate's");
	content = ossl_bio(body);
	cms = CMS_sign(NULL, NULL, NULL, content, flags | CMS_PARTIAL);
	if (cms == NULL || CMS_add1_signer(cms, c->x, k->k, ossl_sha256(), flags) == NULL ||
		!add_chain(cms, c, chain, n) ||
		CMS_final(cms, content, NULL, flags) != 1)
		rc = ossl_err(e, ERR_INTERNAL, "CMS signature");
	else
		*der = cms_der(cms, a);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	ERR_clear_error();
	return rc;
}

int cms_sign_detached(const struct cert *c, const struct pkey *k, struct bytes body,
	struct arena *a, struct bytes *der, struct err *e)
{
	return sign(c, k, NULL, 0, body, FLAGS | CMS_DETACHED, a, der, e);
}

int cms_sign_attached(const struct cert *c, const struct pkey *k,
	const struct cert *const *chain, size_t n, struct bytes content,
	struct arena *a, struct bytes *der, struct err *e)
{
	return sign(c, k, chain, n, content, FLAGS, a, der, e);
}
