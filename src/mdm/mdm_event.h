#ifndef MOORING_MDM_MDM_EVENT_H
#define MOORING_MDM_MDM_EVENT_H

#include "mdm/checkin_msg.h"
#include "mdm/contact.h"
#include "mdm/result_msg.h"

/*
 * What webhooks hear of devices: each message whose sender was accepted,
 * whatever it is answered, in the transaction that applies it; and what is
 * odd about who speaks. `out` is the answer that was decided: its enrollment
 * is told, its `events` set when a webhook takes the event.
 */

/* After the message was applied; tally is that of the TokenUpdate. */
int mdm_event_checkin(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct checkin_msg *m, uint64_t tally,
	struct answer *out, struct err *e);
int mdm_event_connect(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct result_msg *m,
	struct answer *out, struct err *e);
/* Whether an Idle must be written down for a webhook, in any transaction. */
int mdm_event_idle_wanted(struct store_tx *tx, const struct contact *c,
	bool *out, struct err *e);

/* The refusal that was just noted is the last one that the guard lets
 * through within an hour. */
int mdm_event_guard_limit(struct store_tx *tx, const struct mdm_context *cx,
	struct answer *out, struct err *e);

/* After the transaction: the log lines of what is odd. A certificate that
 * this device used before, or that is another device's, and one that was
 * issued for another device, or not for this enrolled one, are told to
 * webhooks too, each at most once an hour for each enrollment and process. */
void mdm_event_report(const struct mdm_context *cx, const struct contact *c,
	struct answer *out);

#endif
