#ifndef MOORING_ADMIN_COMMAND_CHECK_H
#define MOORING_ADMIN_COMMAND_CHECK_H

#include "codec/pl.h"

/* A command's keys against Apple's schema (command_schema.c, generated).
 * ERR_BAD_INPUT names the path: "Settings[2].Item: missing", "PIN: expected
 * string, got integer", "Action: \"Foo\" is none of Install, Remove". An
 * unknown RequestType, and keys that are not in the schema, pass with one
 * line in *warning (else NULL). */
int command_check(const struct pl *command, struct arena *a,
	const char **warning, struct err *e);

#endif
