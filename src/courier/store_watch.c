/* The room that the store has, as events. What is short of it is decided in
 * admin/op_health. */
#include "courier/store_watch.h"

#include "admin/op_health.h"
#include "outbox/outbox.h"
#include "store/store_note.h"

#define NOTE "courier.store"
#define TOPIC "mooring.store"

struct watch {
	int64_t now;
	struct arena *a;
	const char *state;	/* "well", "low", "failing" */
	struct json *detail;
	bool changed, events;
};

/* The note is there while things are not well. */
static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct watch *w = arg;
	struct bytes told;

	w->events = false;
	if (store_note_get(tx, NOTE, w->a, &told, e) < 0)
		return -1;
	w->changed = !bytes_is(told.p != NULL ? told : bytes_str("well"),
		w->state);
	return 0;
}

static int tell_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct watch *w = arg;
	bool well = str_eq(w->state, "well");

	if (look_tx(tx, w, e) < 0)
		return -1;
	if (!w->changed)
		return 0;
	if (outbox_own(tx, TOPIC, NULL, w->detail, w->now, w->a, &w->events,
		e) < 0)
		return -1;
	return store_note_put(tx, NOTE, bytes_str(well ? NULL : w->state), e);
}

static void describe(struct watch *w, const struct op_health *h)
{
	static const char *const states[] = { "well", "low", "failing" };
	enum op_health_level worst = HEALTH_OK;

	w->detail = json_new_object(w->a);
	for (size_t i = 0; i < h->n; i++) {
		const struct op_health_item *it = &h->list[i];

		if (!str_eq(it->name, "map") && !str_eq(it->name, "disk"))
			continue;
		json_set_str(w->detail, it->name, it->text);
		if (it->level > worst)
			worst = it->level;
	}
	w->state = states[worst];
	json_set_str(w->detail, "state", w->state);
}

int store_watch(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e)
{
	struct op op = { .store = st, .conf = conf, .who = "courier",
		.now = now };
	struct watch w = { .now = now, .a = a };
	struct op_health h;

	op_health(&op, NULL, a, &h);
	describe(&w, &h);
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
