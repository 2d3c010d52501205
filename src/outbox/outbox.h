#ifndef MOORING_OUTBOX_OUTBOX_H
#define MOORING_OUTBOX_OUTBOX_H

#include "codec/json.h"
#include "store/store_event.h"

/*
 * Telling others what happened, durably: events go into the outbox in the
 * transaction of what they report; couriers deliver them.
 */

/* Adds an event (store_event_add); *added (may be NULL) is set to true when a
 * webhook takes it, and is left alone else. After the commit: courier_wake. */
int outbox_add(struct store_tx *tx, struct event *ev, struct arena *a,
	bool *added, struct err *e);
/* An event of our own: "mooring.guard", … detail: what it says, an object of
 * this arena, no secret in it. en may be NULL. */
int outbox_own(struct store_tx *tx, const char *topic,
	const struct enrollment *en, const struct json *detail, int64_t now,
	struct arena *a, bool *added, struct err *e);
/* The log line of such an event, for after the commit: event=TOPIC and the
 * pairs of detail, at level warn. */
void outbox_own_log(const char *topic, const struct enrollment *en,
	const struct json *detail);

/* Wakes the courier of DIR: one datagram to DIR/run/courier.sock. Never waits
 * and never fails; nobody there is fine (a courier looks every 5 s). */
void courier_wake(const char *dir);

#endif
