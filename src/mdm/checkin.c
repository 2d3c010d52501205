/* What check-in messages do to an enrollment. Whether they may is decided by
 * answer.c; this file only applies them. */
#include "mdm/checkin.h"

#include "auth/binding.h"
#include "mdm/contact.h"
#include "mdm/generation.h"

struct job {
	const struct mdm_context *cx;
	const struct checkin_msg *msg;
	struct contact contact;
	struct answer answer;
};

static enum mdm_message message_of(enum checkin_type type)
{
	switch (type) {
	case CHECKIN_AUTHENTICATE:
		return MDM_AUTHENTICATE;
	case CHECKIN_TOKEN_UPDATE:
		return MDM_TOKEN_UPDATE;
	case CHECKIN_CHECK_OUT:
		return MDM_CHECK_OUT;
	case CHECKIN_USER_AUTHENTICATE:
		break;
	}
	return MDM_USER_AUTHENTICATE;
}

static struct enrollment *new_enrollment(const struct job *j, uint64_t parent)
{
	struct enrollment *en = arena_zalloc(j->cx->arena, sizeof(*en));

	en->id = j->msg->id;
	en->parent = parent;
	en->created = j->cx->now;
	return en;
}

/* The device's record, numbered, bound to the certificate that speaks. */
static int bound_device(struct store_tx *tx, struct job *j,
	struct enrollment **out, struct err *e)
{
	struct enrollment *en = j->contact.device;

	if (en == NULL) {
		en = new_enrollment(j, 0);
		en->state = ENROLLMENT_AUTHENTICATED;
		if (store_enrollment_put(tx, en, e) < 0)
			return -1;
	}
	*out = en;
	return binding_bind(tx, j->cx->who, en, j->cx->now, e);
}

static void describe_device(struct enrollment *en, const struct checkin_msg *m)
{
	en->topic = m->topic;
	en->serial = m->serial;
	en->device_name = m->device_name;
	en->model = m->model;
	en->model_name = m->model_name;
	en->product_name = m->product_name;
	en->os_version = m->os_version;
	en->build_version = m->build_version;
	en->imei = m->imei;
	en->meid = m->meid;
}

static int authenticate(struct store_tx *tx, struct job *j, struct err *e)
{
	const struct mdm_context *cx = j->cx;
	struct enrollment *en;

	if (bound_device(tx, j, &en, e) < 0 ||
		generation_start(tx, en, cx->now, cx->arena, e) < 0)
		return -1;
	describe_device(en, j->msg);
	en->state = ENROLLMENT_AUTHENTICATED;
	en->authenticated = cx->now;
	en->awaiting_configuration = false;
	en->imported = false;
	j->answer.enrollment = en->num;
	if (store_secret_put(tx, en->num, STORE_RAW_AUTHENTICATE, cx->raw, e) < 0)
		return -1;
	return store_enrollment_put(tx, en, e);
}

/* The part of a TokenUpdate that both channels share. */
static int update_token(struct store_tx *tx, struct job *j,
	struct enrollment *en, struct err *e)
{
	const struct checkin_msg *m = j->msg;
	const struct mdm_context *cx = j->cx;

	if (en->state != ENROLLMENT_ENABLED)
		en->enrolled = cx->now;
	en->state = ENROLLMENT_ENABLED;
	en->tally++;
	en->token_updated = cx->now;
	en->topic = m->topic;
	en->not_on_console = m->not_on_console;
	if (m->has_awaiting_configuration)
		en->awaiting_configuration = m->awaiting_configuration;
	if (store_enrollment_put(tx, en, e) < 0)
		return -1;
	j->answer.enrollment = en->num;
	if (store_secret_put(tx, en->num, STORE_PUSH_TOKEN, m->token, e) < 0 ||
		store_secret_put(tx, en->num, STORE_PUSH_MAGIC,
			bytes_str(m->push_magic), e) < 0 ||
		store_secret_put(tx, en->num, STORE_RAW_TOKEN_UPDATE, cx->raw, e) < 0)
		return -1;
	if (m->unlock_token.n == 0)
		return 0;
	return store_secret_put(tx, en->num, STORE_UNLOCK_TOKEN, m->unlock_token, e);
}

static int token_update_device(struct store_tx *tx, struct job *j,
	struct err *e)
{
	struct enrollment *en = j->contact.device;

	/* Restored from a backup: management goes on without Authenticate. */
	if (en == NULL || en->state == ENROLLMENT_LEFT) {
		if (bound_device(tx, j, &en, e) < 0 ||
			generation_start(tx, en, j->cx->now, j->cx->arena, e) < 0)
			return -1;
	}
	return update_token(tx, j, en, e);
}

static int token_update_user(struct store_tx *tx, struct job *j, struct err *e)
{
	struct enrollment *en = j->contact.channel;
	const struct enrollment_ids *ids = &j->msg->ids;

	if (en == NULL) {
		en = new_enrollment(j, j->contact.device->num);
		en->generation = 1;
	}
	en->user_id = ids->user_id != NULL ? ids->user_id : ids->enrollment_user_id;
	en->user_short_name = ids->user_short_name;
	en->user_long_name = ids->user_long_name;
	return update_token(tx, j, en, e);
}

static int check_out(struct store_tx *tx, struct job *j, struct err *e)
{
	struct enrollment *en = j->contact.device;

	if (generation_end(tx, en, j->cx->now, j->cx->arena, e) < 0)
		return -1;
	en->state = ENROLLMENT_LEFT;
	en->left = j->cx->now;
	return store_enrollment_put(tx, en, e);
}

static int apply(struct store_tx *tx, struct job *j, struct err *e)
{
	if (contact_bind_first(tx, j->cx, &j->contact, e) < 0)
		return -1;
	switch (j->msg->type) {
	case CHECKIN_AUTHENTICATE:
		return authenticate(tx, j, e);
	case CHECKIN_TOKEN_UPDATE:
		if (enrollment_kind_is_user(j->msg->id.kind))
			return token_update_user(tx, j, e);
		return token_update_device(tx, j, e);
	case CHECKIN_CHECK_OUT:
		return check_out(tx, j, e);
	case CHECKIN_USER_AUTHENTICATE:
		break;	/* never applied: answer.c declines it */
	}
	return err_set(e, ERR_INTERNAL, "%s is not applied", j->msg->type_name);
}

static int checkin_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct job *j = arg;
	const struct checkin_msg *m = j->msg;
	struct contact *c = &j->contact;

	/* It may run again: start from nothing. */
	j->answer = (struct answer){ .message = m->type_name };
	if (contact_read(tx, j->cx, message_of(m->type), &m->id, m->serial, c, e) < 0)
		return -1;
	if (c->channel != NULL)
		j->answer.enrollment = c->channel->num;
	if (c->rule == RULE_APPLY)
		return apply(tx, j, e);
	if (c->rule == RULE_UNMANAGE_GUARDED)
		return contact_refuse_unknown(tx, j->cx, &m->id, &j->answer, e);
	answer_by_rule(c->rule, c->reason, &j->answer);
	return 0;
}

int checkin_apply(const struct mdm_context *cx, const struct checkin_msg *m,
	struct answer *out, struct err *e)
{
	struct job j = { .cx = cx, .msg = m };

	if (store_write(cx->store, checkin_tx, &j, e) < 0)
		return err_wrap(e, "%s", m->type_name);
	contact_log_conflict(cx, &j.contact);
	if (j.contact.rule == RULE_APPLY)
		store_touch_seen(cx->store, j.answer.enrollment, cx->now);
	*out = j.answer;
	return 0;
}
