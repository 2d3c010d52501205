/* The table "Answers to a device": which state and which message give which
 * answer. Pure: it reads facts and settings, and nothing else. Every 401 a
 * device can get comes from a line of this file. */
#include "mdm/answer.h"

#include <string.h>

static const char not_bound[] = "certificate is not bound to this device";

static bool is_user(const struct mdm_facts *f)
{
	return enrollment_kind_is_user(f->kind);
}

static bool is_bound(const struct mdm_facts *f)
{
	return f->binding == BINDING_OK || f->binding == BINDING_FIRST;
}

static enum mdm_rule bad(const char **reason, const char *why)
{
	*reason = why;
	return RULE_BAD;
}

static enum mdm_rule by_policy(const struct mdm_facts *f, const char **reason)
{
	if (f->allowed)
		return RULE_APPLY;
	*reason = "device is not on the allowlist";
	return RULE_UNMANAGE;
}

static enum mdm_rule unknown_device(const struct mdm_facts *f,
	const struct conf *conf, const char **reason)
{
	bool restore = conf->on_restore == CONF_RESTORE_ACCEPT;

	*reason = "unknown device";
	if (f->message == MDM_AUTHENTICATE)
		return by_policy(f, reason);
	if (f->message == MDM_CHECK_OUT)
		return RULE_KEEP;
	if (f->message == MDM_TOKEN_UPDATE && restore && f->allowed) {
		if (!is_user(f))
			return RULE_APPLY;
		/* The device's own TokenUpdate is on its way: a user channel
		 * needs a device to belong to. */
		*reason = "user channel of a device that is not known yet";
		return RULE_LATER;
	}
	return RULE_UNMANAGE_GUARDED;
}

static enum mdm_rule ordered_off(const struct mdm_facts *f, const char **reason)
{
	bool blocked = f->device->state == ENROLLMENT_BLOCKED;

	if (f->message == MDM_CHECK_OUT)
		return RULE_KEEP;
	if (f->message == MDM_AUTHENTICATE && !blocked)
		return by_policy(f, reason);
	*reason = blocked ? "device is blocked by the operator" :
		"device is unmanaged by the operator";
	return RULE_UNMANAGE;
}

static enum mdm_rule device_left(const struct mdm_facts *f,
	const struct conf *conf, const char **reason)
{
	if (f->message == MDM_AUTHENTICATE)
		return by_policy(f, reason);
	if (f->message == MDM_CHECK_OUT)
		return RULE_KEEP;
	if (conf->on_restore == CONF_RESTORE_REJECT) {
		*reason = "device has checked out";
		return RULE_UNMANAGE;
	}
	if (f->message != MDM_TOKEN_UPDATE)
		return RULE_KEEP;
	if (!is_bound(f))
		return bad(reason, not_bound);
	if (!is_user(f))
		return RULE_APPLY;
	/* The device's own TokenUpdate starts the new generation, which would
	 * drop the token of a user that came before. */
	*reason = "user channel of a device that has not come back yet";
	return RULE_LATER;
}

static enum mdm_rule between(const struct mdm_facts *f, const char **reason)
{
	/* An installation that failed is tried again with a new identity. */
	if (f->message == MDM_AUTHENTICATE)
		return RULE_APPLY;
	if (!is_bound(f))
		return bad(reason, not_bound);
	if (f->message == MDM_POLL)
		return RULE_KEEP;
	return RULE_APPLY;
}

bool answer_is_renewal(const struct mdm_facts *f)
{
	return f->renewal && f->device != NULL &&
		f->device->state == ENROLLMENT_ENABLED;
}

static enum mdm_rule enabled(const struct mdm_facts *f, const struct conf *conf,
	const char **reason)
{
	if (is_bound(f) || answer_is_renewal(f))
		return RULE_APPLY;
	if (f->message != MDM_AUTHENTICATE)
		return bad(reason, not_bound);
	if (f->issued || conf->reenroll == CONF_REENROLL_ANY)
		return RULE_APPLY;
	return bad(reason, "certificate was not issued for this enrolled device");
}

static enum mdm_rule by_device(const struct mdm_facts *f,
	const struct conf *conf, const char **reason)
{
	if (f->device == NULL)
		return unknown_device(f, conf, reason);
	switch (f->device->state) {
	case ENROLLMENT_BLOCKED:
	case ENROLLMENT_UNMANAGED:
		return ordered_off(f, reason);
	case ENROLLMENT_LEFT:
		return device_left(f, conf, reason);
	case ENROLLMENT_AUTHENTICATED:
		return between(f, reason);
	case ENROLLMENT_ENABLED:
		return enabled(f, conf, reason);
	case ENROLLMENT_DISABLED:
		break;	/* a state of user channels only */
	}
	*reason = "device record has no state";
	return RULE_LATER;
}

static enum mdm_rule user_token(const struct mdm_facts *f,
	const struct conf *conf, const char **reason)
{
	bool shared = f->kind == ENROLLMENT_SHARED_IPAD;

	if (shared && conf->shared_ipad_users == CONF_SHARED_IPAD_DECLINE) {
		*reason = "Shared iPad users are not managed";
		return RULE_DECLINE_USER;
	}
	if (f->channel != NULL || !f->crowded)
		return RULE_APPLY;
	*reason = "device has too many user channels";
	return shared ? RULE_DECLINE_USER : RULE_BAD;
}

static enum mdm_rule by_user_channel(const struct mdm_facts *f,
	const struct conf *conf, const char **reason)
{
	if (f->message == MDM_USER_AUTHENTICATE) {
		*reason = "users with network accounts are not managed";
		return RULE_DECLINE_USER;
	}
	if (f->message == MDM_TOKEN_UPDATE)
		return user_token(f, conf, reason);
	if (f->channel == NULL || f->channel->state != ENROLLMENT_ENABLED)
		return RULE_KEEP;
	return RULE_APPLY;
}

enum mdm_rule answer_rule(const struct mdm_facts *f, const struct conf *conf,
	const char **reason)
{
	enum mdm_rule rule;

	*reason = NULL;
	if (f->binding == BINDING_OTHER)
		return bad(reason, "certificate is bound to another device");
	if (f->foreign)
		return bad(reason, "certificate was issued for another device");
	rule = by_device(f, conf, reason);
	if (rule == RULE_APPLY && is_user(f))
		rule = by_user_channel(f, conf, reason);
	if (rule == RULE_APPLY || rule == RULE_KEEP)
		*reason = NULL;
	return rule;
}

void answer_by_rule(enum mdm_rule rule, const char *reason, struct answer *out)
{
	static const enum answer_kind kinds[] = {
		[RULE_APPLY] = ANSWER_EMPTY, [RULE_KEEP] = ANSWER_EMPTY,
		[RULE_BAD] = ANSWER_BAD, [RULE_UNMANAGE] = ANSWER_UNMANAGE,
		[RULE_UNMANAGE_GUARDED] = ANSWER_LATER,
		[RULE_DECLINE_USER] = ANSWER_USER_DECLINED,
		[RULE_LATER] = ANSWER_LATER,
	};

	out->kind = kinds[rule];
	out->reason = out->kind == ANSWER_EMPTY ? NULL : reason;
}
