#ifndef MOORING_ADMIN_COMMAND_SCHEMA_H
#define MOORING_ADMIN_COMMAND_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/pl.h"

/*
 * Apple's commands: which keys each has, of which type. command_schema.c is
 * written by command_schema.py out of Apple's own schema and committed; edit
 * the script, not the table.
 */
struct schema_key {
	const char *name;	/* NULL ends a list of keys; the name of an
				 * array's element means nothing */
	enum pl_type type;	/* PL_OTHER: any */
	bool required;
	const char *values;	/* "|Low|High|", integers too; NULL: any */
	/* Of a dict: its keys, NULL: any. Of an array: what its elements may
	 * be, NULL: anything. Several are dicts that differ in the one value
	 * of their first key. */
	const struct schema_key *keys;
};

struct schema_command {
	const char *request_type;
	const struct schema_key *keys;	/* NULL: none */
};
/* In the order of strcmp. */
extern const struct schema_command schema_commands[];
extern const size_t schema_n_commands;

#endif
