#ifndef MOORING_ADMIN_OP_HEALTH_H
#define MOORING_ADMIN_OP_HEALTH_H

#include "admin/op.h"
#include "codec/json.h"

/* Whether this server can do its work; for /healthz and mooringctl. Writes
 * nothing. */
enum op_health_level { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };
struct op_health_item {
	const char *name;	/* "store", "map", "disk", "courier",
				 * "outbox", "pushes", "push_certificate",
				 * "device_ca", "ade", "profile", "guard",
				 * "settings" */
	enum op_health_level level;
	const char *text;	/* one line, no secret, no id */
	uint64_t value;		/* bytes free, seconds, …; see the man page */
};
struct op_health {
	enum op_health_level level;	/* the worst */
	struct op_health_item *list;
	size_t n;
};
/* op->store NULL: it did not open, with why in *closed. Cannot fail: what
 * cannot be found out is an item that says so. */
void op_health(const struct op *op, const struct err *closed,
	struct arena *a, struct op_health *out);
/* "ok", "warn", "fail" */
const char *op_health_name(enum op_health_level level);
/* {"status","checks":[{"name","status","text","value"}]} */
void op_health_json(struct json *obj, const struct op_health *h);

#endif
