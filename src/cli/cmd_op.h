#ifndef MOORING_CLI_CMD_OP_H
#define MOORING_CLI_CMD_OP_H

#include "admin/op.h"
#include "cli/cmd.h"

/* What commands on a data directory share: opening it, reading a file that
 * an operator names, pages of a list, times in JSON. */

/* op_open / op_open_conf with what the call holds. */
int cmd_open(struct cmd_call *c, struct op *out, struct err *e);
int cmd_open_conf(struct cmd_call *c, struct op *out, struct err *e);

/* op_line of a C string, not cut. */
const char *cmd_line(struct cmd_call *c, const char *s);

/* An arena that lives as long as the call's, and may be reset before. */
struct arena *cmd_scratch(struct cmd_call *c);

/* All of the call's input (reads_last). Empty is ERR_BAD_INPUT. */
int cmd_read(struct cmd_call *c, size_t max, struct bytes *out,
	struct err *e);

/* --limit and --all of a list. */
#define CMD_PAGE 500		/* rows in one read transaction */
#define CMD_LIMIT_DEFAULT 100
struct cmd_limit {
	uint64_t left;		/* rows still wanted */
};
/* CMD_OK, or CMD_USAGE after saying so. */
int cmd_limit(const struct cmd_call *c, struct cmd_limit *out);
/* How many rows the next page may have; 0: enough. */
size_t cmd_limit_page(const struct cmd_limit *l);

/* 0: the key is left out. RFC 3339. */
void cmd_json_time(struct json *obj, const char *key, int64_t t);
/* Any bytes; what is not UTF-8 becomes U+FFFD. {NULL, 0}: left out. */
void cmd_json_bytes(struct cmd_call *c, struct json *obj, const char *key,
	struct bytes value);

#endif
