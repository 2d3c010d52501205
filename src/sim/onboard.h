#ifndef MOORING_SIM_ONBOARD_H
#define MOORING_SIM_ONBOARD_H

#include "sim/install.h"
#include "sim/obtain.h"
#include "sim/session.h"

/* The whole route of a device into management: the enrollment profile, its
 * signature, what is in it, the identity, Authenticate and TokenUpdate. One
 * line for each step. */
struct onboard {
	struct obtain obtain;
	struct install_identity identity;
	bool force_auth;	/* d->auth was chosen by hand */
	bool awaiting;		/* in Setup Assistant */
};
/* 0 with *out when it came to nothing: the device is as it was before then
 * (but for an update of its system), unless Authenticate was accepted. -1 for
 * trouble of our own. */
int onboard_run(struct session *s, struct device *d, const struct onboard *o,
	enum outcome *out, struct err *e);

#endif
