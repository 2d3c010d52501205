#ifndef MOORING_WEB_WEB_HEALTH_H
#define MOORING_WEB_WEB_HEALTH_H

#include "web/serve.h"

/* What watches this server asks: /healthz, for anybody, and /metrics. */
extern const struct web_target web_health, web_metrics;

#endif
