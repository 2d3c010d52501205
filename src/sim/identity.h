#ifndef MOORING_SIM_IDENTITY_H
#define MOORING_SIM_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/device.h"

/* The certificate and key by which a device says who it is. */

/* A certificate and its key: a CA that the simulator may issue with, instead
 * of SCEP. */
struct identity_ca {
	const struct cert *cert;
	const struct pkey *key;
};
int identity_ca_load(const char *cert_file, const char *key_file,
	struct arena *a, struct identity_ca *out, struct err *e);

/* A fresh key (EC P-256, or RSA 2048) and certificate, valid two years. */
int identity_issue(struct device *d, const struct identity_ca *ca, bool rsa,
	int64_t now, struct err *e);
/* Those of two PEM files. */
int identity_adopt(struct device *d, const char *cert_file,
	const char *key_file, struct err *e);

/* Puts it in the device's hands: PEM, in its arena. */
void identity_set(struct device *d, struct bytes cert, struct bytes key);
/* What its certificates are usually named: the id, where that fits. */
const char *identity_common_name(const struct device *d);
/* The certificate that it was built with: fresh, by this CA; that very
 * certificate where it is no CA; by itself where there is none (cert NULL). */
int identity_built_in(const struct device *d, const struct identity_ca *ca,
	int64_t now, struct arena *a, struct identity_ca *out, struct err *e);

/* The value of Mdm-Signature for this body: base64 of a detached CMS. */
int identity_sign(struct device *d, struct bytes body, struct arena *a,
	const char **out, struct err *e);

#endif
