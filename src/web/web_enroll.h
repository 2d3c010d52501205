#ifndef MOORING_WEB_WEB_ENROLL_H
#define MOORING_WEB_WEB_ENROLL_H

#include "enroll/enroll_profile.h"
#include "web/serve.h"

/* GET /mdm/enroll[?invite=TEXT]: the enrollment profile, for whom the setting
 * profile_access lets have it; a device in Setup Assistant is web_ade's.
 * Refusals are 403 with one line for people. */
extern const struct web_target web_enroll_get;

/* What all ways to a profile share. */
struct enroll_context web_enroll_context(const struct web_call *call);
/* 200 with the profile, which is never kept on the way. */
void web_enroll_reply(const struct web_call *call, struct reply *rp,
	const struct enroll_profile *p);
/* No profile was made: what is not the sender's fault, settings that do not
 * fit together included, is 503. */
void web_enroll_fail(const struct web_call *call, struct reply *rp,
	const struct err *e);
/* 403 with a line for people; the reason is for the log. */
void web_enroll_refuse(const struct web_call *call, struct reply *rp,
	const char *reason, const char *text);

#endif
