/* SCEP messages: read, their signature verified. The envelope stays closed
 * here (scep_cms_open.c), and nobody is trusted yet. */
#include "crypto/scep_cms.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "crypto/cms_parts.h"
#include "crypto/scep_cms_parts.h"

#define MAX_TEXT 255
#define MAX_NUMBER 999	/* messageType; 22 is the highest that there is */

struct reading {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si;
	struct arena *a;
	struct scep_cms *out;
	struct err *e;
};

bool scep_cms_is_digest(int nid)
{
	return nid == NID_sha1 || nid == NID_sha256 || nid == NID_sha384 ||
		nid == NID_sha512;
}

bool scep_cms_is_cipher(int nid)
{
	return nid == NID_aes_128_cbc || nid == NID_aes_192_cbc ||
		nid == NID_aes_256_cbc || nid == NID_des_ede3_cbc;
}

/* The one value of a signed attribute: 1, or 0 when it is not there, or -1
 * when there is not exactly one. */
static int attribute(const struct reading *r, const char *oid, const ASN1_TYPE **out)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_ATTRIBUTE *attr;
	int at, again = -1;

	if (object == NULL)
		abort();
	at = CMS_signed_get_attr_by_OBJ(r->si, object, -1);
	if (at >= 0)
		again = CMS_signed_get_attr_by_OBJ(r->si, object, at);
	ASN1_OBJECT_free(object);
	if (at < 0)
		return 0;
	attr = CMS_signed_get_attr(r->si, at);
	if (again >= 0 || X509_ATTRIBUTE_count(attr) != 1)
		return -1;
	*out = X509_ATTRIBUTE_get0_type(attr, 0);
	return *out != NULL ? 1 : -1;
}

static struct bytes value_of(const ASN1_TYPE *t)
{
	return bytes_of(ASN1_STRING_get0_data(t->value.asn1_string),
		(size_t)ASN1_STRING_length(t->value.asn1_string));
}

/* 1, 0 or -1 as above; text is 1 to 255 bytes without control characters. */
static int text(const struct reading *r, const char *oid, const char **out, int *tag)
{
	const ASN1_TYPE *t = NULL;
	int rc = attribute(r, oid, &t);
	struct bytes b;

	if (rc <= 0)
		return rc;
	if (t->type != V_ASN1_PRINTABLESTRING && t->type != V_ASN1_UTF8STRING &&
		t->type != V_ASN1_IA5STRING)
		return -1;
	b = value_of(t);
	if (b.n == 0 || b.n > MAX_TEXT || !str_is_utf8(b.p, b.n))
		return -1;
	for (size_t i = 0; i < b.n; i++)
		if (str_control(b.p + i, b.n - i) > 0)
			return -1;
	*out = arena_str(r->a, b);
	if (tag != NULL)
		*tag = t->type;
	return 1;
}

static int number(const struct reading *r, const char *oid, int *out)
{
	const char *s = NULL;
	uint64_t n = 0;
	int rc = text(r, oid, &s, NULL);

	if (rc <= 0)
		return rc;
	if (!str_u64(s, 0, MAX_NUMBER, &n))
		return -1;
	*out = (int)n;
	return 1;
}

static int nonce(const struct reading *r, const char *oid, struct bytes *out)
{
	const ASN1_TYPE *t = NULL;
	int rc = attribute(r, oid, &t);
	struct bytes b;

	if (rc <= 0)
		return rc;
	if (t->type != V_ASN1_OCTET_STRING)
		return -1;
	b = value_of(t);
	if (b.n != SCEP_NONCE_LEN)
		return -1;
	*out = arena_bytes(r->a, b);
	return 1;
}

/* What a refusal needs comes first. */
static int read_head(struct reading *r)
{
	struct scep_cms *m = r->out;
	int rc = text(r, SCEP_OID_TRANSACTION, &m->transaction, &m->transaction_tag);

	if (rc <= 0)
		return cms_refuse(r->e, rc == 0 ? "has no transactionID" :
			"has a transactionID that is not one short text");
	if (nonce(r, SCEP_OID_SENDER_NONCE, &m->sender_nonce) < 0)
		return cms_refuse(r->e, "has a senderNonce that is not 16 bytes");
	return 0;
}

static int read_reply(struct reading *r)
{
	struct scep_cms *m = r->out;
	int status = -1, fail = -1;

	if (number(r, SCEP_OID_STATUS, &status) <= 0 ||
		(status != SCEP_SUCCESS && status != SCEP_FAILURE &&
			status != SCEP_PENDING))
		return cms_refuse(r->e, "is a CertRep without a good pkiStatus");
	m->status = (enum scep_status)status;
	if (nonce(r, SCEP_OID_RECIPIENT_NONCE, &m->recipient_nonce) < 0)
		return cms_refuse(r->e, "has a recipientNonce that is not 16 bytes");
	if (m->status != SCEP_FAILURE)
		return 0;
	if (number(r, SCEP_OID_FAIL, &fail) <= 0 || fail > SCEP_BAD_CERT_ID)
		return cms_refuse(r->e, "is a failure without a good failInfo");
	m->fail = (enum scep_fail)fail;
	if (text(r, SCEP_OID_FAIL_TEXT, &m->fail_text, NULL) < 0)
		return cms_refuse(r->e, "has a failInfoText that is not one short text");
	return 0;
}

static int read_type(struct reading *r)
{
	int type = -1, rc = number(r, SCEP_OID_TYPE, &type);

	if (rc <= 0)
		return cms_refuse(r->e, rc == 0 ? "has no messageType" :
			"has a messageType that is not one number");
	r->out->type = (enum scep_type)type;
	return r->out->type == SCEP_CERT_REP ? read_reply(r) : 0;
}

static int read_signer(struct reading *r, enum scep_fail *fail)
{
	int digest = cms_signer_digest(r->si);
	X509 *x = NULL;

	if (cms_signer_cert(r->cms, r->si, &x, r->e) < 0)
		return -1;
	if (ossl_check_key(X509_get0_pubkey(x), r->e) < 0) {
		*fail = SCEP_BAD_ALG;
		return err_wrap(r->e, "has a signer of the wrong kind");
	}
	X509_up_ref(x);
	if (ossl_cert(x, r->a, &r->out->signer, r->e) < 0)
		return err_wrap(r->e, "has a signer that cannot be read");
	if (!scep_cms_is_digest(digest)) {
		*fail = SCEP_BAD_ALG;
		return cms_refuse(r->e, "has a digest that is not SHA-1, 256, 384 or 512");
	}
	r->out->digest_nid = digest;
	return 0;
}

/* The content that is signed; p NULL when there is none. */
static int verify(struct reading *r, struct bytes *content)
{
	bool absent = CMS_is_detached(r->cms) == 1;
	BIO *nothing = absent ? ossl_bio(bytes_of(NULL, 0)) : NULL;
	BIO *out = ossl_bio_new();
	int ok = CMS_verify(r->cms, NULL, NULL, nothing, out,
		CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY);

	*content = bytes_of(NULL, 0);
	if (ok == 1 && !absent)
		*content = ossl_bio_bytes(out, r->a);
	BIO_free(out);
	BIO_free(nothing);
	if (ok != 1)
		return cms_refuse(r->e, "has a signature that does not match");
	ERR_clear_error();
	return 0;
}

/* OpenSSL tells a message's cipher only by the BIO that would decrypt it;
 * without a key it takes a random one, and nothing is read from it. */
static int cipher_of(CMS_ContentInfo *envelope)
{
	BIO *chain = CMS_dataInit(envelope, NULL);
	BIO *filter = chain != NULL ? BIO_find_type(chain, BIO_TYPE_CIPHER) : NULL;
	EVP_CIPHER_CTX *ctx = NULL;
	int nid = NID_undef;

	if (filter != NULL && BIO_get_cipher_ctx(filter, &ctx) == 1 && ctx != NULL)
		nid = EVP_CIPHER_CTX_get_nid(ctx);
	BIO_free_all(chain);
	ERR_clear_error();
	return nid;
}

static int read_envelope(struct reading *r, struct bytes content,
	enum scep_fail *fail)
{
	CMS_ContentInfo *envelope;
	int cipher;

	if (content.n == 0)
		return 0;
	if (cms_parse(content, SCEP_CMS_MAX, r->a, &envelope, r->e) < 0)
		return err_wrap(r->e, "has a content that");
	if (OBJ_obj2nid(CMS_get0_type(envelope)) != NID_pkcs7_enveloped)
		return cms_refuse(r->e, "has a content that is not enveloped data");
	cipher = cipher_of(envelope);
	if (!scep_cms_is_cipher(cipher)) {
		*fail = SCEP_BAD_ALG;
		return cms_refuse(r->e, "has a cipher that is neither AES-CBC nor 3DES");
	}
	r->out->cipher_nid = cipher;
	r->out->envelope = content;
	return 0;
}

int scep_cms_read(struct bytes in, struct arena *a, struct scep_cms *out,
	enum scep_fail *fail, struct err *e)
{
	struct reading r = { .a = a, .out = out, .e = e };
	struct bytes content;

	*out = (struct scep_cms){ 0 };
	*fail = SCEP_BAD_REQUEST;
	if (cms_parse(in, SCEP_CMS_MAX, a, &r.cms, e) < 0 ||
		cms_one_signer(r.cms, &r.si, e) < 0 || read_head(&r) < 0 ||
		read_signer(&r, fail) < 0 || read_type(&r) < 0)
		return -1;
	if (verify(&r, &content) < 0) {
		*fail = SCEP_BAD_MESSAGE_CHECK;
		return -1;
	}
	return read_envelope(&r, content, fail);
}
