/* Events of devices' messages. Which webhook takes them, and how they reach
 * it, is known further down and elsewhere. */
#include "mdm/mdm_event.h"

#include <stdatomic.h>

#include "base/enc.h"
#include "base/log.h"
#include "outbox/outbox.h"

#define HOUR 3600
#define CONFLICT "mooring.identity_conflict"
#define GUARD "mooring.guard"

/* ---- messages ---- */

static bool is_accepted(const struct contact *c)
{
	enum binding b = c->facts.binding;

	if (c->rule == RULE_APPLY)
		return true;
	return (c->rule == RULE_KEEP || c->rule == RULE_DECLINE_USER) &&
		c->device != NULL && (b == BINDING_OK || b == BINDING_FIRST);
}

static int add(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct enrollment_ids *ids,
	const struct enrollment_id *id, struct event *ev, struct answer *out,
	struct err *e)
{
	struct enrollment_id parent = enrollment_parent(id);
	struct arena *a = cx->arena;

	ev->created = cx->now;
	ev->enrollment = out->enrollment;
	/* A user channel that is not one yet stands in its device's lane. */
	if (ev->enrollment == 0 && c->device != NULL)
		ev->enrollment = c->device->num;
	ev->udid = ids->udid;
	ev->enrollment_id = ids->enrollment_id;
	ev->id = enrollment_id_text(id, a);
	ev->type = enrollment_kind_name(id->kind);
	if (enrollment_kind_is_user(id->kind))
		ev->parent = enrollment_id_text(&parent, a);
	ev->query = cx->query;
	ev->raw = cx->raw;
	return outbox_add(tx, ev, a, &out->events, e);
}

int mdm_event_checkin(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct checkin_msg *m, uint64_t tally,
	struct answer *out, struct err *e)
{
	struct event ev = { .form = EVENT_CHECKIN };

	if (!is_accepted(c))
		return 0;
	ev.topic = arena_printf(cx->arena, "mdm.%s", m->type_name);
	if (m->type == CHECKIN_TOKEN_UPDATE && c->rule == RULE_APPLY) {
		ev.has_tally = true;
		ev.tally = tally;
	}
	return add(tx, cx, c, &m->ids, &m->id, &ev, out, e);
}

int mdm_event_connect(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct result_msg *m,
	struct answer *out, struct err *e)
{
	struct event ev = { .form = EVENT_ACKNOWLEDGE,
		.topic = "mdm.Connect" };

	if (!is_accepted(c))
		return 0;
	ev.idle = m->status == RESULT_IDLE;
	ev.status = m->status_text;
	ev.command_uuid = m->command_uuid;
	return add(tx, cx, c, &m->ids, &m->id, &ev, out, e);
}

int mdm_event_idle_wanted(struct store_tx *tx, const struct contact *c,
	bool *out, struct err *e)
{
	*out = false;
	if (!is_accepted(c))
		return 0;
	return store_event_wanted(tx, "mdm.Connect", true, out, e);
}

/* ---- what is odd ---- */

static struct json *limit_detail(const struct mdm_context *cx)
{
	struct json *o = json_new_object(cx->arena);

	json_set_str(o, "state", "limit reached");
	json_set_int(o, "unmanaged_limit", cx->conf->unmanaged_limit);
	return o;
}

int mdm_event_guard_limit(struct store_tx *tx, const struct mdm_context *cx,
	struct answer *out, struct err *e)
{
	return outbox_own(tx, GUARD, NULL, limit_detail(cx), cx->now,
		cx->arena, &out->events, e);
}

/* When an event was last made. Enrollments that share a place share their
 * hour; the log has them all. */
static _Atomic int64_t told[4096];

static _Atomic int64_t *place_of(uint64_t num)
{
	return &told[num % (sizeof(told) / sizeof(told[0]))];
}

static bool is_due(uint64_t num, int64_t now)
{
	int64_t last = *place_of(num);

	return (last == 0 || now - last >= HOUR || now < last) &&
		atomic_compare_exchange_strong(place_of(num), &last, now);
}

struct conflict {
	const struct mdm_context *cx;
	const struct contact *c;
	const struct json *detail;
	bool added;
};

static int conflict_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct conflict *k = arg;

	k->added = false;
	return outbox_own(tx, CONFLICT, k->c->device, k->detail, k->cx->now,
		k->cx->arena, &k->added, e);
}

static void report_conflict(const struct mdm_context *cx,
	const struct contact *c, struct answer *out)
{
	struct conflict k = { .cx = cx, .c = c };
	uint64_t num = c->device != NULL ? c->device->num : 0;
	struct json *o = json_new_object(cx->arena);
	struct err e = ERR_INIT;

	json_set_str(o, "cert_sha256", enc_hex(cx->arena,
		bytes_of(cx->who->cert, DIGEST_LEN)));
	json_set_str(o, "cert", c->facts.binding == BINDING_FORMER ?
		"former" : "of another device");
	json_set_str(o, "subject", cx->who->subject);
	k.detail = o;
	outbox_own_log(CONFLICT, c->device, o);
	if (!is_due(num, cx->now))
		return;
	if (store_write(cx->store, conflict_tx, &k, &e) < 0) {
		/* The device's answer stands; the next contact tells. */
		*place_of(num) = 0;
		log_msg(LOG_WARN, "event", "%s", e.msg);
		return;
	}
	out->events = out->events || k.added;
}

void mdm_event_report(const struct mdm_context *cx, const struct contact *c,
	struct answer *out)
{
	enum binding b = c->facts.binding;

	if (c->limit_reached)
		outbox_own_log(GUARD, NULL, limit_detail(cx));
	if (b == BINDING_FORMER || b == BINDING_OTHER)
		report_conflict(cx, c, out);
}
