#ifndef MOORING_ENROLL_MOBILECONFIG_H
#define MOORING_ENROLL_MOBILECONFIG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/profile_facts.h"

struct cert;
struct pkey;

/*
 * Configuration profiles (Apple: TopLevel, MDM, SCEP), as property lists. Pure: all that
 * goes in is given. Payloads: certificates to trust, the identity, and
 * com.apple.mdm, in the order in which a device installs them.
 */
#define MOBILECONFIG_TYPE "application/x-apple-aspen-config"

enum mobileconfig_identity { MOBILECONFIG_SCEP, MOBILECONFIG_ACME };

struct mobileconfig {
	const struct profile_facts *facts;	/* complete */
	const char *display_name, *organization, *description;
	bool removal_disallowed;
	/* com.apple.mdm, what may change */
	bool sign_message, check_out_when_removed, development_apns;
	bool pinning;			/* both URLs, to `anchors` */
	bool pinning_revocation_check;
	bool prompt_bootstrap;
	/* the identity */
	enum mobileconfig_identity identity;
	const char *identity_url;	/* SCEP's URL or ACME's DirectoryURL */
	const char *scep_name;		/* NULL: none */
	const char *challenge;		/* SCEP; NULL: none */
	const char *client_identifier;	/* ACME */
	unsigned key_size;		/* RSA: 2048 or 4096; EC: 256, 384 */
	bool acme_rsa, acme_hardware, acme_attest;
	/* {OID or short name, value} in order, one RDN each */
	const char *const (*subject)[2];
	size_t n_subject;
	/* com.apple.security.root; may be none */
	const struct cert *const *anchors;
	size_t n_anchors;
};
/* XML, unsigned. UUIDs are made anew each time. */
struct bytes mobileconfig_enrollment(const struct mobileconfig *m,
	struct arena *a);
/* Only the certificates to trust (trust_profile_url of MDMServiceConfig). */
struct bytes mobileconfig_trust(const char *identifier,
	const char *display_name, const char *organization,
	const struct cert *const *anchors, size_t n, struct arena *a);

#endif
