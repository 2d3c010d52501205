/* One device talking: the sequences of exchanges that make an enrollment or a
 * session. */
#include "sim/session.h"

#include <stdio.h>
#include <string.h>

#include "sim/exchange.h"
#include "sim/identity.h"
#include "sim/message.h"
#include "sim/renew.h"

/* --- check-in --- */

static int checkin(struct session *s, struct device *d,
	const struct device_channel *ch, const char *message,
	struct bytes body, struct exchange *x, struct err *e)
{
	*x = (struct exchange){ .message = message, .ch = ch, .checkin = true,
		.body = body };
	return exchange_do(s, d, x, e);
}

static int token_update(struct session *s, struct device *d,
	struct device_channel *ch, enum outcome *out, struct err *e)
{
	struct exchange x;

	if (checkin(s, d, ch, "TokenUpdate", message_token_update(d, ch,
		s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	if (x.outcome == OUTCOME_OK) {
		ch->enabled = true;
		ch->declined = false;
		if (!ch->is_user)
			d->state = DEVICE_ENROLLED;
	} else if (ch->is_user && x.status == 410) {
		/* This user is left alone, no more. */
		ch->enabled = false;
		ch->declined = true;
		*out = OUTCOME_OK;
	}
	d->dirty = true;
	return 0;
}

static int token_updates(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	*out = OUTCOME_OK;
	for (unsigned i = 0; i < d->nchannels && *out == OUTCOME_OK; i++)
		if ((!d->channel[i].is_user || device_has_users(d)) &&
			token_update(s, d, &d->channel[i], out, e) != 0)
			return -1;
	return 0;
}

static int authenticate(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	struct exchange x;

	if (checkin(s, d, &d->channel[0], "Authenticate",
		message_authenticate(d, s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	return 0;
}

int session_enroll(struct session *s, struct device *d, enum outcome *out,
	struct err *e)
{
	bool awaiting = d->awaiting_configuration;

	device_forget_management(d, DEVICE_NEW);
	d->awaiting_configuration = awaiting;
	device_new_tokens(d);
	if (authenticate(s, d, out, e) != 0)
		return -1;
	if (*out != OUTCOME_OK)
		return 0;
	d->state = DEVICE_AUTHENTICATED;
	return s->authenticate_only ? 0 : token_updates(s, d, out, e);
}

int session_check_in_again(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	if (authenticate(s, d, out, e) != 0)
		return -1;
	return *out == OUTCOME_OK ? token_updates(s, d, out, e) : 0;
}

int session_token_update(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	device_new_tokens(d);
	return token_updates(s, d, out, e);
}

int session_check_out(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	struct exchange x;

	if (checkin(s, d, &d->channel[0], "CheckOut",
		message_check_out(d, s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	/* Sent once, whatever comes back. */
	if (x.outcome != OUTCOME_UNENROLLED)
		device_forget_management(d, DEVICE_LEFT);
	return 0;
}

/* --- commands --- */

/* Idle is the same every time: built and signed once. */
static int idle(struct session *s, struct device *d,
	struct device_channel *ch, struct exchange *x, struct err *e)
{
	if (ch->idle.p == NULL)
		ch->idle = arena_bytes(d->arena, message_idle(d, ch,
			s->arena));
	if (ch->idle_signature == NULL &&
		(d->auth & DEVICE_AUTH_SIGNATURE) != 0 &&
		identity_sign(d, ch->idle, d->arena, &ch->idle_signature,
			e) != 0)
		return -1;
	*x = (struct exchange){ .message = "Idle", .ch = ch,
		.body = ch->idle, .signature = ch->idle_signature };
	return 0;
}

static void keep(struct device *d, struct device_channel *ch,
	const struct exchange *x)
{
	if (bytes_eq(ch->pending, x->body))
		return;
	ch->pending = arena_bytes(d->arena, x->body);
	ch->pending_uuid = arena_strdup(d->arena, x->uuid);
	ch->pending_status = arena_strdup(d->arena, x->message);
	d->dirty = true;
}

static void forget_kept(struct device *d, struct device_channel *ch)
{
	if (ch->pending.p == NULL)
		return;
	ch->pending = bytes_of(NULL, 0);
	ch->pending_uuid = ch->pending_status = NULL;
	d->dirty = true;
}

/* Answers the command in x and puts the answer in its place. The two arenas
 * take turns, so that a session of a thousand commands needs the memory of
 * two: the command is in the old one, answer and exchange are in the new. */
static int answer(struct session *s, struct device *d,
	struct device_channel *ch, struct exchange *x,
	enum respond_after *after, enum outcome *out, struct err *e)
{
	struct arena *old = s->arena;
	struct response r;

	s->arena = s->spare;
	s->spare = old;
	arena_reset(s->arena);
	if (respond(d, ch, x->reply, &s->respond, s->arena, &r, e) != 0)
		return -1;
	s->stats.commands++;
	*after = r.after;
	if (r.after == RESPOND_RENEW) {
		*after = RESPOND_GO_ON;
		*out = renew_run(s, d, ch, &r);
	}
	*x = (struct exchange){ .message = r.status,
		.command = r.request_type, .uuid = r.command_uuid, .ch = ch,
		.body = r.body };
	return 0;
}

/* The rest of a session after EraseDevice or the removal of the enrollment
 * profile: there is none. */
static int end_of_device(struct session *s, struct device *d,
	struct exchange *x, enum respond_after after, enum outcome *out,
	struct err *e)
{
	if (after == RESPOND_REMOVED && d->enrollment != NULL &&
		!d->enrollment->check_out_when_removed) {
		device_forget_management(d, DEVICE_LEFT);
		return 0;
	}
	if (after == RESPOND_REMOVED)
		return session_check_out(s, d, out, e);
	if (exchange_do(s, d, x, e) != 0)
		return -1;
	*out = x->outcome;
	device_erase(d);
	return 0;
}

static int poll_channel(struct session *s, struct device *d,
	struct device_channel *ch, enum outcome *out, struct err *e)
{
	struct exchange x;

	s->stats.sessions++;
	if (ch->pending.p != NULL)
		x = (struct exchange){ .message = ch->pending_status,
			.uuid = ch->pending_uuid, .ch = ch,
			.body = ch->pending };
	else if (idle(s, d, ch, &x, e) != 0)
		return -1;
	for (unsigned n = 0;; n++) {
		enum respond_after after;

		if (exchange_do(s, d, &x, e) != 0)
			return -1;
		*out = x.outcome;
		if (x.outcome == OUTCOME_UNENROLLED)
			return 0;
		if (x.outcome != OUTCOME_OK) {
			if (x.uuid != NULL)
				keep(d, ch, &x);
			return 0;
		}
		forget_kept(d, ch);
		if (x.reply.n == 0 || n == s->max_commands)
			return 0;
		if (answer(s, d, ch, &x, &after, out, e) != 0) {
			*out = OUTCOME_REFUSED;
			snprintf(s->why, sizeof(s->why), "%s", e->msg);
			return 0;
		}
		if (*out == OUTCOME_UNENROLLED)
			return 0;
		if (after != RESPOND_GO_ON)
			return end_of_device(s, d, &x, after, out, e);
	}
}

int session_poll(struct session *s, struct device *d, enum outcome *out,
	struct err *e)
{
	*out = OUTCOME_OK;
	d->polls++;
	for (unsigned i = 0; i < d->nchannels; i++) {
		struct device_channel *ch = &d->channel[i];
		enum outcome one = OUTCOME_OK;

		if ((s->channels & (ch->is_user ? SESSION_USER :
			SESSION_DEVICE)) == 0 || (ch->is_user && !ch->enabled))
			continue;
		if (poll_channel(s, d, ch, &one, e) != 0)
			return -1;
		if (one > *out)
			*out = one;
		if (d->state != DEVICE_ENROLLED &&
			d->state != DEVICE_AUTHENTICATED)
			break;
	}
	return 0;
}
