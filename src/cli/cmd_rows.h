#ifndef MOORING_CLI_CMD_ROWS_H
#define MOORING_CLI_CMD_ROWS_H

#include "cli/cmd.h"

/* The rows of each noun, ended by a row without one; in cmd_<noun>.c. */
extern const struct cmd cmd_init[];
extern const struct cmd cmd_serve[];
extern const struct cmd cmd_config[];
extern const struct cmd cmd_enrollments[];
extern const struct cmd cmd_enqueue[];
extern const struct cmd cmd_queue[];
extern const struct cmd cmd_renew[];
extern const struct cmd cmd_commands[];
extern const struct cmd cmd_inventory[];
extern const struct cmd cmd_push[];
extern const struct cmd cmd_push_cert[];
extern const struct cmd cmd_webhooks[];
extern const struct cmd cmd_events[];
extern const struct cmd cmd_guard[];
extern const struct cmd cmd_health[];
extern const struct cmd cmd_ca[];
extern const struct cmd cmd_challenge[];
extern const struct cmd cmd_invite[];
extern const struct cmd cmd_profile[];
extern const struct cmd cmd_store[];
extern const struct cmd cmd_backup[];
extern const struct cmd cmd_transfer[];
extern const struct cmd cmd_tokens[];
extern const struct cmd cmd_users[];
extern const struct cmd cmd_audit[];

#endif
