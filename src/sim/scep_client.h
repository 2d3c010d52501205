#ifndef MOORING_SIM_SCEP_CLIENT_H
#define MOORING_SIM_SCEP_CLIENT_H

#include "sim/profile.h"
#include "sim/session.h"

/* A device's identity by SCEP (RFC 8894): a fresh key of the asked size,
 * GetCACaps, GetCACert, PKIOperation, and CertPoll while it is pending, each
 * told of by a line. TLS trusts d->ca_file. */
struct scep_client_identity {
	struct bytes cert_pem, key_pem;	/* in s->arena */
};
/* 0 with *out when the server refused or failed; -1 for trouble of our
 * own. */
int scep_client_run(struct session *s, struct device *d,
	const struct profile_scep *p, struct scep_client_identity *identity,
	enum outcome *out, struct err *e);

#endif
