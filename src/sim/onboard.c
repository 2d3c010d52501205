/* Enrolling by a profile, step by step. */
#include "sim/onboard.h"

#include "base/clk.h"
#include "sim/exchange.h"
#include "sim/profile.h"

/* As the profile's page in Settings has it: a signer that is not trusted is
 * shown, and no reason to refuse. */
static const char *verdict(const struct device *d, const struct profile *p)
{
	const char *said = "not verified";
	struct trust *t;
	struct err e;

	if (d->base_ca_file == NULL || trust_open(d->base_ca_file, &t, &e) != 0)
		return "not checked, no --ca";
	if (trust_verify_chain(t, p->signer, p->certs, p->n_certs, clk_now(),
		&e) == 0)
		said = "verified";
	trust_close(t);
	return said;
}

static enum outcome read_profile(struct session *s, struct device *d,
	struct bytes body, struct profile *p, struct profile_enrollment *out)
{
	struct err e;

	if (profile_read(body, s->arena, p, &e) != 0)
		return exchange_step(s, d, "signature", OUTCOME_REFUSED, "%s",
			e.msg);
	exchange_step(s, d, "signature", OUTCOME_OK, "%s%s%s%s%s",
		p->signer != NULL ? "by " : "none: a bare property list",
		p->signer != NULL ? cert_subject(p->signer, s->arena) : "",
		p->signer != NULL ? " (" : "",
		p->signer != NULL ? verdict(d, p) : "",
		p->signer != NULL ? ")" : "");
	if (profile_enrollment(p, device_is_byod(d), s->arena, out, &e) != 0)
		return exchange_step(s, d, "payloads", OUTCOME_REFUSED, "%s",
			e.msg);
	return exchange_step(s, d, "payloads", OUTCOME_OK, "%s: server %s, "
		"topic %s, identity by %s, %zu certificates",
		out->mdm.facts.identifier, out->mdm.facts.server_url,
		out->mdm.facts.topic, out->other, out->n_certs);
}

static int go(struct session *s, struct device *d, const struct onboard *o,
	enum outcome *out, struct err *e)
{
	struct profile_enrollment enrollment;
	struct profile p;
	struct bytes body;

	if (obtain_profile(s, d, &o->obtain, &body, out, e) != 0)
		return -1;
	if (*out == OUTCOME_OK)
		*out = read_profile(s, d, body, &p, &enrollment);
	if (*out == OUTCOME_OK && install(s, d, &enrollment, &o->identity,
		o->force_auth, out, e) != 0)
		return -1;
	if (*out != OUTCOME_OK)
		return 0;
	d->awaiting_configuration = o->awaiting;
	return session_enroll(s, d, out, e);
}

int onboard_run(struct session *s, struct device *d, const struct onboard *o,
	enum outcome *out, struct err *e)
{
	struct device before = *d;
	int rc = go(s, d, o, out, e);

	if (rc == 0 && (*out == OUTCOME_OK || d->state == DEVICE_AUTHENTICATED))
		return 0;
	before.os_version = d->os_version;
	before.build_version = d->build_version;
	*d = before;
	d->dirty = true;
	return rc;
}
