#ifndef MOORING_ADMIN_OP_RENEW_H
#define MOORING_ADMIN_OP_RENEW_H

#include "admin/op_enqueue.h"
#include "model/profile_facts.h"
#include "model/renewal.h"

/*
 * Renewing identities: InstallProfile with the device's own
 * enrollment profile again, and a challenge that is for this enrollment. What
 * the profile said for good comes from what is stored of the enrollment.
 */
struct op_renewing {
	struct op_target target;
	const char *command_uuid;
	int64_t not_after;	/* of the certificate bound now; 0: unknown */
};
/* A device that is enabled, else ERR_CONFLICT. ERR_CONFLICT "… : access_rights
 * is not known: set it with mooringctl enrollments profile" when a fact is
 * missing. While one is pending in the queue a second one is not queued
 * (duplicate). */
int op_renew(const struct op *op, struct bytes id, bool push, struct arena *a,
	struct op_renewing *out, struct err *e);

/* What is stored of the enrollment's profile, and setting it for those that
 * came from elsewhere (fields that are NULL or 0 in `set` stay). */
int op_profile_facts(const struct op *op, struct bytes id, struct arena *a,
	struct profile_facts *out, struct renewal *renewal, struct err *e);
int op_profile_facts_set(const struct op *op, struct bytes id,
	const struct profile_facts *set, struct arena *a,
	struct profile_facts *out, struct err *e);

/* The courier's sweep: devices whose bound certificate expires within
 * renew_days and that were not asked for a renewal within the last
 * renew_again_days; at most limit of them. *n: how many were asked. One that
 * cannot be renewed is logged once and passed over. */
int op_renew_due(const struct op *op, size_t limit, struct arena *a, size_t *n,
	struct err *e);

#endif
