#ifndef MOORING_SIM_OBTAIN_H
#define MOORING_SIM_OBTAIN_H

#include <stdbool.h>

#include "sim/identity.h"
#include "sim/session.h"

/* How a device comes by its enrollment profile. TLS trusts d->base_ca_file. */
struct obtain {
	const char *from;	/* a URL, or the path of a file */
	/* Automated Device Enrollment: MachineInfo is posted, or put into the
	 * header of a GET as by the web view of Setup Assistant. */
	bool ade, web;
	bool cannot_update;	/* it does not offer to update its system */
	struct identity_ca apple;	/* see identity_built_in */
};
/* The profile's bytes in s->arena. 0 with *out when there is none to have; -1
 * for trouble of our own. A device that is told to update its system does so
 * (os_version, build_version) and asks again. */
int obtain_profile(struct session *s, struct device *d,
	const struct obtain *o, struct bytes *body, enum outcome *out,
	struct err *e);

#endif
