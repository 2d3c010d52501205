/* One exchange on the command endpoint: a result comes in, the next command
 * goes out: after NotNow only commands that have not answered NotNow in this
 * session, so that the session ends on NotNow and the device comes back by
 * itself. */
#include "mdm/queue.h"

#include "crypto/digest.h"
#include "mdm/await.h"
#include "mdm/contact.h"
#include "mdm/inventory.h"
#include "mdm/mdm_event.h"

/* A settled queue offers or is empty; each round removes what was in the
 * way, so this bounds one exchange, not a queue. */
#define SETTLE_ROUNDS 16

struct exchange {
	const struct mdm_context *cx;
	const struct result_msg *msg;
	struct contact contact;
	struct answer answer;
	uint64_t touch;		/* whose delivery is counted later, or 0 */
	bool must_write;	/* what the read found cannot be done reading */
};

static bool offers_parked(const struct exchange *x)
{
	return x->msg->status != RESULT_NOT_NOW;
}

static int contact_of(struct store_tx *tx, struct exchange *x, struct err *e)
{
	const struct result_msg *m = x->msg;

	x->answer = (struct answer){ .message = m->status_text };
	x->answer.command_uuid = NULL;
	x->touch = 0;
	x->must_write = false;
	if (contact_read(tx, x->cx, MDM_POLL, &m->id, NULL, &x->contact, e) < 0)
		return -1;
	if (x->contact.channel != NULL)
		x->answer.enrollment = x->contact.channel->num;
	return 0;
}

static void hand_out(struct exchange *x, const struct store_next *next)
{
	x->answer.kind = ANSWER_COMMAND;
	x->answer.body = next->command->body;
	x->answer.command_uuid = next->command->uuid;
	x->answer.request_type = next->command->request_type;
}

/* ---- reading only: the poll ---- */

static int poll_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct exchange *x = arg;
	struct contact *c = &x->contact;
	struct store_next next;
	bool parked, wanted;

	if (contact_of(tx, x, e) < 0 ||
		mdm_event_idle_wanted(tx, c, &wanted, e) < 0)
		return -1;
	if (wanted || c->rule == RULE_UNMANAGE_GUARDED ||
		c->binds) {
		x->must_write = true;
		return 0;
	}
	answer_by_rule(c->rule, c->reason, &x->answer);
	if (c->rule != RULE_APPLY)
		return 0;
	/* Idle begins a session: what was parked in the last one is ready. */
	if (store_queue_has_parked(tx, c->channel->num, &parked, e) < 0)
		return -1;
	if (parked) {
		x->must_write = true;
		return 0;
	}
	if (store_queue_next(tx, c->channel->num, false, x->cx->now, x->cx->arena,
			&next, e) < 0)
		return -1;
	if (next.settle || (next.command != NULL && next.command->once)) {
		x->must_write = true;
		return 0;
	}
	if (next.command != NULL) {
		hand_out(x, &next);
		x->touch = c->channel->num;
	}
	x->must_write = next.command == NULL &&
		await_is_on(x->cx->conf, c->channel);
	return 0;
}

/* ---- writing ---- */

static enum target_state state_of(enum result_status s)
{
	switch (s) {
	case RESULT_ACKNOWLEDGED:
		return TARGET_ACKNOWLEDGED;
	case RESULT_FORMAT_ERROR:
		return TARGET_FORMAT_ERROR;
	default:
		return TARGET_ERROR;
	}
}

static int take_result(struct store_tx *tx, struct exchange *x, struct err *e)
{
	const struct result_msg *m = x->msg;
	uint64_t num = x->contact.channel->num;
	enum store_answer how;

	if (m->status == RESULT_IDLE)
		return store_queue_unpark(tx, num, e);
	if (m->status == RESULT_NOT_NOW)
		return store_target_park(tx, num, m->command_uuid, x->cx->now, e);
	if (store_target_answer(tx, num, m->command_uuid, state_of(m->status),
			x->cx->raw, x->cx->now, &how, e) < 0)
		return -1;
	if (how == STORE_ANSWERED &&
		(inventory_take(tx, x->cx, num, x->contact.device->authenticated,
			m, e) < 0 ||
		await_answered(tx, x->contact.channel, m, x->cx->arena, e) < 0))
		return -1;
	if (how == STORE_AGAIN)
		x->answer.note = "answered already";
	else if (how == STORE_UNKNOWN)
		x->answer.note = "unknown CommandUUID";
	return 0;
}

static int offer(struct store_tx *tx, struct exchange *x, struct err *e)
{
	struct enrollment *channel = x->contact.channel;
	uint64_t num = channel->num;
	bool parked_too = offers_parked(x), moved = true, again;
	struct store_next next;

	for (int round = 0; round < SETTLE_ROUNDS; round++) {
		if (store_queue_next(tx, num, parked_too, x->cx->now, x->cx->arena,
				&next, e) < 0)
			return -1;
		if (next.settle) {
			if (store_queue_settle(tx, num, parked_too, x->cx->now, e) < 0)
				return -1;
			continue;
		}
		if (next.command == NULL && await_is_on(x->cx->conf, channel)) {
			if (await_offer(tx, channel, x->cx->now, x->cx->arena,
				&again, e) < 0)
				return -1;
			if (again)
				continue;
		}
		if (next.command == NULL)
			return 0;
		if (next.command->once &&
			store_target_sent(tx, num, next.command->uuid, x->cx->now,
				&moved, e) < 0)
			return -1;
		if (!moved)
			continue;
		hand_out(x, &next);
		x->touch = next.command->once ? 0 : num;
		return 0;
	}
	x->answer.note = "queue is still being settled";
	return 0;
}

/* Nothing is offered, but what the device did is kept. */
static int keep_result(struct store_tx *tx, struct exchange *x, struct err *e)
{
	enum binding b = x->contact.facts.binding;

	if (x->msg->status == RESULT_IDLE)
		return 0;
	if (x->contact.channel == NULL) {
		x->answer.note = "result of an unknown channel, not kept";
		return 0;
	}
	/* A device that left is answered whatever its certificate. */
	if (b != BINDING_OK && b != BINDING_FIRST &&
		!x->contact.facts.renewal) {
		x->answer.note = "result of another certificate, not kept";
		return 0;
	}
	return take_result(tx, x, e);
}

static int take_and_offer(struct store_tx *tx, struct exchange *x,
	struct err *e)
{
	if (x->contact.binds && x->contact.facts.renewal)
		x->answer.note = "renewed certificate bound";
	if (contact_bind(tx, x->cx, &x->contact, e) < 0 ||
		take_result(tx, x, e) < 0)
		return -1;
	return offer(tx, x, e);
}

static int exchange_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct exchange *x = arg;
	struct contact *c = &x->contact;
	int rc = 0;

	if (contact_of(tx, x, e) < 0)
		return -1;
	if (c->rule == RULE_UNMANAGE_GUARDED)
		return contact_refuse_unknown(tx, x->cx, c, &x->msg->id,
			&x->answer, e);
	answer_by_rule(c->rule, c->reason, &x->answer);
	if (c->rule == RULE_KEEP)
		rc = keep_result(tx, x, e);
	else if (c->rule == RULE_APPLY)
		rc = take_and_offer(tx, x, e);
	if (rc < 0)
		return -1;
	return mdm_event_connect(tx, x->cx, c, x->msg, &x->answer, e);
}

int queue_exchange(const struct mdm_context *cx, const struct result_msg *m,
	struct answer *out, struct err *e)
{
	struct exchange x = { .cx = cx, .msg = m };

	x.must_write = m->status != RESULT_IDLE;
	if (!x.must_write && store_read(cx->store, poll_tx, &x, e) < 0)
		return err_wrap(e, "%s", m->status_text);
	if (x.must_write && store_write(cx->store, exchange_tx, &x, e) < 0)
		return err_wrap(e, "%s", m->status_text);
	mdm_event_report(cx, &x.contact, &x.answer);
	if (x.contact.rule == RULE_APPLY)
		store_touch_seen(cx->store, x.answer.enrollment, cx->now);
	if (x.touch != 0)
		store_touch_delivered(cx->store, x.touch, x.answer.command_uuid, cx->now);
	*out = x.answer;
	return 0;
}

/* ---- a body that cannot be read ---- */

struct unreadable {
	const struct mdm_context *cx;
	unsigned char digest[DIGEST_LEN];
	unsigned count;
};

static int unreadable_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct unreadable *u = arg;

	return store_unreadable(tx, u->digest, u->cx->who->cert, u->cx->raw,
		u->cx->now, &u->count, e);
}

int queue_unreadable(const struct mdm_context *cx, const struct err *why,
	struct answer *out, struct err *e)
{
	struct unreadable u = { .cx = cx };

	*out = (struct answer){ .kind = ANSWER_BAD, .message = "unreadable" };
	out->reason = arena_strdup(cx->arena, why->msg);
	/* A web server that lost the body must not lose it with a 200. */
	if (cx->raw.n == 0)
		return 0;
	digest_sha256(cx->raw, u.digest);
	if (store_write(cx->store, unreadable_tx, &u, e) < 0)
		return err_wrap(e, "unreadable body");
	if (u.count < 3)
		return 0;
	out->kind = ANSWER_EMPTY;
	out->note = "unreadable body stored";
	return 0;
}
