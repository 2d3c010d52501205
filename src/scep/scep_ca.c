/* The CA's files and what it puts into a certificate. To whom is decided
 * elsewhere. */
#include "scep/scep_ca.h"

#include <string.h>

#include "base/file.h"
#include "base/rnd.h"
#include "crypto/pkey.h"

#define PEM_MAX ((size_t)1 << 20)
#define BUNDLE_MAX ((size_t)16 << 20)
#define PART_MAX 64		/* ub-common-name of RFC 5280 */
#define CLOCK_SLACK 3600	/* a device's clock may be behind */
#define DAY 86400

static int read_pem(const char *path, size_t max, struct arena *a,
	struct bytes *out, struct err *e)
{
	if (file_read(path, max, a, out, e) < 0)
		return -1;
	return out->p != NULL ? 0 :
		err_set(e, ERR_NOT_FOUND, "%s is missing", path);
}

/* Others for the same key: a bundle that cannot be read is devauth's to
 * complain of. */
static void add_former(const char *dir, struct arena *a, struct scep_ca *ca)
{
	unsigned char own[DIGEST_LEN], sha256[DIGEST_LEN];
	struct cert **list, *first = ca->certs[0];
	struct err ignored = ERR_INIT;
	struct bytes pem;
	size_t n;

	if (file_read(file_path(a, dir, "pki/device-ca.bundle.pem"),
		BUNDLE_MAX, a, &pem, &ignored) < 0 || pem.p == NULL ||
		cert_list_pem(pem, a, &list, &n, &ignored) < 0)
		return;
	ca->certs = arena_alloc(a, (n + 1) * sizeof(*ca->certs));
	ca->certs[0] = first;
	cert_sha256(first, own);
	for (size_t i = 0; i < n; i++) {
		cert_sha256(list[i], sha256);
		if (memcmp(own, sha256, DIGEST_LEN) != 0 &&
			pkey_matches(ca->key, list[i]))
			ca->certs[ca->n_certs++] = list[i];
	}
}

static int load(const char *dir, struct arena *a, struct scep_ca *out,
	struct err *e)
{
	char *cert_path = file_path(a, dir, "pki/device-ca.pem");
	char *key_path = file_path(a, dir, "pki/device-ca.key");
	struct bytes cert_pem, key_pem;

	out->certs = arena_alloc(a, sizeof(*out->certs));
	out->n_certs = 1;
	if (read_pem(cert_path, PEM_MAX, a, &cert_pem, e) < 0 ||
		read_pem(key_path, PEM_MAX, a, &key_pem, e) < 0)
		return -1;
	if (cert_from_pem(cert_pem, a, &out->certs[0], e) < 0)
		return err_wrap(e, "%s", cert_path);
	if (pkey_from_pem(key_pem, a, &out->key, e) < 0)
		return err_wrap(e, "%s", key_path);
	if (!pkey_matches(out->key, out->certs[0]))
		return err_set(e, ERR_CONFLICT, "%s is not the key of %s",
			key_path, cert_path);
	if (!cert_is_rsa(out->certs[0]))
		return err_set(e, ERR_CONFLICT,
			"%s: SCEP needs an RSA key", cert_path);
	return 0;
}

int scep_ca_load(const char *dir, struct arena *a, struct scep_ca *out,
	struct err *e)
{
	if (load(dir, a, out, e) < 0) {
		e->kind = ERR_BUSY;
		return -1;
	}
	add_former(dir, a, out);
	return 0;
}

/* Characters, not bytes; 0 for what cannot be a part of a name. */
static size_t length(const char *s)
{
	size_t n = 0;

	if (!str_is_utf8(s, strlen(s)))
		return 0;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 0;
		n += ((unsigned char)*s & 0xc0) != 0x80;
	}
	return n;
}

static bool fits(const char *s)
{
	size_t n = s != NULL ? length(s) : 0;

	return n > 0 && n <= PART_MAX;
}

static const char *name_for(const struct grant *g, struct arena *a)
{
	char *uuid;

	if (fits(g->serial))
		return g->serial;
	if (fits(g->udid))
		return g->udid;
	uuid = arena_alloc(a, RND_UUID_LEN + 1);
	rnd_uuid(uuid);
	return uuid;
}

int scep_ca_issue(const struct scep_ca *ca, const struct conf *conf,
	const struct grant *g, const struct csr *csr, int64_t now,
	struct arena *a, struct cert **out, struct err *e)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = name_for(g, a),
		.organization = fits(conf->organization) ?
			conf->organization : NULL,
		.not_before = now - CLOCK_SLACK,
		.not_after = now + (int64_t)conf->identity_days * DAY };
	int64_t end = cert_not_after(ca->certs[0]);

	if (rq.not_after > end)
		rq.not_after = end;
	if (rq.not_after <= now)
		return err_set(e, ERR_BUSY, "the device CA has expired: "
			"mooringctl ca renew");
	return cert_issue_csr(&rq, csr, ca->certs[0], ca->key, a, out, e);
}
