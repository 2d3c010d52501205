/* Identities of simulated devices, where none is got by SCEP. */
#include "sim/identity.h"

#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "crypto/cms.h"

#define PEM_MAX ((size_t)1 << 20)
#define HOUR 3600
#define YEAR (365 * 24 * (int64_t)HOUR)
#define COMMON_NAME_MAX 64	/* RFC 5280, ub-common-name */

static int read_pem(const char *path, struct arena *a, struct bytes *out,
	struct err *e)
{
	if (file_read(path, PEM_MAX, a, out, e) != 0)
		return -1;
	if (out->p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
	return 0;
}

int identity_ca_load(const char *cert_file, const char *key_file,
	struct arena *a, struct identity_ca *out, struct err *e)
{
	struct bytes pem;
	struct cert *cert;
	struct pkey *key;

	if (read_pem(cert_file, a, &pem, e) != 0)
		return -1;
	if (cert_from_pem(pem, a, &cert, e) != 0)
		return err_wrap(e, "%s", cert_file);
	if (read_pem(key_file, a, &pem, e) != 0)
		return -1;
	if (pkey_from_pem(pem, a, &key, e) != 0)
		return err_wrap(e, "%s", key_file);
	*out = (struct identity_ca){ cert, key };
	return 0;
}

static bool is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

const char *identity_common_name(const struct device *d)
{
	return strlen(d->id) <= COMMON_NAME_MAX && is_plain(d->id) ? d->id :
		"Simulated device";
}

void identity_set(struct device *d, struct bytes cert, struct bytes key)
{
	d->cert_pem = cert;
	d->key_pem = key;
	d->cert = NULL;
	d->key = NULL;
	for (unsigned i = 0; i < d->nchannels; i++)
		d->channel[i].idle_signature = NULL;
	d->dirty = true;
}

int identity_issue(struct device *d, const struct identity_ca *ca, bool rsa,
	int64_t now, struct err *e)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = identity_common_name(d),
		.not_before = now - HOUR, .not_after = now + 2 * YEAR };
	struct arena *a = arena_new();
	struct pkey *key;
	struct cert *cert;
	int rc;

	rc = rsa ? pkey_new_rsa(2048, a, &key, e) :
		pkey_new_ec_p256(a, &key, e);
	if (rc == 0)
		rc = cert_issue(&rq, key, ca->cert, ca->key, a, &cert, e);
	if (rc == 0)
		identity_set(d, arena_bytes(d->arena,
			bytes_str(cert_pem(cert, a))), arena_bytes(d->arena,
			bytes_str(pkey_pem(key, a))));
	arena_free(a);
	return rc;
}

int identity_built_in(const struct device *d, const struct identity_ca *ca,
	int64_t now, struct arena *a, struct identity_ca *out, struct err *e)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = identity_common_name(d),
		.not_before = now - HOUR, .not_after = now + 2 * YEAR };
	struct pkey *key;
	struct cert *cert;

	if (ca->cert != NULL && !cert_is_ca(ca->cert)) {
		*out = *ca;
		return 0;
	}
	if (pkey_new_ec_p256(a, &key, e) != 0 ||
		cert_issue(&rq, key, ca->cert, ca->cert != NULL ? ca->key :
			key, a, &cert, e) != 0)
		return -1;
	*out = (struct identity_ca){ cert, key };
	return 0;
}

int identity_adopt(struct device *d, const char *cert_file,
	const char *key_file, struct err *e)
{
	struct bytes cert, key;

	if (read_pem(cert_file, d->arena, &cert, e) != 0 ||
		read_pem(key_file, d->arena, &key, e) != 0)
		return -1;
	identity_set(d, cert, key);
	return 0;
}

int identity_sign(struct device *d, struct bytes body, struct arena *a,
	const char **out, struct err *e)
{
	struct bytes der;

	if (d->cert_pem.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s: no identity to sign "
			"with", d->id);
	if (d->cert == NULL && cert_from_pem(d->cert_pem, d->arena, &d->cert,
		e) != 0)
		return err_wrap(e, "%s: certificate", d->id);
	if (d->key == NULL && pkey_from_pem(d->key_pem, d->arena, &d->key,
		e) != 0)
		return err_wrap(e, "%s: key", d->id);
	if (cms_sign_detached(d->cert, d->key, body, a, &der, e) != 0)
		return -1;
	*out = enc_base64(a, der);
	return 0;
}
