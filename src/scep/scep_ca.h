#ifndef MOORING_SCEP_SCEP_CA_H
#define MOORING_SCEP_SCEP_CA_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/csr.h"
#include "model/grant.h"

/*
 * The device CA at work: DIR/pki/device-ca.{pem,key}, and who gets what
 * certificate from it. Files are looked at once a second at most, and read
 * again when they change; a bad new pair keeps the old one, with one alert.
 * Safe from several threads.
 */
struct scep_ca;
/* Opens even where the files are not there: then using it is ERR_BUSY. */
int scep_ca_open(const char *dir, struct scep_ca **out, struct err *e);
void scep_ca_close(struct scep_ca *ca);	/* NULL is fine */

/* The pair in force, for one request: lives until the release. certs: the
 * CA's, the current one first, then those of the bundle that are for the same
 * key (a request that is on its way when the CA is renewed). */
struct scep_ca_pair {
	const struct cert *const *certs;
	size_t n_certs;
	const struct pkey *key;
};
int scep_ca_acquire(struct scep_ca *ca, int64_t now,
	const struct scep_ca_pair **out, struct err *e);
void scep_ca_release(struct scep_ca *ca, const struct scep_ca_pair *p);

/*
 * The policy of what is issued: subject CN = what the grant names (serial,
 * else UDID; cut to 64 characters), else a random UUID, O = organization of
 * the settings; identity_days, never longer than the CA; clientAuth.
 */
struct conf;
int scep_ca_issue(const struct scep_ca_pair *p, const struct conf *conf,
	const struct grant *g, const struct csr *csr, int64_t now,
	struct arena *a, struct cert **out, struct err *e);

#endif
