/* A target as programs read it. */
#include "cli/cmd_target.h"

#include "cli/cmd_op.h"

void cmd_target_json(struct json *o, const struct target *t)
{
	json_set_int(o, "number", (int64_t)t->enrollment);
	json_set_str(o, "command_uuid", t->uuid);
	json_set_str(o, "request_type", t->request_type);
	json_set_str(o, "state", target_state_name(t->state));
	json_set_int(o, "priority", t->priority);
	json_set_str(o, "dedupe", t->dedupe);
	json_set_int(o, "deliveries", t->deliveries);
	json_set_int(o, "notnow", t->notnow);
	cmd_json_time(o, "queued", t->queued);
	cmd_json_time(o, "not_before", t->not_before);
	cmd_json_time(o, "not_after", t->not_after);
	cmd_json_time(o, "first_delivered", t->first_delivered);
	cmd_json_time(o, "last_delivered", t->last_delivered);
	cmd_json_time(o, "finished", t->finished);
}
