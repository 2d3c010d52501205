/* A device's contact: who speaks, in which state its device and channel are,
 * and the guard against mass unenrollment. The rules are in answer.c. */
#include "mdm/contact.h"

#include "mdm/mdm_event.h"

static int is_allowed(struct store_tx *tx, const struct mdm_context *cx,
	const struct enrollment_id *id, const char *serial, bool *out,
	struct err *e)
{
	*out = cx->conf->enrollment == CONF_ENROLL_OPEN;
	if (*out)
		return 0;
	if (store_allow_has(tx, STORE_ALLOW_UDID, id->device, out, e) < 0)
		return -1;
	if (*out || serial == NULL)
		return 0;
	return store_allow_has(tx, STORE_ALLOW_SERIAL, bytes_str(serial), out, e);
}

/* Only the one that would add a channel counts those that are there. */
static int is_crowded(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, bool *out, struct err *e)
{
	uint64_t *nums;
	size_t n = 0;

	if (c->facts.message == MDM_TOKEN_UPDATE && c->device != NULL &&
		c->channel == NULL && store_enrollment_children(tx, c->device->num, 0,
			USER_CHANNELS_MAX, cx->arena, &nums, &n, e) < 0)
		return -1;
	*out = n >= USER_CHANNELS_MAX;
	return 0;
}

/* Only where it may matter: a poll of a bound certificate looks nothing up. */
static bool must_know_issuance(const struct contact *c)
{
	const struct mdm_facts *f = &c->facts;

	if (f->binding == BINDING_OTHER)
		return false;
	if (f->message == MDM_AUTHENTICATE)
		return true;
	if (f->binding != BINDING_FREE)
		return false;
	return c->device != NULL ? c->device->state == ENROLLMENT_ENABLED :
		f->message == MDM_TOKEN_UPDATE;
}

/* Device and binding are known. */
static int read_issuance(struct store_tx *tx, const struct mdm_context *cx,
	const struct enrollment_id *device, const char *serial,
	struct contact *out, struct err *e)
{
	struct mdm_facts *f = &out->facts;
	struct issuance_of of = { .id = device, .device = out->device,
		.serial = serial,
		.says_all = f->message == MDM_AUTHENTICATE };

	if (!must_know_issuance(out))
		return 0;
	if (issuance_find(tx, cx->who, &of, cx->arena, &out->issuance, e) < 0)
		return -1;
	f->foreign = out->issuance.foreign;
	f->issued = out->issuance.named;
	/* One that a renewal replaced long ago renews nothing. */
	f->renewal = f->binding != BINDING_FORMER && !f->foreign &&
		(out->issuance.renewal || out->cert.renewal ||
		(f->binding == BINDING_OK && out->cert.former != 0));
	return 0;
}

/* A former certificate that is still good is bound again only where the
 * device says that it installed it; the current one when it came from
 * elsewhere, so that nothing but its digest is known. */
static bool is_bound_again(const struct mdm_context *cx,
	const struct contact *c)
{
	const struct mdm_facts *f = &c->facts;

	if (c->cert.former == 0)
		return c->cert.not_after == 0 && cx->who->not_after != 0;
	return !enrollment_kind_is_user(f->kind) &&
		(f->message == MDM_AUTHENTICATE ||
		f->message == MDM_TOKEN_UPDATE);
}

static bool is_binding(const struct mdm_context *cx, const struct contact *c)
{
	const struct mdm_facts *f = &c->facts;

	if (c->rule != RULE_APPLY)
		return false;
	if (f->binding == BINDING_FIRST)
		return true;
	if (c->device == NULL || c->device->state != ENROLLMENT_ENABLED)
		return false;
	if (f->binding == BINDING_OK)
		return is_bound_again(cx, c);
	return f->renewal;
}

int contact_read(struct store_tx *tx, const struct mdm_context *cx,
	enum mdm_message message, const struct enrollment_id *id,
	const char *serial, struct contact *out, struct err *e)
{
	struct enrollment_id device = enrollment_parent(id);
	struct mdm_facts *f = &out->facts;

	*out = (struct contact){ .facts = { .message = message, .kind = id->kind } };
	if (store_enrollment_find(tx, &device, cx->arena, &out->device, e) < 0)
		return -1;
	out->channel = out->device;
	if (out->device != NULL && enrollment_kind_is_user(id->kind) &&
		store_enrollment_find(tx, id, cx->arena, &out->channel, e) < 0)
		return -1;
	f->device = out->device;
	f->channel = out->channel;
	if (binding_check(tx, cx->conf, cx->who, out->device, cx->now, &out->cert,
			&f->binding, e) < 0 ||
		read_issuance(tx, cx, &device, serial, out, e) < 0 ||
		is_crowded(tx, cx, out, &f->crowded, e) < 0)
		return -1;
	/* The policy is about who comes in: a poll need not ask. */
	if ((out->device == NULL || out->device->state != ENROLLMENT_ENABLED) &&
		is_allowed(tx, cx, id, serial, &f->allowed, e) < 0)
		return -1;
	out->rule = answer_rule(f, cx->conf, &out->reason);
	out->binds = is_binding(cx, out);
	return 0;
}

int contact_bind(struct store_tx *tx, const struct mdm_context *cx,
	struct contact *c, struct err *e)
{
	enum binding_how how = BINDING_RENEWED;

	if (!c->binds)
		return 0;
	if (c->facts.binding == BINDING_FIRST && !c->facts.renewal)
		how = BINDING_ENROLLED;
	else if (c->facts.binding == BINDING_OK)
		how = BINDING_AGAIN;
	if (binding_bind(tx, cx->who, c->device, how, cx->now, e) < 0)
		return -1;
	return store_enrollment_put(tx, c->device, e);
}

int contact_refuse_unknown(struct store_tx *tx, const struct mdm_context *cx,
	struct contact *c, const struct enrollment_id *id,
	struct answer *out, struct err *e)
{
	struct enrollment_id device = enrollment_parent(id);
	unsigned char key[DIGEST_LEN];
	struct store_guard g;
	int64_t when;

	out->kind = ANSWER_LATER;
	if (store_guard_get(tx, cx->now, cx->arena, &g, e) < 0)
		return -1;
	if (g.armed_until > cx->now || g.empty) {
		out->reason = g.empty ?
			"unknown device; guard: the store holds no enrollment" :
			"unknown device; guard is armed";
		return 0;
	}
	enrollment_id_key(&device, key);
	if (store_guard_refused(tx, key, &when, e) < 0)
		return -1;
	if (when == 0 && g.refused >= cx->conf->unmanaged_limit) {
		out->reason = "unknown device; guard: unmanaged_limit reached";
		return 0;
	}
	if (when == 0) {
		if (store_guard_refuse(tx, key, cx->now, e) < 0)
			return -1;
		c->limit_reached = g.refused + 1 == cx->conf->unmanaged_limit;
	}
	if (c->limit_reached && mdm_event_guard_limit(tx, cx, out, e) < 0)
		return -1;
	out->kind = ANSWER_UNMANAGE;
	out->reason = "unknown device";
	return 0;
}
