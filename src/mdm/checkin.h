#ifndef MOORING_MDM_CHECKIN_H
#define MOORING_MDM_CHECKIN_H

#include "mdm/answer.h"
#include "mdm/checkin_msg.h"

/* Applies one check-in message. 0 with the answer, whatever it is, committed
 * before it returns; -1 only when the store or we ourselves are in trouble
 * (ERR_BUSY, ERR_INTERNAL). */
int checkin_apply(const struct mdm_context *cx, const struct checkin_msg *m,
	struct answer *out, struct err *e);

#endif
