#ifndef MOORING_MDM_RENEW_H
#define MOORING_MDM_RENEW_H

#include "mdm/checkin_msg.h"
#include "mdm/contact.h"

/* What check-ins do to former certificates, to the renewal that is under way,
 * and to what is known of the enrollment profile. Certificates are bound
 * before (binding.h, contact_bind). */

/* The Authenticate of a renewal: nothing begins anew. Puts the device. */
int renew_authenticate(struct store_tx *tx, const struct mdm_context *cx,
	const struct contact *c, const struct checkin_msg *m, struct err *e);
/* The device channel's TokenUpdate, of a device that was enabled before. */
int renew_confirm(struct store_tx *tx, const struct mdm_context *cx,
	const struct enrollment *device, struct err *e);
/* A new generation of a device that is bound. same: by the certificate that
 * it had before, and so by the same profile. */
int renew_end(struct store_tx *tx, const struct contact *c,
	const struct enrollment *device, bool same, struct err *e);

#endif
