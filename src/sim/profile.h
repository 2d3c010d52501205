#ifndef MOORING_SIM_PROFILE_H
#define MOORING_SIM_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/pl.h"
#include "crypto/cert.h"
#include "model/profile_facts.h"
#include "sim/device.h"

/* Configuration profiles as a device reads them (Apple: TopLevel), and what
 * makes it refuse one. Errors are ERR_BAD_INPUT, one line. */

struct profile {
	/* Signed: the CMS around it; its signature is good. Whether the
	 * signer is trusted is not looked at. */
	const struct cert *signer;	/* NULL: a bare property list */
	struct cert **certs;		/* all that came along */
	size_t n_certs;
	struct device_profile *shown;	/* what ProfileList tells of it */
	const struct pl *payloads;	/* an array */
	bool has_mdm;			/* a com.apple.mdm payload is in it */
};
int profile_read(struct bytes in, struct arena *a, struct profile *out,
	struct err *e);

/* com.apple.security.scep */
struct profile_scep {
	const char *url, *name, *challenge;
	const char *(*subject)[2];	/* {OID or short name, value} */
	size_t n_subject;
	unsigned key_size;
	struct bytes fingerprint;	/* of the CA's certificate; p NULL */
	unsigned retries, retry_delay;
};
/* A certificate that the profile brings. */
struct profile_cert {
	const char *uuid;
	struct cert *cert;
	bool is_anchor;		/* com.apple.security.root: TLS trusts it */
};
/* All that an enrollment takes out of a profile. */
struct profile_enrollment {
	struct device_enrollment mdm;
	struct profile_cert *certs;
	size_t n_certs;
	/* The only certificates that TLS may trust, for both URLs; n 0: not
	 * pinned. Indexes of certs. */
	size_t *pinned, n_pinned;
	/* The identity comes by SCEP; or by what we do not speak: its
	 * PayloadType is `other`. */
	bool has_scep;
	struct profile_scep scep;
	const char *other;
};
/* Refuses what an Apple device refuses: no or two com.apple.mdm payloads, no
 * identity, a Topic or URL that is none, AccessRights that cannot be or are
 * not for BYOD, pins to nothing. byod: the device is in a user enrollment,
 * and only EnrollmentMode BYOD is. */
int profile_enrollment(const struct profile *p, bool byod, struct arena *a,
	struct profile_enrollment *out, struct err *e);

/* Whether an enrollment's profile may be replaced by this (Apple: MDM,
 * "When updating the payload"): 0, or -1 naming the key that may not change. */
int profile_may_replace(const struct device_enrollment *was,
	const struct device_enrollment *now, struct err *e);

#endif
