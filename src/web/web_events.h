#ifndef MOORING_WEB_WEB_EVENTS_H
#define MOORING_WEB_WEB_EVENTS_H

#include "web/serve.h"

/* /v1/events: what waits for webhooks, or was given up. One event is what
 * webhooks get, which may hold secrets: it takes an admin to see it. */
extern const struct web_target web_events_list, web_events_get,
	web_events_replay;

#endif
