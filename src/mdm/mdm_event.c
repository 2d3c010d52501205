/* Events of devices' messages. Which webhook takes them, and how they reach
 * it, is known further down and elsewhere. */
#include "mdm/mdm_event.h"

#include <stdatomic.h>

#include "base/enc.h"
#include "base/log.h"
#include "outbox/outbox.h"

#define HOUR 3600
#define DAY 86400
#define CONFLICT "mooring.identity_conflict"
#define REFUSED "mooring.identity_refused"
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
enum odd { ODD_CONFLICT, ODD_REFUSED, ODD_KINDS };
static const char *const odd_topics[] = { CONFLICT, REFUSED };
#define PLACES 4096
static _Atomic int64_t told[ODD_KINDS][PLACES];

static bool is_due(_Atomic int64_t *place, int64_t now)
{
	int64_t last = *place;

	return (last == 0 || now - last >= HOUR || now < last) &&
		atomic_compare_exchange_strong(place, &last, now);
}

struct telling {
	const struct mdm_context *cx;
	const struct contact *c;
	const char *topic;
	const struct json *detail;
	bool added;
};

static int tell_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct telling *t = arg;

	t->added = false;
	return outbox_own(tx, t->topic, t->c->device, t->detail, t->cx->now,
		t->cx->arena, &t->added, e);
}

static struct json *cert_detail(const struct mdm_context *cx, const char *what)
{
	struct json *o = json_new_object(cx->arena);

	json_set_str(o, "cert_sha256", enc_hex(cx->arena,
		bytes_of(cx->who->cert, DIGEST_LEN)));
	json_set_str(o, "cert", what);
	json_set_str(o, "subject", cx->who->subject);
	return o;
}

static void tell(const struct mdm_context *cx, const struct contact *c,
	enum odd odd, const struct json *detail, struct answer *out)
{
	struct telling t = { .cx = cx, .c = c, .topic = odd_topics[odd],
		.detail = detail };
	uint64_t num = c->device != NULL ? c->device->num : 0;
	_Atomic int64_t *place = &told[odd][num % PLACES];
	struct err e = ERR_INIT;

	outbox_own_log(t.topic, c->device, detail);
	if (!is_due(place, cx->now))
		return;
	if (store_write(cx->store, tell_tx, &t, &e) < 0) {
		/* The device's answer stands; the next contact tells. */
		*place = 0;
		log_msg(LOG_WARN, "event", "%s", e.msg);
		return;
	}
	out->events = out->events || t.added;
}

/* The new certificate is confirmed for a day, and this is the old one. */
static bool is_rolled_back(const struct mdm_context *cx,
	const struct contact *c)
{
	int64_t until = c->cert.valid_until;

	return c->facts.binding == BINDING_OK && c->cert.former != 0 &&
		until != STORE_CERT_UNTIL_UPDATED && !c->binds &&
		cx->now > until - (int64_t)cx->conf->renewal_grace_days * DAY +
			DAY;
}

static void report_conflict(const struct mdm_context *cx,
	const struct contact *c, struct answer *out)
{
	const char *what = NULL;

	if (c->facts.binding == BINDING_FORMER)
		what = "former";
	else if (c->facts.binding == BINDING_OTHER)
		what = "of another device";
	else if (is_rolled_back(cx, c))
		what = "former, still good after a renewal";
	if (what != NULL)
		tell(cx, c, ODD_CONFLICT, cert_detail(cx, what), out);
}

/* Whom it was issued for stands in the record of its issuance. */
static void report_refused(const struct mdm_context *cx,
	const struct contact *c, struct answer *out)
{
	const struct mdm_facts *f = &c->facts;
	const struct grant *g = c->issuance.grant;
	struct json *o;

	if (c->rule != RULE_BAD || (!f->foreign &&
		(f->message != MDM_AUTHENTICATE || f->binding != BINDING_FREE)))
		return;
	o = cert_detail(cx, f->foreign ? "issued for another device" :
		"not issued for this device");
	if (g != NULL && g->serial != NULL)
		json_set_str(o, "issued_for_serial", g->serial);
	if (g != NULL && g->udid != NULL)
		json_set_str(o, "issued_for_udid", g->udid);
	tell(cx, c, ODD_REFUSED, o, out);
}

void mdm_event_report(const struct mdm_context *cx, const struct contact *c,
	struct answer *out)
{
	if (c->limit_reached)
		outbox_own_log(GUARD, NULL, limit_detail(cx));
	report_conflict(cx, c, out);
	report_refused(cx, c, out);
}
