/* An event as a webhook gets it: NanoMDM's names, empty fields left out. How
 * it is signed and sent is the courier's. */
#include "outbox/event_json.h"

#include <string.h>

#include "base/clk.h"
#include "base/enc.h"
#include "codec/json.h"

/* A query is bounded by what the web server lets through; its parts here. */
#define PARAMS_MAX 1000

static void set_text(struct json *o, const char *key, const char *value)
{
	if (value != NULL && *value != '\0')
		json_set_str(o, key, value);
}

static void set_bytes(struct json *o, const char *key, struct bytes value,
	struct arena *a)
{
	if (value.n > 0)
		json_set_str(o, key, arena_str(a, value));
}

/* One name or value of a query: '+' is a blank. A NUL, which no string here
 * can hold, becomes a byte that JSON shows as U+FFFD. NULL: a bad escape. */
static const char *param_text(struct bytes raw, struct arena *a)
{
	unsigned char *p = arena_memdup(a, raw.p, raw.n);
	struct bytes plain;

	for (size_t i = 0; i < raw.n; i++)
		if (p[i] == '+')
			p[i] = ' ';
	if (!enc_unpercent(a, bytes_of(p, raw.n), &plain))
		return NULL;
	p = arena_memdup(a, plain.p, plain.n);
	for (size_t i = 0; i < plain.n; i++)
		if (p[i] == '\0')
			p[i] = 0xff;
	return (const char *)p;
}

static bool set_param(struct json *params, struct bytes item, struct arena *a)
{
	const unsigned char *eq = memchr(item.p, '=', item.n);
	size_t n = eq != NULL ? (size_t)(eq - item.p) : item.n;
	size_t skip = eq != NULL ? n + 1 : n;
	const char *name = param_text(bytes_of(item.p, n), a);
	const char *value = param_text(bytes_of(item.p + skip, item.n - skip),
		a);

	if (name == NULL || value == NULL || json_get(params, name) != NULL)
		return false;
	json_set_str(params, name, value);
	return true;
}

/* What an operator put into the device's URL: the first value of each name. */
static void set_params(struct json *o, const char *query, struct arena *a)
{
	struct json *params = json_new_object(a);
	bool any = false;

	for (int i = 0; query != NULL && *query != '\0' && i < PARAMS_MAX; i++) {
		size_t n = strcspn(query, "&");

		if (n > 0 && set_param(params, bytes_of(query, n), a))
			any = true;
		query += n + (query[n] == '&');
	}
	if (any)
		json_set(o, "url_params", params);
}

static void set_ids(struct json *o, const struct event *ev, struct arena *a)
{
	struct json *ids;

	if (ev->id.n == 0)
		return;
	ids = json_set_object(o, "ids");
	set_bytes(ids, "id", ev->id, a);
	set_text(ids, "type", ev->type);
	set_bytes(ids, "parent_id", ev->parent, a);
}

/* What both kinds of a device's messages have. */
static void set_message(struct json *o, const struct event *ev,
	struct arena *a)
{
	set_text(o, "udid", ev->udid);
	set_text(o, "enrollment_id", ev->enrollment_id);
	if (ev->form == EVENT_ACKNOWLEDGE) {
		json_set_str(o, "status", ev->status != NULL ? ev->status : "");
		set_text(o, "command_uuid", ev->command_uuid);
	}
	set_params(o, ev->query, a);
	set_ids(o, ev, a);
	json_set_str(o, "raw_payload", enc_base64(a, ev->raw));
	if (ev->form == EVENT_CHECKIN && ev->has_tally)
		json_set_int(o, "token_update_tally", (int64_t)ev->tally);
}

static void set_own(struct json *top, const struct event *ev, struct arena *a)
{
	struct err e = ERR_INIT;
	struct json *o;

	/* It was written by outbox_own, and is sealed since. */
	if (json_parse(ev->raw, a, &o, &e) < 0)
		o = json_new_object(a);
	set_ids(o, ev, a);
	json_set(top, "mooring_event", o);
}

char *event_json(const struct event *ev, struct arena *a)
{
	struct json *top = json_new_object(a);
	char at[CLK_TEXT_LEN + 1];

	clk_text(ev->created, at);
	json_set_str(top, "topic", ev->topic);
	set_text(top, "event_id", ev->uuid);
	json_set_str(top, "created_at", at);
	switch (ev->form) {
	case EVENT_ACKNOWLEDGE:
		set_message(json_set_object(top, "acknowledge_event"), ev, a);
		break;
	case EVENT_CHECKIN:
		set_message(json_set_object(top, "checkin_event"), ev, a);
		break;
	case EVENT_OWN:
		set_own(top, ev, a);
		break;
	}
	return json_text(top, NULL, a);
}
