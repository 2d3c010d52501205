#ifndef MOORING_MDM_QUEUE_H
#define MOORING_MDM_QUEUE_H

#include "mdm/answer.h"
#include "mdm/result_msg.h"

/* One exchange on the command endpoint: takes a result, gives the next
 * command. Contract as checkin_apply. A poll with nothing to write only
 * reads. */
int queue_exchange(const struct mdm_context *cx, const struct result_msg *m,
	struct answer *out, struct err *e);

/* A body on the command endpoint that cannot be read, from a known
 * certificate: 400 twice, stored and 200 the third time, since a device
 * resends a result until it gets 2xx; an empty one is always 400. `why` is
 * the parser's line. */
int queue_unreadable(const struct mdm_context *cx, const struct err *why,
	struct answer *out, struct err *e);

#endif
