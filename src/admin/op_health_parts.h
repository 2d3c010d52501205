#ifndef MOORING_ADMIN_OP_HEALTH_PARTS_H
#define MOORING_ADMIN_OP_HEALTH_PARTS_H

#include "admin/op_health.h"

/* For op_health_*.c alone. */
#define HEALTH_PEM_MAX ((size_t)1 << 20)

struct look {
	const struct op *op;
	struct arena *a;
	struct op_health *out;
};
void health_item(struct look *l, const char *name, enum op_health_level level,
	uint64_t value, const char *text);
/* A certificate that ends then, as an item. */
void health_expiring(struct look *l, const char *name, int64_t not_after);

void health_look_ade(struct look *l);
void health_look_profile(struct look *l);
void health_look_settings(struct look *l);

#endif
