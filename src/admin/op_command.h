#ifndef MOORING_ADMIN_OP_COMMAND_H
#define MOORING_ADMIN_OP_COMMAND_H

#include "admin/op.h"

/* One command and what became of it at each of its targets. */

struct op_outcome {
	struct target *target;
	struct bytes id_text;	/* of the enrollment; {NULL, 0}: gone */
	size_t result_size;	/* 0: no stored result */
	/* Of an Error or CommandFormatError: the first of the ErrorChain, in
	 * the device's words; NULL when it sent none that can be read. */
	const char *error;
};
struct op_command_shown {
	struct command *command;
	struct op_outcome *list;
	size_t n;
	uint64_t next;		/* `after` of the next page; 0: no more */
};
struct op_command_query {
	const char *uuid;
	uint64_t after;		/* targets by enrollment number, exclusive */
	size_t limit;
};
/* ERR_NOT_FOUND when there is no such command. */
int op_command_show(const struct op *op, const struct op_command_query *q,
	struct arena *a, struct op_command_shown *out, struct err *e);
/* What an enrollment answered with, byte for byte. ERR_NOT_FOUND when it was
 * not a target, or has not answered. */
struct op_result {
	struct enrollment *en;
	struct target *target;
	struct bytes raw;
};
int op_command_result(const struct op *op, const char *uuid, struct bytes id,
	struct arena *a, struct op_result *out, struct err *e);

/* The commands of one enrollment: what is queued, in the order of delivery,
 * then what is finished, the latest first. */
enum op_commands_which { OP_COMMANDS_ALL, OP_COMMANDS_QUEUED,
	OP_COMMANDS_FINISHED };
struct op_commands_query {
	struct bytes id;
	enum op_commands_which which;
	struct bytes cursor;	/* {NULL, 0}: from the start */
	size_t limit;
};
struct op_commands {
	struct enrollment *en;
	struct target **list;
	size_t n;
	struct bytes next;	/* cursor of the next page; {NULL, 0}: none */
};
int op_command_list(const struct op *op, const struct op_commands_query *q,
	struct arena *a, struct op_commands *out, struct err *e);

#endif
