#ifndef MOORING_CLI_CMD_RENEW_H
#define MOORING_CLI_CMD_RENEW_H

#include "cli/cmd.h"

/* enrollments profile: a row of cmd_enrollments, written beside renew, which
 * needs what it sets. */
int cmd_enrollments_profile(struct cmd_call *c, struct err *e);
extern const struct cmd_opt cmd_enrollments_profile_opts[];

#endif
