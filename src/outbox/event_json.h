#ifndef MOORING_OUTBOX_EVENT_JSON_H
#define MOORING_OUTBOX_EVENT_JSON_H

#include "base/arena.h"
#include "model/event.h"

/* The body of a webhook, NanoMDM's exactly: topic, event_id, created_at,
 * acknowledge_event or checkin_event; for topics of our own mooring_event,
 * whose value is the event's object. */
char *event_json(const struct event *ev, struct arena *a);

#endif
