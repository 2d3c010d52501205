/* What check-in messages do to an enrollment. Whether they may is decided by
 * answer.c; this file only applies them. */
#include "mdm/checkin.h"

#include "auth/binding.h"
#include "base/rnd.h"
#include "mdm/await.h"
#include "mdm/contact.h"
#include "mdm/first_commands.h"
#include "mdm/generation.h"
#include "mdm/mdm_event.h"
#include "mdm/message_apply.h"
#include "mdm/renew.h"
#include "store/store_push.h"

struct job {
	const struct mdm_context *cx;
	const struct checkin_msg *msg;
	struct contact contact;
	struct answer answer;
	uint64_t tally;		/* of a TokenUpdate that was applied */
	/* For the first TokenUpdate of a generation; read between two runs. */
	bool has_first, needs_first;
	struct first_commands first;
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

/* For a new generation: the device's record, numbered, bound to the
 * certificate that speaks. */
static int bound_device(struct store_tx *tx, struct job *j,
	struct enrollment **out, struct err *e)
{
	struct enrollment *en = j->contact.device;
	bool same = en != NULL && binding_is_current(en, j->cx->who);

	if (en == NULL) {
		en = message_enrollment(j->msg, 0, j->cx->now, j->cx->arena);
		if (store_enrollment_put(tx, en, e) < 0)
			return -1;
	}
	*out = en;
	if (binding_bind(tx, j->cx->who, en, BINDING_ENROLLED, j->cx->now,
		e) < 0)
		return -1;
	return renew_end(tx, &j->contact, en, same, e);
}

static int authenticate(struct store_tx *tx, struct job *j, struct err *e)
{
	const struct mdm_context *cx = j->cx;
	struct enrollment *en;

	if (answer_is_renewal(&j->contact.facts)) {
		j->answer.note = "renewal";
		return renew_authenticate(tx, cx, &j->contact, j->msg, e);
	}
	if (bound_device(tx, j, &en, e) < 0)
		return -1;
	en->imported = false;
	j->answer.enrollment = en->num;
	return message_apply_authenticate(tx, en, j->msg, cx->raw, cx->now,
		cx->arena, e);
}

/* What was queued while there was no token to push to, or a dead one, was
 * never announced: it is now. */
static int announce(struct store_tx *tx, struct job *j,
	const struct enrollment *en, struct err *e)
{
	char uuid[RND_UUID_LEN + 1];
	struct store_next next;

	if (store_queue_next(tx, en->num, true, j->cx->now, j->cx->arena, &next,
			e) < 0)
		return -1;
	if (next.command == NULL && !next.settle)
		return 0;
	rnd_uuid_lower(uuid);
	if (store_push_add(tx, en->num, uuid, j->cx->now, j->cx->now, e) < 0)
		return -1;
	j->answer.events = true;
	return 0;
}

static int update_token(struct store_tx *tx, struct job *j,
	struct enrollment *en, struct err *e)
{
	en->imported = false;
	if (message_apply_token_update(tx, en, j->msg, j->cx->raw, j->cx->now,
			e) < 0)
		return -1;
	j->answer.enrollment = en->num;
	j->tally = en->tally;
	return 0;
}

/* What a device gets when it enrolls, and when it may leave Setup
 * Assistant. */
static int prepare(struct store_tx *tx, struct job *j, struct enrollment *en,
	bool first, bool waited, struct err *e)
{
	bool changed;

	if (first && first_commands_queue(tx, &j->first, en, j->cx->now, e) < 0)
		return -1;
	if (await_begin(tx, j->cx->conf, en, !first && waited, j->cx->now,
		j->cx->arena, &changed, e) < 0)
		return -1;
	return changed ? store_enrollment_put(tx, en, e) : 0;
}

static bool is_first(const struct enrollment *device)
{
	return device == NULL || device->state != ENROLLMENT_ENABLED;
}

static int token_update_device(struct store_tx *tx, struct job *j,
	struct err *e)
{
	struct enrollment *en = j->contact.device;
	bool first = is_first(en);
	bool waited = en != NULL && en->awaiting_configuration;

	/* Restored from a backup: management goes on without Authenticate. */
	if (en == NULL || en->state == ENROLLMENT_LEFT) {
		if (bound_device(tx, j, &en, e) < 0 ||
			generation_start(tx, en, j->cx->now, j->cx->arena, e) < 0)
			return -1;
		en->awaiting_configuration = false;
	}
	if (!first && renew_confirm(tx, j->cx, en, e) < 0)
		return -1;
	if (update_token(tx, j, en, e) < 0 ||
		prepare(tx, j, en, first, waited, e) < 0)
		return -1;
	return announce(tx, j, en, e);
}

static int token_update_user(struct store_tx *tx, struct job *j, struct err *e)
{
	struct enrollment *en = j->contact.channel;

	if (en == NULL)
		en = message_enrollment(j->msg, j->contact.device->num,
			j->cx->now, j->cx->arena);
	if (update_token(tx, j, en, e) < 0)
		return -1;
	return announce(tx, j, en, e);
}

static int check_out(struct store_tx *tx, struct job *j, struct err *e)
{
	struct enrollment *en = j->contact.device;

	if (generation_end(tx, en, j->cx->now, j->cx->arena, e) < 0)
		return -1;
	en->state = ENROLLMENT_LEFT;
	en->left = j->cx->now;
	en->await_until = 0;
	return store_enrollment_put(tx, en, e);
}

static int apply(struct store_tx *tx, struct job *j, struct err *e)
{
	if (contact_bind(tx, j->cx, &j->contact, e) < 0)
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

/* Files are not read in a transaction: it ends with nothing done, and runs
 * again when they are there. */
static bool needs_first(const struct job *j)
{
	return !j->has_first && first_commands_are(j->cx->conf->first_commands) &&
		j->contact.rule == RULE_APPLY &&
		j->msg->type == CHECKIN_TOKEN_UPDATE &&
		!enrollment_kind_is_user(j->msg->id.kind) &&
		is_first(j->contact.device);
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
	if (c->rule == RULE_UNMANAGE_GUARDED)
		return contact_refuse_unknown(tx, j->cx, c, &m->id, &j->answer,
			e);
	j->needs_first = needs_first(j);
	if (j->needs_first)
		return 0;
	if (c->rule != RULE_APPLY)
		answer_by_rule(c->rule, c->reason, &j->answer);
	else if (apply(tx, j, e) < 0)
		return -1;
	return mdm_event_checkin(tx, j->cx, c, m, j->tally, &j->answer, e);
}

static int apply_message(struct job *j, struct err *e)
{
	const struct mdm_context *cx = j->cx;

	if (store_write(cx->store, checkin_tx, j, e) < 0)
		return -1;
	if (!j->needs_first)
		return 0;
	first_commands_load(cx->conf->first_commands, cx->now, cx->arena,
		&j->first);
	j->has_first = true;
	return store_write(cx->store, checkin_tx, j, e);
}

int checkin_apply(const struct mdm_context *cx, const struct checkin_msg *m,
	struct answer *out, struct err *e)
{
	struct job j = { .cx = cx, .msg = m };

	if (apply_message(&j, e) < 0)
		return err_wrap(e, "%s", m->type_name);
	mdm_event_report(cx, &j.contact, &j.answer);
	if (j.contact.rule == RULE_APPLY)
		store_touch_seen(cx->store, j.answer.enrollment, cx->now);
	*out = j.answer;
	return 0;
}
