#ifndef MOORING_WEB_WEB_ACCESS_H
#define MOORING_WEB_WEB_ACCESS_H

#include "web/serve.h"

/* Who is let in: /v1/guard against mass unenrollment, /v1/allowlist. */
extern const struct web_target web_access_guard, web_access_release,
	web_access_allowed, web_access_allow, web_access_disallow;

#endif
