#ifndef MOORING_WEB_WEB_DISCOVERY_H
#define MOORING_WEB_WEB_DISCOVERY_H

#include "web/serve.h"

/* What anybody may read before a device is enrolled. */

extern const struct web_target web_discovery_config; /* /MDMServiceConfig */
extern const struct web_target web_discovery_anchors;
/* 404 where there is nothing to trust. */
extern const struct web_target web_discovery_trust;

#endif
