#ifndef MOORING_CLI_CMD_TARGET_H
#define MOORING_CLI_CMD_TARGET_H

#include "codec/json.h"
#include "model/command.h"

/* One command for one enrollment in JSON: its UUID and type, state, counts
 * and times. For the queue of an enrollment and the targets of a command. */
void cmd_target_json(struct json *o, const struct target *t);

#endif
