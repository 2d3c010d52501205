#ifndef MOORING_SCEP_SCEP_CA_H
#define MOORING_SCEP_SCEP_CA_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "crypto/cert.h"
#include "crypto/csr.h"
#include "model/grant.h"

/*
 * The device CA at work: DIR/pki/device-ca.{pem,key}, and who gets what
 * certificate from it. Read anew for each request: next to what SCEP's
 * signatures cost that is nothing, and a renewed CA is in force at once.
 */
struct scep_ca {
	/* The current one first, then those of the bundle that are for the
	 * same key: what is on its way when the CA is renewed names them. */
	struct cert **certs;
	size_t n_certs;
	struct pkey *key;
};
/* ERR_BUSY when it cannot be used; the message is for the operator. */
int scep_ca_load(const char *dir, struct arena *a, struct scep_ca *out,
	struct err *e);

/*
 * The policy of what is issued: subject CN = what the grant names (serial,
 * else UDID, where that has 1 to 64 characters), else a random UUID, O =
 * organization of the settings; identity_days, never longer than the CA;
 * clientAuth. ERR_BUSY: the CA has expired.
 */
int scep_ca_issue(const struct scep_ca *ca, const struct conf *conf,
	const struct grant *g, const struct csr *csr, int64_t now,
	struct arena *a, struct cert **out, struct err *e);

#endif
