#ifndef MOORING_CLI_CMD_ALLOW_H
#define MOORING_CLI_CMD_ALLOW_H

#include "cli/cmd.h"

/* `mooringctl enrollments allow`, for the rows of cmd_enrollments.c. */
extern const struct cmd_opt cmd_allow_opts[];
int cmd_allow(struct cmd_call *c, struct err *e);

#endif
