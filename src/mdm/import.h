#ifndef MOORING_MDM_IMPORT_H
#define MOORING_MDM_IMPORT_H

#include "mdm/checkin_msg.h"
#include "store/store.h"

/*
 * Enrollments that were made with another server, by the messages that their
 * devices sent there. What a message writes is message_apply's; here is what
 * may be imported, and what an import adds to it.
 */
struct import_item {
	struct enrollment_id id;	/* of the messages; set by import_read */
	struct checkin_msg authenticate, token_update;
	struct bytes raw_authenticate, raw_token_update; /* p NULL: none */
	bool has_cert;
	unsigned char cert[DIGEST_LEN];	/* that speaks for the device */
	/* p NULL: only what the messages say. */
	struct bytes unlock_token, bootstrap_token;
	struct bytes profile_facts;	/* model/profile_facts.h */
	enum enrollment_state state;	/* 0: what the messages make of it */
	uint64_t tally;			/* 0: the same */
};

/* Adds an Authenticate, a TokenUpdate or a SetBootstrapToken; the bytes stay
 * the caller's. ERR_BAD_INPUT: it is none of these, is there already, or is
 * another enrollment's. */
int import_read(struct import_item *it, struct bytes raw, struct arena *a,
	struct err *e);
/*
 * In a write transaction. ERR_CONFLICT: the enrollment is here and was not
 * imported, or its device has come since, or the certificate is another
 * device's. ERR_NOT_FOUND: its device, or what a token belongs to, is not
 * here. ERR_BAD_INPUT: the parts do not make an enrollment. Nothing is
 * changed then.
 */
int import_apply(struct store_tx *tx, const struct import_item *it,
	int64_t now, struct arena *a, struct enrollment **out,
	struct err *e);

#endif
