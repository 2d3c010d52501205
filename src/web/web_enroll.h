#ifndef MOORING_WEB_WEB_ENROLL_H
#define MOORING_WEB_WEB_ENROLL_H

#include "web/serve.h"

/* GET /mdm/enroll[?invite=TEXT]: the enrollment profile, for whom the setting
 * profile_access lets have it. Refusals are 403 with one line for people. */
extern const struct web_target web_enroll_get;

#endif
