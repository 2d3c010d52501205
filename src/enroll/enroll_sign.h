#ifndef MOORING_ENROLL_ENROLL_SIGN_H
#define MOORING_ENROLL_ENROLL_SIGN_H

#include "crypto/pem_pair.h"
#include "enroll/enroll_profile.h"

/* The certificate of the settings that signs profiles, its key and chain. */
struct enroll_signer {
	struct pem_pair pair;	/* pair.cert NULL: profiles are not signed */
	struct cert **chain;
	size_t n;
};
/* ERR_CONFLICT names the setting: a file that is not there, or no pair. */
int enroll_sign_open(const struct conf *c, struct arena *a,
	struct enroll_signer *out, struct err *e);
/* Puts the signed form in the place of out->body, where there is a signer. */
int enroll_sign(const struct enroll_signer *s, struct arena *a,
	struct enroll_profile *out, struct err *e);

/* What a file of the settings lacks is no fault of who asks: ERR_CONFLICT,
 * with `what` before it; -1. */
int enroll_our_fault(const char *what, struct err *e);

#endif
