/* What a receiver that is gone keeps waiting. One delivery that fails is
 * retry.c's. */
#include "courier/outage.h"

#include "store/store_event.h"

/* Of one that works again, or that the operator has paused, everything waits
 * its turn. */
static bool is_gone(const struct webhook *w, const struct webhook_state *s,
	int64_t before)
{
	int64_t last = s->last_ok > w->created ? s->last_ok : w->created;

	return !w->paused && s->failures > 0 && last < before;
}

int outage_sweep(struct store_tx *tx, int64_t now, unsigned hours,
	size_t limit, struct arena *a, size_t *n, struct err *e)
{
	int64_t before = now - (int64_t)hours * 3600;
	struct webhook_state s;
	struct webhook **list;
	size_t all, did;

	*n = 0;
	if (store_webhook_list(tx, a, &list, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all && *n < limit; i++) {
		if (store_webhook_state_get(tx, list[i]->num, a, &s, e) < 0)
			return -1;
		if (!is_gone(list[i], &s, before))
			continue;
		if (store_delivery_expire(tx, list[i]->num, before, now,
			limit - *n, &did, e) < 0)
			return -1;
		*n += did;
	}
	return 0;
}
