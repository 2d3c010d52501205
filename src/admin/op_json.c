/* What operators look at, as JSON: one encoder for mooringctl and the API. */
#include "admin/op_json.h"

#include <string.h>

#include "base/clk.h"
#include "base/enc.h"

void op_json_time(struct json *obj, const char *key, int64_t t)
{
	char text[CLK_TEXT_LEN + 1];

	if (t == 0)
		return;
	clk_text(t, text);
	json_set_str(obj, key, text);
}

void op_json_bytes(struct json *obj, const char *key, struct bytes v,
	struct arena *a)
{
	if (v.p != NULL)
		json_set_str(obj, key, arena_str(a, v));
}

/* ---- enrollments ---- */

static void names(struct json *obj, const struct enrollment *en)
{
	json_set_str(obj, "serial_number", en->serial);
	json_set_str(obj, "device_name", en->device_name);
	json_set_str(obj, "model", en->model);
	json_set_str(obj, "model_name", en->model_name);
	json_set_str(obj, "product_name", en->product_name);
	json_set_str(obj, "os_version", en->os_version);
	json_set_str(obj, "build_version", en->build_version);
	json_set_str(obj, "imei", en->imei);
	json_set_str(obj, "meid", en->meid);
	json_set_str(obj, "user_id", en->user_id);
	json_set_str(obj, "user_short_name", en->user_short_name);
	json_set_str(obj, "user_long_name", en->user_long_name);
}

void op_json_enrollment(struct json *obj, const struct enrollment *en,
	struct arena *a)
{
	op_json_bytes(obj, "id", enrollment_id_text(&en->id, a), a);
	json_set_int(obj, "number", (int64_t)en->num);
	json_set_str(obj, "type", enrollment_kind_name(en->id.kind));
	json_set_str(obj, "state", enrollment_state_name(en->state));
	json_set_bool(obj, "enabled", en->state == ENROLLMENT_ENABLED);
	if (en->parent != 0)
		json_set_int(obj, "device_number", (int64_t)en->parent);
	names(obj, en);
	json_set_str(obj, "topic", en->topic);
	json_set_int(obj, "generation", en->generation);
	json_set_int(obj, "token_update_tally", (int64_t)en->tally);
	if (en->has_cert)
		json_set_str(obj, "cert_sha256", enc_hex(a,
			bytes_of(en->cert, sizeof(en->cert))));
	op_json_time(obj, "created", en->created);
	op_json_time(obj, "authenticated", en->authenticated);
	op_json_time(obj, "enrolled", en->enrolled);
	op_json_time(obj, "token_updated", en->token_updated);
	op_json_time(obj, "left", en->left);
	op_json_time(obj, "last_seen", en->last_seen);
}

static void push(struct json *obj, const struct op_enrollment *s)
{
	const struct push_state *p = &s->push;
	struct json *o;

	if (p->sent != 0 || p->dead != 0) {
		o = json_set_object(obj, "last_push");
		op_json_time(o, "sent", p->sent);
		if (p->status != 0)
			json_set_int(o, "status", p->status);
		json_set_str(o, "reason", p->reason);
		json_set_str(o, "apns_id", p->apns_id);
		op_json_time(o, "ok", p->ok);
		op_json_time(o, "dead", p->dead);
		op_json_time(o, "hold_until", p->hold_until);
	}
	if (s->push_job == NULL)
		return;
	o = json_set_object(obj, "push_waits");
	json_set_str(o, "apns_id", s->push_job->apns_id);
	op_json_time(o, "asked", s->push_job->asked);
	op_json_time(o, "due", s->push_job->due);
	json_set_int(o, "attempts", s->push_job->attempts);
}

void op_json_shown(struct json *obj, const struct op_enrollment *s,
	struct arena *a)
{
	struct json *list;

	op_json_enrollment(obj, s->en, a);
	if (s->en->state == ENROLLMENT_BLOCKED)
		json_set_str(obj, "before_block",
			enrollment_state_name(s->en->before_block));
	if (s->device != NULL)
		op_json_enrollment(json_set_object(obj, "device"), s->device, a);
	json_set_bool(obj, "has_push_token", s->push_token);
	json_set_bool(obj, "has_unlock_token", s->unlock_token);
	json_set_bool(obj, "has_bootstrap_token", s->bootstrap_token);
	json_set_bool(obj, "awaiting_configuration",
		s->en->awaiting_configuration);
	op_json_time(obj, "cert_bound", s->cert.bound);
	op_json_time(obj, "cert_not_after", s->cert.not_after);
	op_json_time(obj, "cert_revoked", s->cert.revoked);
	json_set_int(obj, "queued", (int64_t)s->queued);
	json_set_bool(obj, "queued_or_more", s->queued == OP_SHOWN_MAX);
	push(obj, s);
	list = json_set_array(obj, "user_channels");
	for (size_t i = 0; i < s->n_channels; i++)
		op_json_enrollment(json_add_object(list), s->channels[i], a);
}

void op_json_changed(struct json *obj, const struct op_changed *ch,
	struct arena *a)
{
	op_json_enrollment(obj, ch->en, a);
	json_set_str(obj, "was", enrollment_state_name(ch->was));
	json_set_bool(obj, "changed", ch->changed);
	json_set_int(obj, "cancelled", (int64_t)ch->cancelled);
}

void op_json_forgotten(struct json *obj, const struct op_forgotten *r,
	struct arena *a)
{
	op_json_bytes(obj, "id", enrollment_id_text(&r->en->id, a), a);
	json_set_int(obj, "number", (int64_t)r->en->num);
	json_set_str(obj, "was", enrollment_state_name(r->en->state));
	json_set_bool(obj, "removed", true);
	json_set_int(obj, "user_channels", (int64_t)r->channels);
}

/* ---- webhooks and what waits for them ---- */

/* The filter as a list; empty: all. */
static void topics(struct json *obj, const char *filter, struct arena *a)
{
	struct json *list = json_set_array(obj, "topics");
	size_t n;

	for (const char *p = filter; p != NULL && *p != '\0'; p += n) {
		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if (n > 0)
			json_add_str(list, arena_str(a, bytes_of(p, n)));
	}
}

void op_json_webhook(struct json *obj, const struct op_webhook *w,
	int64_t now, struct arena *a)
{
	const struct webhook *h = w->hook;

	json_set_str(obj, "name", h->name);
	json_set_int(obj, "number", (int64_t)h->num);
	json_set_str(obj, "url", h->url);
	topics(obj, h->topics, a);
	json_set_bool(obj, "idle", h->idle);
	json_set_bool(obj, "paused", h->paused);
	json_set_bool(obj, "has_key", h->key.p != NULL);
	op_json_time(obj, "created", h->created);
	json_set_int(obj, "failures", w->state.failures);
	if (w->state.hold_until > now)
		op_json_time(obj, "hold_until", w->state.hold_until);
	op_json_time(obj, "last_ok", w->state.last_ok);
	op_json_time(obj, "last_failed", w->state.last_failed);
	json_set_str(obj, "last_error", w->state.last_error);
}

const char *op_delivery_state_name(enum delivery_state s)
{
	return s == DELIVERY_BURIED ? "buried" : "waiting";
}

void op_json_delivery(struct json *obj, const struct op_delivery *d,
	struct arena *a)
{
	json_set_int(obj, "seq", (int64_t)d->d.seq);
	json_set_str(obj, "event_id", d->d.uuid);
	json_set_str(obj, "topic", d->d.topic);
	json_set_str(obj, "state", op_delivery_state_name(d->d.state));
	json_set_str(obj, "webhook", d->webhook);
	json_set_int(obj, "webhook_number", (int64_t)d->d.webhook);
	op_json_bytes(obj, "enrollment", d->id_text, a);
	if (d->d.enrollment != 0)
		json_set_int(obj, "enrollment_number",
			(int64_t)d->d.enrollment);
	op_json_time(obj, "created", d->d.created);
	json_set_int(obj, "attempts", d->d.attempts);
	op_json_time(obj, "due", d->d.due);
	op_json_time(obj, "buried", d->d.buried);
	json_set_str(obj, "why", d->d.why);
}

/* ---- who is let in ---- */

void op_json_guard(struct json *obj, const struct op_guard *g)
{
	json_set_bool(obj, "closed", g->closed);
	json_set_bool(obj, "armed", g->armed);
	json_set_bool(obj, "empty_store", g->guard.empty);
	op_json_time(obj, "armed_until", g->guard.armed_until);
	json_set_str(obj, "why", g->guard.why);
	json_set_int(obj, "refused", (int64_t)g->guard.refused);
	json_set_int(obj, "limit", g->limit);
}

const char *op_allow_kind_name(enum store_allow kind)
{
	return kind == STORE_ALLOW_UDID ? "udid" : "serial";
}

void op_json_allowed(struct json *obj, const struct store_allowed *al,
	struct arena *a)
{
	json_set_str(obj, "kind", op_allow_kind_name(al->kind));
	op_json_bytes(obj, "value", al->value, a);
	op_json_time(obj, "added", al->added);
}

void op_json_account(struct json *obj, const struct account *c)
{
	json_set_str(obj, "name", c->name);
	json_set_str(obj, "managed_apple_account",
		c->managed_apple_account != NULL ? c->managed_apple_account :
		c->name);
	json_set_bool(obj, "disabled", c->disabled);
	op_json_time(obj, "created", c->created);
	op_json_time(obj, "changed", c->changed);
}

void op_json_ticket(struct json *obj, const struct ticket *t, int64_t now,
	struct arena *a)
{
	const struct grant *g = &t->grant;

	json_set_str(obj, "hash", enc_hex(a, bytes_of(t->hash, DIGEST_LEN)));
	json_set_str(obj, "state", op_ticket_state(t, now));
	json_set_str(obj, "source", grant_source_name(g->source));
	op_json_bytes(obj, "serial", bytes_str(g->serial), a);
	op_json_bytes(obj, "udid", bytes_str(g->udid), a);
	op_json_bytes(obj, "account", bytes_str(g->account), a);
	if (g->enrollment != 0)
		json_set_int(obj, "enrollment_number", (int64_t)g->enrollment);
	if (g->has_invite)
		json_set_str(obj, "invite", enc_hex(a, bytes_of(g->invite,
			DIGEST_LEN)));
	op_json_time(obj, "created", t->created);
	op_json_time(obj, "expires", t->expires);
	op_json_time(obj, "used", t->used);
	if (t->kind == TICKET_INVITE)
		json_set_int(obj, "fetched", t->fetched);
	if (t->kind == TICKET_CHALLENGE && t->used != 0)
		json_set_str(obj, "certificate", enc_hex(a, bytes_of(t->cert,
			DIGEST_LEN)));
}

void op_json_token(struct json *obj, const struct token *t, int64_t now)
{
	json_set_int(obj, "number", (int64_t)t->num);
	json_set_str(obj, "name", t->name);
	json_set_str(obj, "scope", token_scope_name(t->scope));
	json_set_str(obj, "state", op_token_state(t, now));
	json_set_str(obj, "made_by", t->made_by);
	op_json_time(obj, "created", t->created);
	op_json_time(obj, "expires", t->expires);
	op_json_time(obj, "last_used", t->used);
	op_json_time(obj, "revoked", t->revoked);
}

void op_json_audit(struct json *obj, const struct op_audit_page *p, size_t i,
	struct arena *a)
{
	const struct audit *r = p->list[i];

	json_set_int(obj, "seq", (int64_t)r->seq);
	op_json_time(obj, "at", r->at);
	json_set_str(obj, "who", r->who);
	json_set_str(obj, "op", r->op);
	op_json_bytes(obj, "enrollment", p->id_text[i], a);
	if (r->enrollment != 0)
		json_set_int(obj, "enrollment_number", (int64_t)r->enrollment);
	json_set_str(obj, "target", r->target);
	json_set_str(obj, "detail", r->detail);
}
