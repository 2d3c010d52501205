#ifndef MOORING_SIM_INSTALL_H
#define MOORING_SIM_INSTALL_H

#include "sim/identity.h"
#include "sim/profile.h"
#include "sim/session.h"

/* An enrollment profile's payloads put into the device, in the order in which
 * devices install them: what TLS trusts, the identity, com.apple.mdm. None of
 * them says anything to the MDM server. A caller who may have to undo it
 * keeps a copy of *d: nothing that d points to is changed. */

/* Where the identity comes from instead of SCEP; all NULL: SCEP. */
struct install_identity {
	const char *cert, *key;	/* two PEM files */
	struct identity_ca ca;	/* or issued by this CA */
	bool rsa;
};

/* 0 with *out when a server refused or failed; -1 for trouble of our own.
 * force_auth: d->auth stays; else it follows SignMessage. */
int install(struct session *s, struct device *d,
	const struct profile_enrollment *p,
	const struct install_identity *identity, bool force_auth,
	enum outcome *out, struct err *e);

#endif
