#ifndef MOORING_CLI_CMD_HELP_H
#define MOORING_CLI_CMD_HELP_H

#include <stdio.h>

#include "cli/cmd.h"

/* One command: its line, its options, the common ones. */
void cmd_help_command(FILE *to, const struct cmd *k);
/* All commands, or those of one noun. */
void cmd_help_all(FILE *to, const struct cmd *const *groups,
	const char *noun);

#endif
