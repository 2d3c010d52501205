/* Events into the outbox. Delivering them is the courier's. */
#include "outbox/outbox.h"

#include "base/enc.h"
#include "base/log.h"

int outbox_add(struct store_tx *tx, struct event *ev, struct arena *a,
	bool *added, struct err *e)
{
	unsigned webhooks;

	if (store_event_add(tx, ev, a, &webhooks, e) < 0)
		return -1;
	if (webhooks > 0 && added != NULL)
		*added = true;
	return 0;
}

int outbox_own(struct store_tx *tx, const char *topic,
	const struct enrollment *en, const struct json *detail, int64_t now,
	struct arena *a, bool *added, struct err *e)
{
	struct event ev = { .topic = topic, .form = EVENT_OWN,
		.created = now };
	struct enrollment_id parent;

	ev.raw = bytes_str(json_text(detail, NULL, a));
	if (en != NULL) {
		ev.enrollment = en->num;
		ev.id = enrollment_id_text(&en->id, a);
		ev.type = enrollment_kind_name(en->id.kind);
		parent = enrollment_parent(&en->id);
		if (enrollment_kind_is_user(en->id.kind))
			ev.parent = enrollment_id_text(&parent, a);
	}
	return outbox_add(tx, &ev, a, added, e);
}

struct pairs {
	struct log_line line;
	const struct json *detail;
};

static bool log_pair(const char *key, const struct json *value, void *arg)
{
	struct pairs *p = arg;
	const char *text = json_get_str(p->detail, key);
	int64_t i;
	bool yes;

	(void)value;
	if (text != NULL)
		log_str(&p->line, key, text);
	else if (json_get_int(p->detail, key, &i))
		log_i64(&p->line, key, i);
	else if (json_get_bool(p->detail, key, &yes))
		log_str(&p->line, key, yes ? "true" : "false");
	return true;
}

void outbox_own_log(const char *topic, const struct enrollment *en,
	const struct json *detail)
{
	struct pairs p = { .detail = detail };

	log_begin(&p.line, LOG_WARN, topic);
	if (en != NULL)
		log_u64(&p.line, "enrollment", en->num);
	json_each(detail, log_pair, &p);
	log_end(&p.line);
}
