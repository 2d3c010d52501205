#ifndef MOORING_WEB_WEB_WEBHOOKS_H
#define MOORING_WEB_WEB_WEBHOOKS_H

#include "web/serve.h"

/* /v1/webhooks. A key goes in, and out once when it was made here. */
extern const struct web_target web_webhooks_list, web_webhooks_add,
	web_webhooks_get, web_webhooks_set, web_webhooks_remove,
	web_webhooks_replay;

#endif
