/* Renewals of identities as check-ins show them. Asking for them is the
 * operator's and the courier's. */
#include "mdm/renew.h"

#include "mdm/message_apply.h"
#include "model/renewal.h"

#define DAY 86400

/* What the certificate's profile said for good, where we know it. */
static int take_facts(struct store_tx *tx, const struct contact *c,
	uint64_t num, bool *known, struct err *e)
{
	const struct grant *g = c->issuance.grant;

	*known = g != NULL && g->facts.p != NULL;
	return *known ? store_secret_put(tx, num, STORE_PROFILE_FACTS, g->facts,
		e) : 0;
}

int renew_authenticate(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct checkin_msg *m, struct err *e)
{
	bool known;

	if (take_facts(tx, c, c->device->num, &known, e) < 0)
		return -1;
	return message_apply_renewal(tx, c->device, m, cx->raw, e);
}

/* An older renewal's certificate says nothing of the one that was asked for
 * since. */
static int mark_done(struct store_tx *tx, const struct mdm_context *cx,
	const struct enrollment *device, struct err *e)
{
	struct store_cert cert;
	struct renewal r;
	struct bytes raw;
	bool found;

	if (store_secret_get(tx, device->num, STORE_RENEWAL, cx->arena, &raw,
		e) < 0)
		return -1;
	if (raw.p == NULL)
		return 0;
	if (renewal_parse(raw, cx->arena, &r, e) < 0 ||
		store_cert_get(tx, device->cert, &found, &cert, e) < 0)
		return -1;
	if (r.done != 0 || !found || !cert.renewal || cert.bound < r.started)
		return 0;
	r.done = cx->now;
	return store_secret_put(tx, device->num, STORE_RENEWAL,
		renewal_encode(&r, cx->arena), e);
}

int renew_confirm(struct store_tx *tx, const struct mdm_context *cx,
	const struct enrollment *device, struct err *e)
{
	int64_t until = cx->now +
		(int64_t)cx->conf->renewal_grace_days * DAY;

	if (binding_confirm(tx, device, until, e) < 0)
		return -1;
	return mark_done(tx, cx, device, e);
}

int renew_end(struct store_tx *tx, const struct contact *c,
	const struct enrollment *device, bool same, struct err *e)
{
	bool known;

	if (binding_end_former(tx, device, e) < 0 ||
		store_secret_del(tx, device->num, STORE_RENEWAL, e) < 0 ||
		take_facts(tx, c, device->num, &known, e) < 0)
		return -1;
	return known || same ? 0 :
		store_secret_del(tx, device->num, STORE_PROFILE_FACTS, e);
}
