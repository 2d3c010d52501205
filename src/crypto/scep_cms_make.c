/* SCEP messages of either side: attributes written, signed, enveloped. */
#include "crypto/scep_cms_parts.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "crypto/cms_parts.h"

#define FLAGS (CMS_BINARY | CMS_NOSMIMECAP)

static int add(CMS_SignerInfo *si, const char *oid, int tag, struct bytes value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int ok;

	if (object == NULL)
		abort();
	ok = CMS_signed_add1_attr_by_OBJ(si, object, tag, value.p, (int)value.n) == 1;
	ASN1_OBJECT_free(object);
	return ok;
}

static int add_number(CMS_SignerInfo *si, const char *oid, int n, struct arena *a)
{
	return add(si, oid, V_ASN1_PRINTABLESTRING, bytes_str(arena_printf(a, "%d", n)));
}

static int add_nonce(CMS_SignerInfo *si, const char *oid, struct bytes nonce)
{
	return nonce.p == NULL || add(si, oid, V_ASN1_OCTET_STRING, nonce);
}

static int add_all(CMS_SignerInfo *si, const struct scep_cms *m, struct arena *a)
{
	int tag = m->transaction_tag != 0 ? m->transaction_tag : V_ASN1_PRINTABLESTRING;

	if (!add_number(si, SCEP_OID_TYPE, (int)m->type, a) ||
		!add(si, SCEP_OID_TRANSACTION, tag, bytes_str(m->transaction)) ||
		!add_nonce(si, SCEP_OID_SENDER_NONCE, m->sender_nonce) ||
		!add_nonce(si, SCEP_OID_RECIPIENT_NONCE, m->recipient_nonce))
		return 0;
	if (m->type != SCEP_CERT_REP)
		return 1;
	if (!add_number(si, SCEP_OID_STATUS, (int)m->status, a))
		return 0;
	if (m->status != SCEP_FAILURE)
		return 1;
	return add_number(si, SCEP_OID_FAIL, (int)m->fail, a) &&
		(m->fail_text == NULL || add(si, SCEP_OID_FAIL_TEXT,
			V_ASN1_UTF8STRING, bytes_str(m->fail_text)));
}

static int check(const struct scep_cms *m, const struct cert *c, const struct pkey *k,
	int digest, struct err *e)
{
	if (m->transaction == NULL || *m->transaction == '\0')
		return err_set(e, ERR_BAD_INPUT, "SCEP: no transactionID");
	if (!scep_cms_is_digest(digest))
		return err_set(e, ERR_BAD_INPUT, "SCEP: a digest that is not known");
	if (!cms_is_usable_key(k))
		return err_set(e, ERR_BAD_INPUT, "SCEP: a key to sign with that is "
			"neither RSA nor EC");
	if (!pkey_matches(k, c))
		return err_set(e, ERR_BAD_INPUT, "SCEP: the key to sign with is not "
			"the certificate's");
	return 0;
}

int scep_cms_sign(const struct scep_cms *m, struct bytes content, const struct cert *c,
	const struct pkey *k, struct arena *a, struct bytes *out, struct err *e)
{
	int digest = m->digest_nid != 0 ? m->digest_nid : NID_sha256;
	CMS_SignerInfo *si = NULL;
	CMS_ContentInfo *cms;
	BIO *in;
	int rc = 0;

	*out = bytes_of(NULL, 0);
	if (check(m, c, k, digest, e) < 0)
		return -1;
	in = ossl_bio(content);
	cms = CMS_sign(NULL, NULL, NULL, in, FLAGS | CMS_PARTIAL);
	if (cms != NULL)
		si = CMS_add1_signer(cms, c->x, k->k, EVP_get_digestbynid(digest),
			FLAGS);
	if (si == NULL || !add_all(si, m, a) || CMS_final(cms, in, NULL, FLAGS) != 1)
		rc = ossl_err(e, ERR_INTERNAL, "SCEP: signature");
	else
		*out = cms_der(cms, a);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	return rc;
}

int scep_cms_envelope(struct bytes content, const struct cert *to, int cipher_nid,
	struct arena *a, struct bytes *out, struct err *e)
{
	int cipher = cipher_nid != 0 ? cipher_nid : NID_aes_128_cbc;
	const EVP_PKEY *key = X509_get0_pubkey(to->x);
	CMS_ContentInfo *cms;
	BIO *in;
	int rc = 0;

	*out = bytes_of(NULL, 0);
	ERR_clear_error();
	if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return err_set(e, ERR_BAD_INPUT,
			"SCEP: the key to encrypt to is not RSA");
	if (!scep_cms_is_cipher(cipher))
		return err_set(e, ERR_BAD_INPUT, "SCEP: a cipher that is not known");
	in = ossl_bio(content);
	cms = CMS_encrypt(NULL, in, EVP_get_cipherbynid(cipher),
		CMS_BINARY | CMS_PARTIAL);
	if (cms == NULL || CMS_add1_recipient_cert(cms, to->x, 0) == NULL ||
		CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		rc = ossl_err(e, ERR_BAD_INPUT, "SCEP: envelope");
	else
		*out = cms_der(cms, a);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	return rc;
}
