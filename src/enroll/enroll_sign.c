/* Who signs profiles. What stands in them is not its subject. */
#include "enroll/enroll_sign.h"

#include "base/file.h"
#include "crypto/cms.h"

int enroll_our_fault(const char *what, struct err *e)
{
	if (e->kind == ERR_BAD_INPUT || e->kind == ERR_TOO_LARGE)
		e->kind = ERR_CONFLICT;
	return err_wrap(e, "%.180s", what);
}

static int read_file(const char *key, const char *path, struct arena *a,
	struct bytes *out, struct err *e)
{
	if (*path == '\0')
		return err_set(e, ERR_CONFLICT, "%s is not set", key);
	if (file_read(path, PEM_PAIR_MAX / 2 - 1, a, out, e) < 0)
		return enroll_our_fault(key, e);
	return out->p != NULL ? 0 : err_set(e, ERR_CONFLICT,
		"%s: no file %.180s", key, path);
}

int enroll_sign_open(const struct conf *c, struct arena *a,
	struct enroll_signer *out, struct err *e)
{
	struct bytes cert, key;

	*out = (struct enroll_signer){ .n = 0 };
	if (*c->profile_sign_cert == '\0' && *c->profile_sign_key == '\0')
		return 0;
	if (read_file("profile_sign_cert", c->profile_sign_cert, a, &cert,
		e) < 0 || read_file("profile_sign_key", c->profile_sign_key, a,
			&key, e) < 0)
		return -1;
	/* One file may hold both, and be named twice. */
	if (!str_eq(c->profile_sign_cert, c->profile_sign_key))
		cert = bytes_str(arena_printf(a, "%.*s\n%.*s", (int)cert.n,
			(const char *)cert.p, (int)key.n,
			(const char *)key.p));
	if (pem_pair_read(cert, a, &out->pair, e) < 0 ||
		cert_list_pem(out->pair.cert_pem, a, &out->chain, &out->n,
			e) < 0)
		return enroll_our_fault("profile_sign_cert and profile_sign_key", e);
	return 0;
}

int enroll_sign(const struct enroll_signer *s, struct arena *a,
	struct enroll_profile *out, struct err *e)
{
	struct bytes der;

	if (s->pair.cert == NULL)
		return 0;
	if (cms_sign_attached(s->pair.cert, s->pair.key,
		(const struct cert *const *)s->chain, s->n, out->body, a, &der,
		e) < 0)
		return enroll_our_fault("profile_sign_cert", e);
	out->body = der;
	out->is_signed = true;
	return 0;
}

/* ---- how long it lasts ---- */

static void sooner(int64_t *at, const struct cert *c)
{
	int64_t end = cert_not_after(c);

	if (*at == 0 || end < *at)
		*at = end;
}

int enroll_expires(const struct conf *conf, struct arena *a, int64_t *at,
	struct err *e)
{
	struct enroll_signer signer;
	struct cert **anchors;
	size_t n;

	*at = 0;
	if (enroll_sign_open(conf, a, &signer, e) < 0 ||
		enroll_anchors(conf, a, &anchors, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < signer.n; i++)
		sooner(at, signer.chain[i]);
	for (size_t i = 0; conf->pinning && i < n; i++)
		sooner(at, anchors[i]);
	return 0;
}
