/* The guard, and the room that the store has, as events. When the guard stops
 * a device is told by mdm/; what is short of room is decided in
 * admin/op_health. */
#include "courier/watch.h"

#include "admin/op_health.h"
#include "base/clk.h"
#include "outbox/outbox.h"
#include "store/store_note.h"

/* What is so now. The note is there while it is not the usual state. */
struct state {
	const char *note, *topic;
	const char *usual, *is;
	struct json *detail;
	int64_t now;
	struct arena *a;
	bool changed, events;
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct state *s = arg;
	struct bytes told;

	s->events = false;
	if (store_note_get(tx, s->note, s->a, &told, e) < 0)
		return -1;
	s->changed = !bytes_is(told.p != NULL ? told : bytes_str(s->usual),
		s->is);
	return 0;
}

static int tell_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct state *s = arg;

	if (look_tx(tx, s, e) < 0)
		return -1;
	if (!s->changed)
		return 0;
	if (outbox_own(tx, s->topic, NULL, s->detail, s->now, s->a,
		&s->events, e) < 0)
		return -1;
	return store_note_put(tx, s->note, bytes_str(str_eq(s->is, s->usual) ?
		NULL : s->is), e);
}

static int tell(struct store *st, struct state *s, bool *events,
	struct err *e)
{
	json_set_str(s->detail, "state", s->is);
	if (store_read(st, look_tx, s, e) < 0)
		return -1;
	if (!s->changed)
		return 0;
	if (store_write(st, tell_tx, s, e) < 0)
		return -1;
	if (s->changed)
		outbox_own_log(s->topic, NULL, s->detail);
	*events = *events || s->events;
	return 0;
}

/* ---- the guard ---- */

struct guard {
	int64_t now;
	struct arena *a;
	struct store_guard g;
};

static int guard_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct guard *x = arg;

	return store_guard_get(tx, x->now, x->a, &x->g, e);
}

int watch_guard(struct store *st, int64_t now, struct arena *a, bool *events,
	struct err *e)
{
	struct state s = { .note = "courier.guard", .topic = "mooring.guard",
		.usual = "released", .is = "released",
		.detail = json_new_object(a), .now = now, .a = a };
	struct guard x = { .now = now, .a = a };
	char until[CLK_TEXT_LEN + 1];

	if (store_read(st, guard_tx, &x, e) < 0)
		return -1;
	if (x.g.armed_until > now) {
		s.is = "armed";
		clk_text(x.g.armed_until, until);
		json_set_str(s.detail, "why", x.g.why);
		json_set_str(s.detail, "until", until);
	}
	return tell(st, &s, events, e);
}

/* ---- room ---- */

int watch_store(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e)
{
	static const char *const states[] = { "well", "low", "failing" };
	struct state s = { .note = "courier.store", .topic = "mooring.store",
		.usual = states[0], .detail = json_new_object(a), .now = now,
		.a = a };
	struct op op = { .store = st, .conf = conf, .who = "courier",
		.now = now };
	enum op_health_level worst = HEALTH_OK;
	struct op_health h;

	op_health(&op, NULL, a, &h);
	for (size_t i = 0; i < h.n; i++) {
		const struct op_health_item *it = &h.list[i];

		if (!str_eq(it->name, "map") && !str_eq(it->name, "disk"))
			continue;
		json_set_str(s.detail, it->name, it->text);
		if (it->level > worst)
			worst = it->level;
	}
	s.is = states[worst];
	return tell(st, &s, events, e);
}
