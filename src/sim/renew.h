#ifndef MOORING_SIM_RENEW_H
#define MOORING_SIM_RENEW_H

#include "sim/respond.h"
#include "sim/session.h"

/*
 * InstallProfile with a new version of the enrollment profile: its identity
 * is got by SCEP, then Authenticate and TokenUpdate go by the new
 * certificate. All is well: *r stays Acknowledged, to be sent by the new
 * identity. It is not: the device is as it was, and *r becomes an Error with
 * the reason, to be sent by the old one. OUTCOME_UNENROLLED: the server ended
 * management meanwhile, there is nobody to answer.
 */
enum outcome renew_run(struct session *s, struct device *d,
	struct device_channel *ch, struct response *r);

#endif
