#ifndef MOORING_AUTH_ISSUANCE_H
#define MOORING_AUTH_ISSUANCE_H

#include "auth/devauth.h"
#include "base/err.h"
#include "model/enrollment.h"
#include "model/grant.h"
#include "store/store.h"

/*
 * On what grounds a certificate was issued, as far as that concerns the
 * device that speaks with it: from the record of its issuance (our own CA),
 * and from the renewal that the device was asked for (another's).
 */
struct issuance {
	bool renewal;	/* by a renewal of this device, which it is enrolled
			 * since */
	bool named;	/* for this device: its grant names it, and can be
			 * relied on */
	bool foreign;	/* for another device */
	const struct grant *grant;	/* NULL: no record */
};

/* What the device says of itself. */
struct issuance_of {
	const struct enrollment_id *id;	/* of its device channel */
	const struct enrollment *device;	/* NULL: unknown */
	const char *serial;	/* NULL: it does not say */
	bool says_all;	/* an Authenticate: a serial number that it does not
			 * say it does not have */
};
int issuance_find(struct store_tx *tx, const struct identity *who,
	const struct issuance_of *of, struct arena *a, struct issuance *out,
	struct err *e);

#endif
