/* The trusted device CAs, and the rules by which a certificate is one of
 * theirs. Signatures and usage only: no dates, no revocation. */
#include "crypto/cert.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "crypto/ossl.h"

#define MAX_CHAIN 5
#define MAX_OTHERS 32
#define MAX_BUNDLE ((size_t)4 << 20)

/*
 * One store per anchor. In one common store OpenSSL takes the first issuer
 * whose name fits, and of two CAs with the same name (one that was made anew)
 * the other's devices would be refused.
 */
struct anchor {
	X509 *x;
	X509_STORE *store;
};

struct trust {
	struct arena *arena;
	struct anchor *anchors;
	size_t n;
	int64_t expires;
};

static void free_store(void *store)
{
	X509_STORE_free(store);
}

static void add_anchor(struct trust *t, const struct cert *c)
{
	struct anchor *an = &t->anchors[t->n++];
	X509_VERIFY_PARAM *param;

	an->x = c->x;
	an->store = X509_STORE_new();
	if (an->store == NULL || X509_STORE_add_cert(an->store, c->x) != 1)
		abort();
	arena_defer(t->arena, free_store, an->store);
	param = X509_STORE_get0_param(an->store);
	X509_VERIFY_PARAM_set_flags(param,
		X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
	/* Devices of other servers may have RSA-1024 and SHA-1; what is least
	 * is said in check_leaf, not by the distribution's security level. */
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_depth(param, 1);
	if (t->n == 1 || c->not_after < t->expires)
		t->expires = c->not_after;
}

int trust_open(const char *bundle_path, struct trust **out, struct err *e)
{
	struct arena *a = arena_new();
	struct trust *t = arena_zalloc(a, sizeof(*t));
	struct cert **list = NULL;
	struct bytes pem;
	size_t n = 0;

	*out = NULL;
	t->arena = a;
	if (file_read(bundle_path, MAX_BUNDLE, a, &pem, e) < 0)
		goto fail;
	if (pem.p == NULL) {
		err_set(e, ERR_NOT_FOUND, "%s: no such file", bundle_path);
		goto fail;
	}
	if (cert_list_pem(pem, a, &list, &n, e) < 0) {
		err_wrap(e, "%s", bundle_path);
		goto fail;
	}
	if (n == 0) {
		err_set(e, ERR_BAD_INPUT, "%s: no certificate in it", bundle_path);
		goto fail;
	}
	t->anchors = arena_alloc(a, n * sizeof(*t->anchors));
	for (size_t i = 0; i < n; i++)
		add_anchor(t, list[i]);
	*out = t;
	return 0;
fail:
	arena_free(a);
	return -1;
}

void trust_close(struct trust *t)
{
	if (t != NULL)
		arena_free(t->arena);
}

unsigned trust_count(const struct trust *t)
{
	return (unsigned)t->n;
}

int64_t trust_expires(const struct trust *t)
{
	return t->expires;
}

const char *trust_reason(long code)
{
	return X509_verify_cert_error_string(code);
}

static int untrusted(struct err *e, const char *why)
{
	return err_set(e, ERR_BAD_INPUT, "certificate is not trusted: %s", why);
}

static int check_leaf(const struct cert *c, struct err *e)
{
	int digest = NID_undef;

	if ((X509_get_extension_flags(c->x) & EXFLAG_INVALID) != 0)
		return untrusted(e, "its extensions are damaged");
	if (ossl_check_key(X509_get0_pubkey(c->x), e) < 0)
		return err_wrap(e, "certificate is not trusted");
	if (X509_get_signature_info(c->x, &digest, NULL, NULL, NULL) == 1 &&
		(digest == NID_md5 || digest == NID_md4 || digest == NID_md2))
		return untrusted(e, "signed by MD5");
	ERR_clear_error();
	return 0;
}

static int check_usage(const struct cert *c, struct err *e)
{
	uint32_t extended = X509_get_extended_key_usage(c->x);
	uint32_t usage = X509_get_key_usage(c->x);

	/* Both are UINT32_MAX where the extension is absent. */
	if (extended == UINT32_MAX || (extended & XKU_SSL_CLIENT) == 0)
		return err_set(e, ERR_BAD_INPUT, "certificate lacks clientAuth");
	if ((usage & KU_DIGITAL_SIGNATURE) == 0)
		return err_set(e, ERR_BAD_INPUT, "certificate lacks digitalSignature");
	return 0;
}

/* X509_V_OK, or why not. */
static int verify_by(const struct anchor *an, X509 *leaf)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int why;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, an->store, leaf, NULL) != 1)
		abort();
	why = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return why;
}

int trust_verify(const struct trust *t, const struct cert *c, struct err *e)
{
	int why = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

	if (check_leaf(c, e) < 0)
		return -1;
	for (size_t i = 0; i < t->n && why != X509_V_OK; i++) {
		const struct anchor *an = &t->anchors[i];

		if (X509_NAME_cmp(X509_get_issuer_name(c->x),
				X509_get_subject_name(an->x)) == 0)
			why = verify_by(an, c->x);
	}
	if (why != X509_V_OK)
		return untrusted(e, trust_reason(why));
	return check_usage(c, e);
}

/* Those that an issuer could be: what could not is not given to OpenSSL. */
static STACK_OF(X509) *usable(struct cert *const *others, size_t n)
{
	STACK_OF(X509) *out = sk_X509_new_null();
	struct err why = ERR_INIT;

	if (out == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		if (check_leaf(others[i], &why) == 0 &&
			sk_X509_push(out, others[i]->x) <= 0)
			abort();
	return out;
}

static bool could_end(const struct anchor *an, X509 *leaf, STACK_OF(X509) *others)
{
	const X509_NAME *name = X509_get_subject_name(an->x);

	if (X509_NAME_cmp(X509_get_issuer_name(leaf), name) == 0)
		return true;
	for (int i = 0; i < sk_X509_num(others); i++)
		if (X509_NAME_cmp(X509_get_issuer_name(sk_X509_value(others, i)),
				name) == 0)
			return true;
	return false;
}

static int verify_chain_by(const struct anchor *an, X509 *leaf,
	STACK_OF(X509) *others, int64_t now)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int why;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, an->store, leaf, others) != 1)
		abort();
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, MAX_CHAIN);
	if (now != TRUST_ANY_TIME) {
		X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_NO_CHECK_TIME);
		X509_VERIFY_PARAM_set_time(param, (time_t)now);
	}
	why = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return why;
}

int trust_verify_chain(const struct trust *t, const struct cert *c,
	struct cert *const *others, size_t n, int64_t now, struct err *e)
{
	int why = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	STACK_OF(X509) *stack;

	if (check_leaf(c, e) < 0)
		return -1;
	if (n > MAX_OTHERS)
		return untrusted(e, "too many certificates came along");
	stack = usable(others, n);
	for (size_t i = 0; i < t->n && why != X509_V_OK; i++)
		if (could_end(&t->anchors[i], c->x, stack))
			why = verify_chain_by(&t->anchors[i], c->x, stack, now);
	sk_X509_free(stack);
	return why == X509_V_OK ? 0 : untrusted(e, trust_reason(why));
}
