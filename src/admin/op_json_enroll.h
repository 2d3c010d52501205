#ifndef MOORING_ADMIN_OP_JSON_ENROLL_H
#define MOORING_ADMIN_OP_JSON_ENROLL_H

#include "admin/op_ca.h"
#include "admin/op_json.h"
#include "admin/op_renew.h"

/* As op_json.h: identities, their renewal, and what profiles said. */

/* now: for its state. */
void op_json_issued(struct json *obj, const struct op_ca_row *r, int64_t now,
	struct arena *a);
void op_json_expiring(struct json *obj, const struct op_expiring *x,
	struct arena *a);
void op_json_renewing(struct json *obj, const struct op_renewing *r,
	struct arena *a);
void op_json_profile_facts(struct json *obj, const struct profile_facts *f);
/* The other way; text stays the JSON's. ERR_BAD_INPUT "profile: …". */
int op_json_profile_facts_read(const struct json *obj,
	struct profile_facts *out, struct err *e);

#endif
