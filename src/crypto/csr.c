/* Certification requests: read, described, and made for the simulated
 * device. Whether one is granted, and what is, is decided elsewhere. */
#include "crypto/csr.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/ossl.h"

#define MAX_DER 65536
#define MAX_CHALLENGE 255	/* pkcs-9-ub-challengePassword */
#define MIN_RSA 1024
#define MAX_RSA 16384
#define MIN_EC 256
#define MAX_EXPONENT 64

static int refuse(struct err *e, const char *why)
{
	ERR_clear_error();
	return err_set(e, ERR_BAD_INPUT, "%s", why);
}

/* The exponent 1 would sign anything; a long one makes each use slow. */
static bool is_good_rsa(const EVP_PKEY *k)
{
	BIGNUM *n = NULL, *exponent = NULL;
	bool good = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
		BN_is_odd(n) && BN_is_odd(exponent) && !BN_is_one(exponent) &&
		BN_num_bits(exponent) <= MAX_EXPONENT;

	BN_free(n);
	BN_free(exponent);
	return good;
}

static bool is_named_curve(const EVP_PKEY *k)
{
	int is_explicit = 1;
	char name[64];
	size_t n = 0;

	return EVP_PKEY_get_group_name(k, name, sizeof(name), &n) == 1 &&
		EVP_PKEY_get_int_param(k,
			OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
			&is_explicit) == 1 && is_explicit == 0;
}

static int check_key(const EVP_PKEY *k, struct err *e)
{
	int type = k != NULL ? EVP_PKEY_get_base_id(k) : EVP_PKEY_NONE;
	int bits = k != NULL ? EVP_PKEY_get_bits(k) : 0;

	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return refuse(e, "has a key that is neither RSA nor EC");
	if (bits < (type == EVP_PKEY_RSA ? MIN_RSA : MIN_EC) || bits > MAX_RSA) {
		ERR_clear_error();
		return err_set(e, ERR_BAD_INPUT, "has an %s key of %d bits",
			type == EVP_PKEY_RSA ? "RSA" : "EC", bits);
	}
	if (type == EVP_PKEY_RSA && !is_good_rsa(k))
		return refuse(e, "has an RSA key with a bad modulus or exponent");
	if (type == EVP_PKEY_EC && !is_named_curve(k))
		return refuse(e, "has an EC key without a named curve");
	return 0;
}

static int check_algorithm(const X509_REQ *x, struct err *e)
{
	int digest = NID_undef, key = NID_undef;

	if (OBJ_find_sigid_algs(X509_REQ_get_signature_nid(x), &digest, &key) != 1 ||
		(key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey))
		return refuse(e, "is signed by an algorithm that is not known");
	switch (digest) {
	case NID_sha1:
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return 0;
	default:
		return refuse(e, "is signed by a digest that is neither SHA-1 nor SHA-2");
	}
}

static void free_req(void *x)
{
	X509_REQ_free(x);
}

int csr_from_der(struct bytes der, struct arena *a, struct csr **out, bool *weak,
	struct err *e)
{
	const unsigned char *p = der.p;
	struct csr *c;
	X509_REQ *x;

	*out = NULL;
	if (weak != NULL)
		*weak = false;
	if (der.n > MAX_DER)
		return err_set(e, ERR_BAD_INPUT, "is longer than %d bytes", MAX_DER);
	/* An open length (0x80) is BER. */
	x = ossl_is_sequence(der) && der.p[1] != 0x80 ?
		d2i_X509_REQ(NULL, &p, (long)der.n) : NULL;
	if (x == NULL)
		return refuse(e, "is not a certification request");
	arena_defer(a, free_req, x);
	if (p != der.p + der.n)
		return refuse(e, "has more data behind it");
	if (check_key(X509_REQ_get0_pubkey(x), e) < 0 || check_algorithm(x, e) < 0) {
		if (weak != NULL)
			*weak = true;
		return -1;
	}
	if (X509_REQ_verify(x, X509_REQ_get0_pubkey(x)) != 1)
		return refuse(e, "has a bad signature");
	ERR_clear_error();
	c = arena_zalloc(a, sizeof(*c));
	c->x = x;
	c->der = arena_bytes(a, der);
	*out = c;
	return 0;
}

struct bytes csr_der(const struct csr *c, struct arena *a)
{
	return arena_bytes(a, c->der);
}

/* The one value of the one attribute, where it is of a type we take. */
static const ASN1_STRING *challenge(const struct csr *c)
{
	const int nid = NID_pkcs9_challengePassword;
	int at = X509_REQ_get_attr_by_NID(c->x, nid, -1);
	X509_ATTRIBUTE *attribute;
	const ASN1_TYPE *value;

	if (at < 0 || X509_REQ_get_attr_by_NID(c->x, nid, at) >= 0)
		return NULL;
	attribute = X509_REQ_get_attr(c->x, at);
	if (X509_ATTRIBUTE_count(attribute) != 1)
		return NULL;
	value = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (value == NULL || (value->type != V_ASN1_PRINTABLESTRING &&
			value->type != V_ASN1_UTF8STRING))
		return NULL;
	return value->value.asn1_string;
}

const char *csr_challenge(const struct csr *c, struct arena *a)
{
	const ASN1_STRING *s = challenge(c);
	const char *out = NULL;

	if (s != NULL) {
		struct bytes b = bytes_of(ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s));

		if (b.n > 0 && b.n <= MAX_CHALLENGE && str_is_utf8(b.p, b.n))
			out = arena_str(a, b);
	}
	ERR_clear_error();
	return out;
}

char *csr_subject(const struct csr *c, struct arena *a)
{
	return ossl_name_line(X509_REQ_get_subject_name(c->x), a);
}

char *csr_common_name(const struct csr *c, struct arena *a)
{
	return ossl_name_text(X509_REQ_get_subject_name(c->x), NID_commonName, a);
}

bool csr_is_rsa(const struct csr *c)
{
	return EVP_PKEY_get_base_id(X509_REQ_get0_pubkey(c->x)) == EVP_PKEY_RSA;
}

unsigned csr_key_bits(const struct csr *c)
{
	return (unsigned)EVP_PKEY_get_bits(X509_REQ_get0_pubkey(c->x));
}

bool csr_matches(const struct csr *c, const struct cert *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert->x);
	bool same = key != NULL &&
		EVP_PKEY_eq(key, X509_REQ_get0_pubkey(c->x)) == 1;

	ERR_clear_error();
	return same;
}

void csr_key_sha256(const struct csr *c, unsigned char out[DIGEST_LEN])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(c->x), &der);

	if (n < 0)
		abort();
	digest_sha256(bytes_of(der, (size_t)n), out);
	OPENSSL_free(der);
}

void csr_sha256(const struct csr *c, unsigned char out[DIGEST_LEN])
{
	digest_sha256(c->der, out);
}

static bool name_fill(X509_NAME *name, const char *const (*subject)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (X509_NAME_add_entry_by_txt(name, subject[i][0], MBSTRING_UTF8,
			(const unsigned char *)subject[i][1], -1, -1, 0) != 1)
			return false;
	return true;
}

static bool fill(X509_REQ *x, const struct pkey *k, const char *secret)
{
	return X509_REQ_set_version(x, X509_REQ_VERSION_1) == 1 &&
		X509_REQ_set_pubkey(x, k->k) == 1 &&
		(secret == NULL || X509_REQ_add1_attr_by_NID(x,
			NID_pkcs9_challengePassword, MBSTRING_UTF8,
			(const unsigned char *)secret, (int)strlen(secret)) == 1) &&
		X509_REQ_sign(x, k->k, ossl_sha256()) > 0;
}

int csr_new(const struct pkey *k, const char *common_name, const char *secret,
	struct arena *a, struct bytes *der, struct err *e)
{
	const char *const subject[1][2] = { { "CN", common_name } };

	return csr_new_subject(k, subject, 1, secret, a, der, e);
}

int csr_new_subject(const struct pkey *k, const char *const (*subject)[2],
	size_t n_subject, const char *secret, struct arena *a, struct bytes *der,
	struct err *e)
{
	X509_REQ *x = X509_REQ_new();
	unsigned char *out = NULL;
	int n = -1;

	*der = bytes_of(NULL, 0);
	if (x == NULL)
		abort();
	if (name_fill(X509_REQ_get_subject_name(x), subject, n_subject) &&
		fill(x, k, secret))
		n = i2d_X509_REQ(x, &out);
	X509_REQ_free(x);
	if (n < 0)
		return ossl_err(e, ERR_BAD_INPUT, "certification request");
	*der = bytes_of(arena_memdup(a, out, (size_t)n), (size_t)n);
	OPENSSL_free(out);
	return 0;
}
