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
/* The raw body that an enrollment answered with. ERR_NOT_FOUND when it was
 * not a target, or has not answered. */
int op_command_result(const struct op *op, const char *uuid, struct bytes id,
	struct arena *a, struct bytes *raw, struct err *e);

#endif
