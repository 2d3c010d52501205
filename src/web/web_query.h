#ifndef MOORING_WEB_WEB_QUERY_H
#define MOORING_WEB_WEB_QUERY_H

#include "web/serve.h"

/* POST /v1/enrollments/query?limit=&offset=|cursor=
 * {"filter":{"ids","serials","user_short_names","types","enabled"},
 * "options":{"include_device_cert","include_unlock_token"}}: the options need
 * a token of scope admin. */
extern const struct web_target web_query;

#endif
