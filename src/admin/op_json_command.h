#ifndef MOORING_ADMIN_OP_JSON_COMMAND_H
#define MOORING_ADMIN_OP_JSON_COMMAND_H

#include "admin/op_command.h"
#include "admin/op_enqueue.h"
#include "admin/op_inventory.h"
#include "admin/op_remove.h"
#include "codec/json.h"

/* Commands and what came of them as JSON, for the admin API and mooringctl
 * --json alike; as op_json.h. Only the answers themselves may hold secrets. */

/* One command for one enrollment: state, counts and times. */
void op_json_target(struct json *obj, const struct target *t);
/* The command without its body. */
void op_json_command(struct json *obj, const struct command *c,
	struct arena *a);
void op_json_outcome(struct json *obj, const struct op_outcome *out,
	struct arena *a);
/* What was queued for whom: command_uuid, request_type, warning, targets. */
void op_json_enqueued(struct json *obj, const struct op_command *command,
	const struct op_target *targets, size_t n, struct arena *a);
/* Removal of the enrollment profile: id, number, profile, command_uuid,
 * request_type, outcome, push. */
void op_json_removing(struct json *obj, const struct op_removing *r,
	struct arena *a);
void op_json_push(struct json *obj, const struct op_pushed *p);
/* The answer too, by codec/pl_json.h. */
int op_json_result(struct json *obj, const struct op_result *r,
	struct arena *a, struct err *e);
/* only != 0: that kind alone, as kind, at and value. */
void op_json_inventory(struct json *obj, const struct op_inventory *inv,
	enum inventory_kind only, struct arena *a);

#endif
