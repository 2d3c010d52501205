#ifndef MOORING_WEB_WEB_QUEUE_H
#define MOORING_WEB_WEB_QUEUE_H

#include "web/serve.h"

/* GET /v1/queue/ID?limit=&offset=|cursor=: {"commands":[{"command_uuid",
 * "request_type","command"(base64)}],"next_cursor"}, in the order of
 * delivery. */
extern const struct web_target web_queue_list;
/* DELETE /v1/queue/ID[,ID…]: 204, or 207 / 500 with {"status":{ID:why}}. */
extern const struct web_target web_queue_clear;

#endif
