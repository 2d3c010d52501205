#ifndef MOORING_ADMIN_OP_PUSH_CERT_H
#define MOORING_ADMIN_OP_PUSH_CERT_H

#include "admin/op.h"
#include "store/store_push.h"

/* The MDM push certificates, one for each topic. */

/* PEM certificates and one unencrypted private key in one text, in any order,
 * also without a line break between them. The key must pair with the first
 * certificate that it fits; its subject's UID is the topic. ERR_CONFLICT,
 * unless forced: enrolled devices use another topic, and none uses this one;
 * or the certificate expires before the one it replaces. */
int op_push_cert_put(const struct op *op, struct bytes pem, bool force,
	struct arena *a, struct push_cert **out, struct err *e);
int op_push_cert_list(const struct op *op, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e);
/* Without its key. ERR_NOT_FOUND. */
int op_push_cert_get(const struct op *op, const char *topic, struct arena *a,
	struct push_cert **out, struct err *e);
/* A topic that was stopped is pushed to again. */
int op_push_cert_resume(const struct op *op, const char *topic,
	struct err *e);
int op_push_cert_del(const struct op *op, const char *topic, struct err *e);

/* Activation Lock: Apple's escrowKeyUnlock, with the topic's certificate
 * (protocol: TLS client certificate, form, query). Apple's status and body
 * are passed through. */
struct op_escrow {
	const char *topic, *serial, *product_type, *escrow_key, *org_name,
		*guid, *imei, *imei2, *meid;	/* the last three may be NULL */
};
struct op_escrow_answer {
	int status;
	const char *content_type;	/* NULL: none */
	struct bytes body;
};
int op_escrow_unlock(const struct op *op, const struct op_escrow *in,
	struct arena *a, struct op_escrow_answer *out, struct err *e);

#endif
