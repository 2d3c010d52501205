#ifndef MOORING_WEB_WEB_TICKETS_H
#define MOORING_WEB_WEB_TICKETS_H

#include "web/serve.h"

/* /v1/challenges, /v1/invites: made, listed, revoked. */
extern const struct web_target web_challenges_list, web_challenges_new,
	web_challenges_revoke, web_invites_list, web_invites_new,
	web_invites_revoke;
/* POST /v1/profile: an enrollment profile with a challenge of its own. */
extern const struct web_target web_profile_new;

#endif
