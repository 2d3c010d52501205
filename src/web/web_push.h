#ifndef MOORING_WEB_WEB_PUSH_H
#define MOORING_WEB_WEB_PUSH_H

#include "admin/op_push.h"
#include "web/web_targets.h"

/* Any method /v1/push/ID[,ID…] */
extern const struct web_target web_push;

/* The same for ids that were read already: an enqueue without a command. */
void web_push_reply(const struct web_call *call, struct reply *rp,
	const struct bytes *ids, size_t n, struct log_line *log);
/* What became of a push (p may be NULL: none was asked for). */
void web_push_outcome(const struct op_pushed *p, struct web_outcome *out);

#endif
