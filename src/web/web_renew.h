#ifndef MOORING_WEB_WEB_RENEW_H
#define MOORING_WEB_WEB_RENEW_H

#include "web/serve.h"

/* /v1/enrollments/ID/renew and …/profile. */
extern const struct web_target web_renew, web_renew_facts,
	web_renew_set_facts;

#endif
