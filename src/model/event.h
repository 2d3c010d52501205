#ifndef MOORING_MODEL_EVENT_H
#define MOORING_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* What webhooks are told of. Values are stored. */
enum event_form {
	EVENT_ACKNOWLEDGE = 1,	/* command endpoint, Idle included */
	EVENT_CHECKIN = 2,
	EVENT_OWN = 3,		/* mooring.*: raw is a JSON object */
};

struct event {
	uint64_t seq;		/* order of all events; 0: not stored yet */
	const char *uuid;	/* event_id */
	const char *topic;	/* "mdm.Connect", "mooring.guard" */
	enum event_form form;
	int64_t created;
	uint64_t enrollment;	/* in order per enrollment; 0: of none, these
				 * are in order among themselves */
	bool idle;		/* an Idle: webhooks may leave it out */
	/* What the device said; NULL: not. */
	const char *status, *command_uuid, *udid, *enrollment_id;
	struct bytes id, parent;	/* NanoMDM's id texts; absent: p NULL */
	const char *type;	/* NanoMDM's type name */
	bool has_tally;		/* TokenUpdate only */
	uint64_t tally;
	const char *query;	/* of the request, raw; NULL or "": none */
	struct bytes raw;	/* the body as it came */
};

/* The mdm.* and mooring.* topics that there are. */
bool event_topic_is_known(const char *topic);
/* n of them, NULL behind the last. */
const char *event_topic_at(unsigned n);

/* A webhook's filter: "" (all), or topics and "mdm.*" "mooring.*" "*",
 * comma-separated, blanks around them. */
bool event_filter_takes(const char *filter, const char *topic);
/* Whether each item can ever match; if not, *bad (may be NULL) is a view of
 * the first that cannot. */
bool event_filter_is_good(const char *filter, struct bytes *bad);

#endif
