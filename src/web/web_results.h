#ifndef MOORING_WEB_WEB_RESULTS_H
#define MOORING_WEB_WEB_RESULTS_H

#include "web/serve.h"

/* GET /v1/commands/UUID/results/ID: an answer may hold a recovery key or an
 * unlock token, so looking at it takes what queueing takes. */
extern const struct web_target web_results_get;
/* GET /v1/enrollments/ID/inventory, …/inventory/KIND: for read, without what
 * opens something; with it from command on. */
extern const struct web_target web_inventory_all;
extern const struct web_target web_inventory_one;

#endif
