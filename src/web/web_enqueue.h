#ifndef MOORING_WEB_WEB_ENQUEUE_H
#define MOORING_WEB_WEB_ENQUEUE_H

#include "web/serve.h"

/* Any method /v1/enqueue/ID[,ID…][?nopush=1]: a raw command, and a push. */
extern const struct web_target web_enqueue;

#endif
