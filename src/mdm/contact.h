#ifndef MOORING_MDM_CONTACT_H
#define MOORING_MDM_CONTACT_H

#include "auth/issuance.h"
#include "mdm/answer.h"

/* One device contact: the facts about who speaks, gathered in the caller's
 * transaction, and what refusing takes. */
struct contact {
	struct mdm_facts facts;
	/* The same records, for those who change them. */
	struct enrollment *device, *channel;
	struct store_cert cert;	/* what is stored of the certificate */
	struct issuance issuance;	/* where it was looked up */
	bool binds;	/* contact_bind has something to do */
	enum mdm_rule rule;
	const char *reason;
	bool limit_reached;	/* by this one: contact_refuse_unknown */
};

/* serial: what the message says, NULL when it does not. */
int contact_read(struct store_tx *tx, const struct mdm_context *cx,
	enum mdm_message message, const struct enrollment_id *id,
	const char *serial, struct contact *out, struct err *e);

/* Binds a certificate that may bind at this contact, whatever is said: the
 * first one of an imported enrollment, a renewed one, and one of which only
 * the digest is known. In a write
 * transaction, before anything else is applied. */
int contact_bind(struct store_tx *tx, const struct mdm_context *cx,
	struct contact *c, struct err *e);

/* What answer_by_rule cannot say alone: an unknown device is refused only
 * when the guard lets it, and then the refusal is noted in this write
 * transaction. */
int contact_refuse_unknown(struct store_tx *tx, const struct mdm_context *cx,
	struct contact *c, const struct enrollment_id *id,
	struct answer *out, struct err *e);

#endif
