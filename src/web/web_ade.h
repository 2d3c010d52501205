#ifndef MOORING_WEB_WEB_ADE_H
#define MOORING_WEB_WEB_ADE_H

#include "web/serve.h"

/* Automated Device Enrollment: a device in Setup Assistant says what it is,
 * and gets its profile, or a 403 with Apple's code for what is to be done
 * first. */

/* POST /mdm/enroll: MachineInfo is the body. */
extern const struct web_target web_ade_post;
/* Whether a GET /mdm/enroll is one in the web view: MachineInfo is its
 * header x-apple-aspen-deviceinfo. Then it is answered. */
bool web_ade_get(const struct web_call *call, struct reply *rp,
	struct log_line *log);

#endif
