/* Commands of which a device has one pending at a time. */
#include "admin/op_single.h"

static const char **slot_of(struct enrollment *en, const char *request_type)
{
	if (str_eq(request_type, "DeviceLock"))
		return &en->last_lock;
	if (str_eq(request_type, "EraseDevice"))
		return &en->last_erase;
	return NULL;
}

static bool is_pending(const struct target *t, const struct enrollment *en,
	int64_t now)
{
	if (t == NULL)
		return false;
	if (t->state == TARGET_SENT)
		return t->generation == en->generation;
	return target_state_is_queued(t->state) &&
		(t->not_after == 0 || t->not_after >= now);
}

int op_single_check(struct store_tx *tx, const struct enrollment *en,
	const char *uuid, const char *request_type, int64_t now,
	struct arena *a, struct err *e)
{
	struct enrollment seen = *en;
	const char **slot = slot_of(&seen, request_type);
	struct target *t;

	if (slot == NULL || *slot == NULL || str_eq(*slot, uuid))
		return 0;
	/* This very command, from before another one: it stays as it is. */
	if (store_target_get(tx, en->num, uuid, a, &t, e) < 0)
		return -1;
	if (t != NULL && t->generation == en->generation &&
		t->state != TARGET_CANCELLED && t->state != TARGET_EXPIRED)
		return 0;
	if (store_target_get(tx, en->num, *slot, a, &t, e) < 0)
		return -1;
	if (!is_pending(t, en, now))
		return 0;
	return err_set(e, ERR_CONFLICT, t->state == TARGET_SENT ?
		"%s %.60s was sent and is not answered: queue that one again, "
		"or force a second one" :
		"%s %.60s is pending: cancel it, or force a second one",
		request_type, *slot);
}

int op_single_note(struct store_tx *tx, struct enrollment *en,
	const char *uuid, const char *request_type, struct err *e)
{
	const char **slot = slot_of(en, request_type);

	if (slot == NULL || str_eq(*slot, uuid))
		return 0;
	*slot = uuid;
	return store_enrollment_put(tx, en, e);
}
