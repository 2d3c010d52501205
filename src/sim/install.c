/* Installing an enrollment profile: trust, identity, settings. */
#include "sim/install.h"

#include <string.h>

#include "base/clk.h"
#include "base/enc.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "sim/exchange.h"
#include "sim/scep_client.h"

#define CA_FILE_MAX ((size_t)8 << 20)
#define NAME_BYTES 16

/* --- what TLS trusts --- */

static char *append(struct arena *a, char *text, const struct cert *c)
{
	return arena_printf(a, "%s%s", text, cert_pem(c, a));
}

/* Beside the device's file, named by its content: devices whose profiles
 * brought the same certificates share it, and with it their connections. */
static int write_ca_file(struct device *d, const char *text, struct arena *a,
	struct err *e)
{
	const char *slash = d->path != NULL ? strrchr(d->path, '/') : NULL;
	unsigned char md[DIGEST_LEN];
	char *path;

	if (slash == NULL)
		return err_set(e, ERR_INTERNAL, "%s: is in no folder", d->id);
	digest_sha256(bytes_str(text), md);
	path = arena_printf(a, "%.*s/trust-%s.pem", (int)(slash - d->path),
		d->path, enc_hex(a, bytes_of(md, NAME_BYTES)));
	if (!file_exists(path) && file_write(path, bytes_str(text), 0600,
		e) != 0)
		return -1;
	d->ca_file = arena_strdup(d->arena, path);
	return 0;
}

static int trust(struct device *d, const struct profile_enrollment *p,
	struct arena *a, struct err *e)
{
	struct bytes base = { NULL, 0 };
	char *text = arena_strdup(a, "");

	if (d->enrollment == NULL && d->base_ca_file == NULL)
		d->base_ca_file = d->ca_file;
	d->ca_file = d->base_ca_file;
	for (size_t i = 0; i < p->n_certs; i++)
		if (p->certs[i].is_anchor)
			text = append(a, text, p->certs[i].cert);
	if (text[0] == '\0')
		return 0;
	if (d->base_ca_file != NULL && file_read(d->base_ca_file, CA_FILE_MAX,
		a, &base, e) != 0)
		return -1;
	if (base.p != NULL)
		text = arena_printf(a, "%s\n%s", arena_str(a, base), text);
	return write_ca_file(d, text, a, e);
}

/* The MDM server alone is pinned: not SCEP, which comes before. */
static int narrow(struct device *d, const struct profile_enrollment *p,
	struct arena *a, struct err *e)
{
	char *text = arena_strdup(a, "");

	if (p->n_pinned == 0)
		return 0;
	for (size_t i = 0; i < p->n_pinned; i++)
		text = append(a, text, p->certs[p->pinned[i]].cert);
	return write_ca_file(d, text, a, e);
}

/* --- who it is --- */

static int by_scep(struct session *s, struct device *d,
	const struct profile_enrollment *p, enum outcome *out, struct err *e)
{
	struct scep_client_identity got;

	if (!p->has_scep) {
		*out = exchange_step(s, d, "identity", OUTCOME_REFUSED,
			"by %s, which mooring-device does not speak: give "
			"--cert and --key, or --ca-cert and --ca-key",
			p->other);
		return 0;
	}
	if (scep_client_run(s, d, &p->scep, &got, out, e) != 0)
		return -1;
	if (*out == OUTCOME_OK)
		identity_set(d, arena_bytes(d->arena, got.cert_pem),
			arena_bytes(d->arena, got.key_pem));
	return 0;
}

static int identify(struct session *s, struct device *d,
	const struct profile_enrollment *p,
	const struct install_identity *identity, enum outcome *out,
	struct err *e)
{
	if (identity->cert != NULL)
		return identity_adopt(d, identity->cert, identity->key, e);
	if (identity->ca.cert != NULL)
		return identity_issue(d, &identity->ca, identity->rsa,
			clk_now(), e);
	return by_scep(s, d, p, out, e);
}

/* --- com.apple.mdm --- */

static void set_up(struct device *d, const struct profile_enrollment *p,
	bool force_auth)
{
	struct device_enrollment *m = device_enrollment_copy(&p->mdm,
		d->arena);

	d->enrollment = m;
	d->url = m->facts.server_url;
	d->checkin_url = m->facts.checkin_url;
	d->topic = m->facts.topic;
	if (!force_auth)
		d->auth = DEVICE_AUTH_TLS | (m->sign_message ?
			DEVICE_AUTH_SIGNATURE : 0);
	d->dirty = true;
}

int install(struct session *s, struct device *d,
	const struct profile_enrollment *p,
	const struct install_identity *identity, bool force_auth,
	enum outcome *out, struct err *e)
{
	*out = OUTCOME_OK;
	if (trust(d, p, s->arena, e) != 0 ||
		identify(s, d, p, identity, out, e) != 0)
		return -1;
	if (*out != OUTCOME_OK)
		return 0;
	set_up(d, p, force_auth);
	return narrow(d, p, s->arena, e);
}
