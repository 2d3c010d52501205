#ifndef MOORING_CLI_CMD_TICKET_H
#define MOORING_CLI_CMD_TICKET_H

#include "admin/op_ticket.h"
#include "cli/cmd_op.h"

/* What mooringctl challenge, invite and profile share. */
#define CMD_TICKET_OPTS \
	{ "serial", "SERIAL", "only for the device with this serial number" }, \
	{ "udid", "UDID", "only for the device with this UDID" }, \
	{ "account", "ACCOUNT", "whose device it is: kept with the certificate" }

/* --serial, --udid, --account, --ttl. CMD_OK, or CMD_USAGE after saying so. */
int cmd_ticket_options(struct cmd_call *c, struct op_ticket_new *out);
/* The verbs list and revoke. */
int cmd_ticket_list(struct cmd_call *c, enum ticket_kind kind,
	const char *key, struct err *e);
int cmd_ticket_revoke(struct cmd_call *c, enum ticket_kind kind,
	struct err *e);

#endif
