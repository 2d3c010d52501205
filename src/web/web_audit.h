#ifndef MOORING_WEB_WEB_AUDIT_H
#define MOORING_WEB_WEB_AUDIT_H

#include "web/serve.h"

/* GET /v1/audit?enrollment=&limit=&cursor=: who did what, the latest first.
 * For administrators: it names every caller and account, which whoever only
 * reads about devices has no use for. */
extern const struct web_target web_audit;

#endif
