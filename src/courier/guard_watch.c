/* The guard's changes as events. When it stops a device, and what, is told
 * by mdm/. */
#include "courier/guard_watch.h"

#include "base/clk.h"
#include "outbox/outbox.h"
#include "store/store_note.h"

#define NOTE "courier.guard"
#define TOPIC "mooring.guard"
#define ARMED "armed"

struct watch {
	int64_t now;
	struct arena *a;
	bool armed, changed, events;
	struct json *detail;
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct watch *w = arg;
	char until[CLK_TEXT_LEN + 1];
	struct store_guard g;
	struct bytes told;

	w->events = false;
	if (store_guard_get(tx, w->now, w->a, &g, e) < 0 ||
		store_note_get(tx, NOTE, w->a, &told, e) < 0)
		return -1;
	w->armed = g.armed_until > w->now;
	w->changed = w->armed != bytes_is(told, ARMED);
	w->detail = json_new_object(w->a);
	json_set_str(w->detail, "state", w->armed ? ARMED : "released");
	if (w->armed) {
		clk_text(g.armed_until, until);
		json_set_str(w->detail, "why", g.why);
		json_set_str(w->detail, "until", until);
	}
	return 0;
}

static int tell_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct watch *w = arg;

	if (look_tx(tx, w, e) < 0)
		return -1;
	if (!w->changed)
		return 0;
	if (outbox_own(tx, TOPIC, NULL, w->detail, w->now, w->a, &w->events,
		e) < 0)
		return -1;
	return store_note_put(tx, NOTE, bytes_str(w->armed ? ARMED : NULL), e);
}

int guard_watch(struct store *st, int64_t now, struct arena *a, bool *events,
	struct err *e)
{
	struct watch w = { .now = now, .a = a };

	if (store_read(st, look_tx, &w, e) < 0)
		return -1;
	if (!w.changed)
		return 0;
	if (store_write(st, tell_tx, &w, e) < 0)
		return -1;
	if (w.changed)
		outbox_own_log(TOPIC, NULL, w.detail);
	*events = *events || w.events;
	return 0;
}
