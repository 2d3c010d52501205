#ifndef MOORING_CLI_CMD_CA_H
#define MOORING_CLI_CMD_CA_H

#include "admin/op_ca.h"
#include "cli/cmd.h"

/* Rows of cmd_ca that are written in cmd_ca_own.c. */
int cmd_ca_issued(struct cmd_call *c, struct err *e);
int cmd_ca_expiring(struct cmd_call *c, struct err *e);
int cmd_ca_crl(struct cmd_call *c, struct err *e);
int cmd_ca_renew(struct cmd_call *c, struct err *e);
extern const struct cmd_opt cmd_ca_expiring_opts[], cmd_ca_crl_opts[],
	cmd_ca_renew_opts[];

/* A certificate's keys, added to o; returns o. */
struct json *cmd_ca_json(struct json *o, const struct op_cert *cert);

#endif
