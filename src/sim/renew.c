/* Replacing the enrollment profile through MDM. */
#include "sim/renew.h"

#include "sim/exchange.h"
#include "sim/install.h"

/* Its own enrollment profile; of a device that enrolled by options, what is
 * known of it, the rest as the new one has it. */
static struct device_enrollment current(const struct device *d,
	const struct device_enrollment *now)
{
	struct device_enrollment m = *now;

	if (d->enrollment != NULL)
		return *d->enrollment;
	m.facts.identifier = RESPOND_ENROLLMENT_PROFILE;
	m.facts.topic = d->topic;
	m.facts.server_url = d->url;
	m.facts.checkin_url = d->checkin_url;
	return m;
}

/* Whether --auth chose another way than the profile's. */
static bool is_auth_forced(const struct device *d)
{
	unsigned usual = DEVICE_AUTH_TLS;

	if (d->enrollment == NULL)
		return true;
	if (d->enrollment->sign_message)
		usual |= DEVICE_AUTH_SIGNATURE;
	return d->auth != usual;
}

static enum outcome judge(struct session *s, struct device *d,
	const struct profile *p, struct profile_enrollment *out)
{
	struct device_enrollment was;
	struct err e;

	if (profile_enrollment(p, device_is_byod(d), s->arena, out, &e) != 0)
		return exchange_step(s, d, "renewal", OUTCOME_REFUSED, "%s",
			e.msg);
	was = current(d, &out->mdm);
	if (profile_may_replace(&was, &out->mdm, &e) != 0)
		return exchange_step(s, d, "renewal", OUTCOME_REFUSED, "%s",
			e.msg);
	return exchange_step(s, d, "renewal", OUTCOME_OK, "%s, identity by %s",
		out->mdm.facts.identifier, out->other);
}

static int go(struct session *s, struct device *d, const struct profile *p,
	enum outcome *out, struct err *e)
{
	const struct install_identity by_scep = { .cert = NULL };
	struct profile_enrollment enrollment;

	*out = judge(s, d, p, &enrollment);
	if (*out == OUTCOME_OK && install(s, d, &enrollment, &by_scep,
		is_auth_forced(d), out, e) != 0)
		return -1;
	return *out == OUTCOME_OK ? session_check_in_again(s, d, out, e) : 0;
}

enum outcome renew_run(struct session *s, struct device *d,
	struct device_channel *ch, struct response *r)
{
	struct device before = *d;
	enum outcome out = OUTCOME_OK;
	struct err e;
	int rc = go(s, d, r->renewal, &out, &e);

	if (rc == 0 && (out == OUTCOME_OK || out == OUTCOME_UNENROLLED))
		return out;
	*d = before;
	d->dirty = true;
	respond_fail(d, ch, r, "MCInstallationErrorDomain", 4001, rc != 0 ?
		e.msg : s->why, s->arena);
	exchange_step(s, d, "renewal", OUTCOME_OK,
		"goes on with the former identity");
	return OUTCOME_OK;
}
